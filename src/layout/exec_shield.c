/* SPDX-License-Identifier: MIT */
/* Exec-shield of Red Hat's and Fedora's kernels (2.6.32): what is executable goes to the lowest 16
 * MiB of a 32-bit process where it fits, so that its addresses hold a zero byte, and so that one
 * segment limit can keep all that lies above from being executed. */
#include <errno.h>

#include "era.h"

enum {
    SHIELD_BASE = 0x00110000,
    SHIELD_END = 0x01000000, /* below: each address has a zero byte */
    SPREAD_END = 0x08000000  /* so far, or up to the heap, what does not fit there is spread */
};

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

uint64_t hp_layout_shield_base(void) { return SHIELD_BASE; }

bool hp_layout_shield_forces(const struct hp_layout_facts *facts) {
    const bool has = hp_layout_has(facts, HP_LAYOUT_HAS_EXEC_SHIELD);
    return has && facts->exec_shield & 2 && hp_layout_is_on(facts, HP_RULE_SHIELD_LAYOUT);
}

/* mm->get_unmapped_exec_area is set: flexible layout, 32-bit task, reading does not imply
 * executing. */
static bool is_shielded(struct hp_layout_run *run) {
    const struct hp_layout_facts *facts = run->facts;
    return hp_layout_has(facts, HP_LAYOUT_HAS_EXEC_SHIELD) && facts->machine == HP_LAYOUT_I386 &&
           !NEED(run, legacy) && !(NEED(run, personality) & HP_READ_IMPLIES_EXEC);
}

/* should_randomize */
static bool is_random(struct hp_layout_run *run) {
    return NEED(run, randomised) && !(NEED(run, personality) & HP_NO_RANDOMIZE);
}

bool hp_layout_shield_free(struct hp_layout_run *run, uint64_t address, uint64_t length) {
    const struct hp_layout_mapping *next = hp_layout_next(run, address);
    return NEED(run, task_size) - length >= address && (!next || address + length <= next->low);
}

struct hp_layout_range hp_layout_shield_range(struct hp_layout_run *run,
                                              const struct hp_layout_call *call) {
    const uint64_t base = NEED(run, shlib_base);
    if (call->address || !is_random(run) || !FIRES(run, SHIELD_RANDOM, base, SHIELD_END))
        return (struct hp_layout_range){0, 0, 0};
    return (struct hp_layout_range){base, SHIELD_END, call->length};
}

/* Without a hint the area's first page, or a random one. */
static uint64_t first_try(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_range range = hp_layout_shield_range(run, call);
    if (range.length) return hp_layout_random(run, 0, &range);
    if (call->address) return hp_round_up(call->address, run->facts->page);
    return NEED(run, shlib_base);
}

static uint64_t first_fit(struct hp_layout_run *run, uint64_t length) {
    uint64_t address = NEED(run, shlib_base);
    const uint64_t end = NEED(run, task_size);
    const struct hp_layout_mapping *next = hp_layout_next(run, address);
    FIRES(run, SEARCH_UP, length, address, end);
    while (end - length >= address) {
        if (!next || address + length <= next->low) return address;
        address = next->high;
        next = hp_layout_after(run, next);
    }
    return hp_error(ENOMEM);
}

/* What is executable must not come into the heap's way. */
static bool passes_heap(struct hp_layout_run *run, uint64_t fit, uint64_t length) {
    const uint64_t brk = NEED(run, brk);
    return fit + length > brk && FIRES(run, SHIELD_BRK, fit, length, brk);
}

uint64_t hp_layout_shield_search(struct hp_layout_run *run, const struct hp_layout_call *call,
                                 struct hp_layout_range *range) {
    const uint64_t end = hp_round_up(most(NEED(run, start_brk), SPREAD_END), run->facts->page);
    const uint64_t fit = first_fit(run, call->length);
    *range = (struct hp_layout_range){0, 0, 0};
    if (hp_is_error(fit)) return fit;
    if (passes_heap(run, fit, call->length)) return hp_layout_cache_area(run, call);
    if (fit >= SHIELD_END && is_random(run) && FIRES(run, SHIELD_SPREAD, SHIELD_END, end))
        *range = (struct hp_layout_range){SHIELD_END, end, call->length};
    return fit;
}

/* Where the random place is taken, the lowest fit stands. */
static uint64_t search(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct hp_layout_range range;
    const uint64_t fit = hp_layout_shield_search(run, call, &range);
    if (!range.length) return fit;
    const uint64_t drawn = hp_layout_random(run, 1, &range);
    return hp_layout_shield_free(run, drawn, call->length) ? drawn : fit;
}

/* arch_get_unmapped_exec_area */
static uint64_t exec_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (call->flags & HP_LAYOUT_MAP_FIXED && FIRES(run, FIXED, call->address)) return call->address;
    const uint64_t first = first_try(run, call);
    if (first && hp_layout_shield_free(run, first, call->length) &&
        FIRES(run, SHIELD_FIRST, first, call->length))
        return first;
    return search(run, call);
}

/* get_unmapped_area_prot, once the file has no routine of its own */
uint64_t hp_layout_shield_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (call->protection & HP_LAYOUT_EXECUTE && is_shielded(run) &&
        FIRES(run, SHIELD_AREA, NEED(run, shlib_base), NEED(run, brk)))
        return exec_area(run, call);
    return hp_layout_cache_area(run, call);
}
