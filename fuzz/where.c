/* SPDX-License-Identifier: MIT */
/* libFuzzer against the model: bytes are a kernel, facts, mappings and a request. Whatever
 * they say, the answer is one of its kinds, and an exact one is free unless it was fixed. */
#include <hardpan/layout.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 64, PARTS = 512, STEPS = 64 };

static void check(int condition) {
    if (!condition) abort();
}

struct input {
    const uint8_t *data;
    size_t size;
};

static uint64_t take(struct input *input, size_t bytes) {
    uint64_t number = 0;
    if (bytes > input->size) bytes = input->size;
    memcpy(&number, input->data, bytes);
    input->data += bytes;
    input->size -= bytes;
    return number;
}

/* Mostly near an edge: a number of pages, times a power of two. */
static uint64_t take_address(struct input *input) {
    const uint64_t shape = take(input, 1);
    if (shape == 255) return take(input, 8);
    return (take(input, 2) << shape % 52) + ((shape & 64) ? 4096 : 0);
}

static void take_map(struct input *input, struct hp_layout_map *map) {
    uint64_t at = 0;
    for (size_t n = take(input, 1) % MOST; n; n--) {
        const uint64_t gap = take_address(input) & ~UINT64_C(4095);
        const uint64_t length = (take_address(input) & ~UINT64_C(4095)) + 4096;
        if (gap > UINT64_MAX - at || length > UINT64_MAX - at - gap || !length) return;
        map->mappings[map->count++] = (struct hp_layout_mapping){
            .low = at + gap, .high = at + gap + length, .flags = (uint32_t)take(input, 1)};
        at += gap + length;
    }
}

static void take_facts(struct input *input, struct hp_layout_facts *facts) {
    int rows = 0;
    while (hp_layout_kernel_name(rows)) rows++;
    const int row = (int)(take(input, 1) % (unsigned)rows);
    check(!hp_layout_kernel(hp_layout_kernel_name(row), hp_layout_kernel_machine(row), facts));
    facts->has ^= (uint32_t)take(input, 3);
    for (size_t n = take(input, 1) % 16; n; n--) {
        const int fact = (int)take(input, 1);
        hp_layout_set_fact(facts, fact, take_address(input), (int)take(input, 1) % 5);
    }
}

static struct hp_layout_request take_request(struct input *input) {
    struct hp_layout_request request = {
        .length = take_address(input),
        .address = take_address(input),
        .offset = take_address(input),
        .flags = (unsigned)take(input, 2),
        .protection = (unsigned)take(input, 1) & 7,
        .object = (int)(take(input, 1) % (HP_LAYOUT_DRIVER + 1)),
        .align = UINT64_C(1) << take(input, 1) % 64,
        .old_address = take_address(input),
        .old_length = take_address(input),
    };
    return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct hp_layout_mapping mappings[MOST];
    static struct hp_layout_part parts[PARTS];
    static struct hp_layout_step steps[STEPS];
    struct input input = {data, size};
    struct hp_layout layout = {.map = {.mappings = mappings, .capacity = MOST}};
    struct hp_layout_answer answer = {
        .parts = parts, .capacity = PARTS, .steps = steps, .steps_capacity = STEPS};
    char text[256];
    take_facts(&input, &layout.facts);
    const struct hp_layout_request request = take_request(&input);
    take_map(&input, &layout.map);
    const int code = hp_layout_where(&layout, &request, &answer);
    hp_layout_describe(&layout, text, sizeof text);
    if (code) return 0;
    check(answer.verdict >= HP_LAYOUT_EXACT && answer.verdict <= HP_LAYOUT_NOT_KNOWN);
    check(answer.count <= PARTS);
    for (size_t i = 0; i < answer.fired && i < STEPS; i++) {
        check(hp_layout_rule_name(steps[i].rule) != 0);
        check(hp_layout_step_text(&layout, &steps[i], text, sizeof text) > 0);
    }
    if (answer.verdict == HP_LAYOUT_EXACT) check(hp_layout_holds(&answer, answer.address, 0) == 1);
    return 0;
}
