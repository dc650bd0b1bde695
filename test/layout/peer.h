/* SPDX-License-Identifier: MIT */
/* The library beside the naive model: the same process, the same calls, through the public headers
 * alone. What is mapped is a file of its own for each word, so that mappings merge for the library
 * exactly when words are equal for the model. */
#ifndef PEER_H
#define PEER_H

#include "hp_test.h"

#include <hardpan/sim.h>

#include "naive.h"

enum { PEER_MAPPINGS = 4096, PEER_STEPS = 32, PEER_PARTS = 64 };

struct peer {
    struct hp_layout layout;
    struct hp_layout_mapping mappings[PEER_MAPPINGS];
    struct hp_layout_answer answer;
    struct hp_layout_step steps[PEER_STEPS];
    struct hp_layout_part parts[PEER_PARTS];
};

/* A name of one letter for each word. */
static inline const char *peer_names(void) {
    static char names[1 << 12];
    for (size_t i = 0; i < sizeof names; i++) names[i] = (char)('!' + i % 90);
    return names;
}

static inline void peer_fact(struct peer *peer, int fact, uint64_t number) {
    assert_int_equal(hp_layout_set_fact(&peer->layout.facts, fact, number, HP_LAYOUT_READ_OUT), 0);
}

static inline void peer_begin(struct peer *peer, const char *kernel, const struct naive *naive) {
    struct hp_layout *layout = &peer->layout;
    memset(layout, 0, sizeof *layout);
    const int machine = naive->task32 ? HP_LAYOUT_I386 : HP_LAYOUT_X86_64;
    assert_int_equal(hp_layout_kernel(kernel, machine, &layout->facts), 0);
    layout->map.mappings = peer->mappings;
    layout->map.capacity = PEER_MAPPINGS;
    layout->map.text = peer_names();
    layout->map.detailed = 1;
    layout->hidden.known = 1;
    layout->hidden.cache = naive->base;
    const struct {
        int fact;
        uint64_t number;
    } facts[] = {{HP_LAYOUT_FACT_huge_page, naive->huge ? naive->huge : PAGE},
                 {HP_LAYOUT_FACT_task_size, naive->task_size},
                 {HP_LAYOUT_FACT_window, naive->window},
                 {HP_LAYOUT_FACT_min_addr, naive->minimum},
                 {HP_LAYOUT_FACT_low_addr, 0},
                 {HP_LAYOUT_FACT_raw_io, 1},
                 {HP_LAYOUT_FACT_guard, naive->guard},
                 {HP_LAYOUT_FACT_legacy, !naive->down},
                 {HP_LAYOUT_FACT_randomised, naive->randomized},
                 {HP_LAYOUT_FACT_base, naive->base},
                 {HP_LAYOUT_FACT_legacy_base,
                  naive->down || naive->era > NAIVE_CACHE_TWICE ? naive->legacy : naive->base},
                 {HP_LAYOUT_FACT_start_brk, naive->heap},
                 {HP_LAYOUT_FACT_brk, naive->brk}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        peer_fact(peer, facts[i].fact, facts[i].number);
    if (naive->exec_area) peer_fact(peer, HP_LAYOUT_FACT_shlib_base, naive->library);
}

/* As exec leaves it: the caller keeps clear of what is there. */
static inline void peer_have(struct peer *peer, const struct hp_layout_mapping *mapping) {
    struct hp_layout_map *map = &peer->layout.map;
    size_t place = map->count++;
    assert_true(map->count <= map->capacity);
    for (; place > 0 && map->mappings[place - 1].low > mapping->low; place--)
        map->mappings[place] = map->mappings[place - 1];
    map->mappings[place] = *mapping;
}

static inline uint32_t peer_guards(naive_word word) {
    return (word & NAIVE_GROWS_DOWN ? HP_LAYOUT_GROWS_DOWN : 0u) |
           (word & NAIVE_SHADOW_STACK ? HP_LAYOUT_SHADOW_STACK : 0u);
}

static inline struct hp_layout_op peer_op(const struct naive_request *request) {
    struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP,
                              .request = {.address = request->hint,
                                          .length = request->length,
                                          .protection = HP_LAYOUT_READ,
                                          .object = HP_LAYOUT_PLAIN_FILE},
                              .random = {request->random[0], request->random[1]},
                              .name = request->word & 0xfff,
                              .name_size = 1};
    if (request->flags & NAIVE_EXECUTE) op.request.protection |= HP_LAYOUT_EXECUTE;
    if (request->flags & NAIVE_FIXED) op.request.flags |= HP_LAYOUT_MAP_FIXED;
    if (request->flags & NAIVE_NOREPLACE) op.request.flags |= HP_LAYOUT_MAP_NOREPLACE;
    if (request->flags & NAIVE_32BIT) op.request.flags |= HP_LAYOUT_MAP_32BIT;
    if (request->flags & NAIVE_ABOVE4G) op.request.flags |= HP_LAYOUT_MAP_ABOVE_4G;
    return op;
}

/* An address or -errno; 1, which is neither, for any other answer. */
static inline int64_t peer_apply(struct peer *peer, const struct hp_layout_op *op) {
    peer->answer = (struct hp_layout_answer){.parts = peer->parts,
                                             .capacity = PEER_PARTS,
                                             .steps = peer->steps,
                                             .steps_capacity = PEER_STEPS};
    assert_int_equal(hp_layout_apply(&peer->layout, op, &peer->answer), 0);
    switch (peer->answer.verdict) {
    case HP_LAYOUT_EXACT: return (int64_t)peer->answer.address;
    case HP_LAYOUT_REFUSED: return peer->answer.code;
    default: return 1;
    }
}

static inline int64_t peer_unmap(struct peer *peer, uint64_t at, uint64_t length) {
    const struct hp_layout_op op = {.kind = HP_LAYOUT_MUNMAP,
                                    .request = {.address = at, .length = length}};
    const int64_t answer = peer_apply(peer, &op);
    return answer < 0 || answer == 1 ? answer : 0;
}

static inline int64_t peer_brk(struct peer *peer, uint64_t brk) {
    const struct hp_layout_op op = {.kind = HP_LAYOUT_BRK, .request = {.address = brk}};
    return peer_apply(peer, &op);
}

/* The rules that fired, for a person who looks for the difference. */
static inline void peer_tell(const struct peer *peer) {
    char text[400];
    for (size_t i = 0; i < peer->answer.fired && i < PEER_STEPS; i++) {
        hp_layout_step_text(&peer->layout, &peer->steps[i], text, sizeof text);
        fprintf(stderr, "  %s: %s\n", hp_layout_rule_name(peer->steps[i].rule), text);
    }
}

#endif
