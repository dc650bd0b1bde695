/* SPDX-License-Identifier: MIT */
/* What the tests of simulated processes share: a process from exec on, and numbers from a seed that
 * is printed and can be given back. */
#ifndef ERA_TEST_H
#define ERA_TEST_H

#include "hp_test.h"

#include <hardpan/sim.h>

#define ERA_PAGE UINT64_C(4096)
enum { ERA_MAPPINGS = 4096, ERA_PARTS = 1 << 15, ERA_STEPS = 64 };

struct era {
    struct hp_layout layout;
    struct hp_layout_mapping mappings[ERA_MAPPINGS];
    struct hp_layout_answer answer;
    struct hp_layout_part parts[ERA_PARTS];
    struct hp_layout_step steps[ERA_STEPS];
};

static inline void era_set(struct era *era, int fact, uint64_t number) {
    assert_int_equal(hp_layout_set_fact(&era->layout.facts, fact, number, HP_LAYOUT_READ_OUT), 0);
}

static inline void era_have(struct era *era, uint64_t low, uint64_t high, uint32_t flags) {
    era->mappings[era->layout.map.count++] =
        (struct hp_layout_mapping){.low = low, .high = high, .flags = flags};
}

/* The kernel's facts, not randomised, and an image of two pages with a heap behind it. */
static inline void era_open(struct era *era, const char *kernel, int machine) {
    const uint64_t text = 0x08048000;
    memset(&era->layout, 0, sizeof era->layout);
    assert_int_equal(hp_layout_kernel(kernel, machine, &era->layout.facts), 0);
    era->layout.map = (struct hp_layout_map){.mappings = era->mappings, .capacity = ERA_MAPPINGS};
    era_have(era, text, text + ERA_PAGE, HP_LAYOUT_READ | HP_LAYOUT_EXECUTE);
    era_have(era, text + ERA_PAGE, text + 2 * ERA_PAGE, HP_LAYOUT_READ | HP_LAYOUT_WRITE);
    const uint64_t top = era->layout.facts.window;
    era_have(era, top - 33 * ERA_PAGE, top,
             HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_GROWS_DOWN);
    era_set(era, HP_LAYOUT_FACT_randomised, 0);
    era_set(era, HP_LAYOUT_FACT_start_brk, text + 2 * ERA_PAGE);
    era_set(era, HP_LAYOUT_FACT_brk, text + 2 * ERA_PAGE);
}

static inline void era_exec(struct era *era) { assert_int_equal(hp_layout_exec(&era->layout), 0); }

static inline void era_room(struct era *era) {
    era->answer = (struct hp_layout_answer){.parts = era->parts,
                                            .capacity = ERA_PARTS,
                                            .steps = era->steps,
                                            .steps_capacity = ERA_STEPS};
}

/* The address, or -errno. */
static inline int64_t era_do(struct era *era, const struct hp_layout_op *op) {
    era_room(era);
    assert_int_equal(hp_layout_apply(&era->layout, op, &era->answer), 0);
    if (era->answer.verdict == HP_LAYOUT_EXACT) return (int64_t)era->answer.address;
    assert_int_equal(era->answer.verdict, HP_LAYOUT_REFUSED);
    return era->answer.code;
}

static inline int64_t era_mmap(struct era *era, uint64_t hint, uint64_t length, unsigned protection,
                               unsigned flags) {
    const struct hp_layout_op op = {
        .kind = HP_LAYOUT_MMAP,
        .request = {.address = hint, .length = length, .protection = protection, .flags = flags}};
    return era_do(era, &op);
}

static inline int64_t era_call(struct era *era, int kind, uint64_t address, uint64_t length,
                               unsigned protection) {
    const struct hp_layout_op op = {
        .kind = kind, .request = {.address = address, .length = length, .protection = protection}};
    return era_do(era, &op);
}

static inline int64_t era_mremap(struct era *era, uint64_t from, uint64_t old_length,
                                 uint64_t length, unsigned flags, uint64_t to) {
    const struct hp_layout_op op = {.kind = HP_LAYOUT_MREMAP,
                                    .request = {.address = to,
                                                .length = length,
                                                .flags = flags,
                                                .old_address = from,
                                                .old_length = old_length}};
    return era_do(era, &op);
}

static inline void era_where(struct era *era, const struct hp_layout_request *request) {
    era_room(era);
    assert_int_equal(hp_layout_where(&era->layout, request, &era->answer), 0);
}

/* splitmix64 */
static inline uint64_t era_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
