/* SPDX-License-Identifier: MIT */
/* arch/x86/kernel/sys_x86_64.c and arch/x86/mm/mmap.c, 4.14 to today: find_start_end,
 * arch_get_unmapped_area and arch_get_unmapped_area_topdown. A 32-bit task runs the same lines. */
#include <errno.h>

#include "layout.h"

/* in_32bit_syscall, as long as the kernel is one of 64 bits; one of 32 bits knows no other. */
bool hp_layout_is_compat(const struct hp_layout_run *run, unsigned flags) {
    return run->facts->machine == HP_LAYOUT_I386 || flags & HP_LAYOUT_BY_INT80;
}

/* The task is of 64 bits and the call of 32. */
static bool by_int80(struct hp_layout_run *run, unsigned flags) {
    return run->facts->machine == HP_LAYOUT_X86_64 && flags & HP_LAYOUT_BY_INT80;
}

/* task_size_32bit, of whichever task */
static uint64_t compat_end(struct hp_layout_run *run, unsigned flags) {
    return by_int80(run, flags) ? NEED(run, compat_task_size) : run->facts->task_size;
}

uint64_t hp_layout_base(struct hp_layout_run *run, unsigned flags) {
    if (by_int80(run, flags)) {
        const uint64_t base = NEED(run, compat_base);
        if (FIRES(run, COMPAT, base, compat_end(run, flags))) return base;
    }
    return NEED(run, base);
}

uint64_t hp_layout_legacy_base(struct hp_layout_run *run, unsigned flags) {
    if (by_int80(run, flags)) {
        const uint64_t base = NEED(run, compat_legacy_base);
        if (FIRES(run, COMPAT, base, compat_end(run, flags))) return base;
    }
    return NEED(run, legacy_base);
}

bool hp_layout_hint_free(struct hp_layout_run *run, uint64_t address, uint64_t length) {
    const struct hp_layout_mapping *next = hp_layout_next(run, address);
    const uint64_t end = address + length;
    if (next && end > next->low &&
        FIRES_AT(run, HINT_BUSY, hp_layout_index(run, next), address, length, next->low))
        return false;
    if (next && end <= next->low) {
        const uint64_t guarded = hp_layout_guarded(run->facts, next);
        if (end > guarded && FIRES_AT(run, HINT_GUARD, hp_layout_index(run, next), address, length,
                                      next->low - guarded))
            return false;
    }
    return FIRES(run, HINT_TAKEN, address, length);
}

/* mmap_address_hint_valid */
static bool is_valid(struct hp_layout_run *run, uint64_t address, uint64_t length) {
    const struct hp_layout_facts *facts = run->facts;
    if (facts->task_size - length < address &&
        FIRES(run, HINT_BEYOND, address, length, facts->task_size))
        return false;
    const bool high = address > facts->window;
    return high == (address + length > facts->window) ||
           !FIRES(run, HINT_ACROSS, address, length, facts->window);
}

static const uint64_t search_end_32bit = 0x80000000;

struct span {
    uint64_t begin, end;
    bool drawn;
};

/* randomize_page, where the number is given */
static uint64_t start_32bit(struct hp_layout_run *run) {
    const uint64_t page = run->facts->page;
    if (!run->random) return run->start32;
    return HP_START_32BIT + run->random[run->taken++ % 2] % (HP_RANDOM_32BIT / page) * page;
}

static struct span window_32bit(struct hp_layout_run *run) {
    const bool drawn =
        NEED(run, randomised) && hp_layout_has(run->facts, HP_LAYOUT_HAS_RANDOM_32BIT);
    return (struct span){drawn ? start_32bit(run) : HP_START_32BIT, search_end_32bit, drawn};
}

static bool is_window_32bit(struct hp_layout_run *run, unsigned flags) {
    return !hp_layout_is_compat(run, flags) && flags & HP_LAYOUT_MAP_32BIT;
}

/* find_start_end */
static struct span bounds(struct hp_layout_run *run, uint64_t address, unsigned flags) {
    if (is_window_32bit(run, flags)) {
        const struct span span = window_32bit(run);
        if (FIRES(run, WINDOW_32BIT, span.begin, span.end)) return span;
    }
    const uint64_t begin = hp_layout_legacy_base(run, flags);
    if (hp_layout_is_compat(run, flags)) return (struct span){begin, compat_end(run, flags), false};
    if (address > run->facts->window && FIRES(run, HIGH_HINT, address, run->facts->task_size))
        return (struct span){begin, run->facts->task_size, false};
    return (struct span){begin, run->facts->window, false};
}

/* stack_guard_placement */
static uint64_t shadow_gap(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (!(call->flags & HP_LAYOUT_MAP_SHADOW_STACK)) return 0;
    if (!hp_layout_has(run->facts, HP_LAYOUT_HAS_SHADOW_GAP)) return 0;
    return FIRES(run, SHADOW_GAP, run->facts->page) ? run->facts->page : 0;
}

static void align_to_object(struct hp_layout_gap_query *query, struct hp_layout_run *run,
                            const struct hp_layout_call *call) {
    if (call->object == HP_LAYOUT_HUGE)
        query->align_mask = call->align - run->facts->page;
    else
        query->start_gap = shadow_gap(run, call);
}

static uint64_t bottom_up(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct span span = bounds(run, call->address, call->flags);
    const uint64_t hint = hp_round_up(call->address, run->facts->page);
    if (call->length > span.end && FIRES(run, TOO_LONG, call->length, span.end))
        return hp_error(ENOMEM);
    if (hint) {
        const bool beyond =
            span.end - call->length < hint && FIRES(run, HINT_BEYOND, hint, call->length, span.end);
        if (!beyond && hp_layout_hint_free(run, hint, call->length)) return hint;
    }
    struct hp_layout_gap_query query = {
        .length = call->length, .low = span.begin, .high = span.end};
    align_to_object(&query, run, call);
    run->drawn += span.drawn && !run->random;
    return hp_layout_unmapped_area(run, &query);
}

/* Where the search from the top ends, and begins. */
static void limits(struct hp_layout_run *run, const struct hp_layout_call *call,
                   struct hp_layout_gap_query *query) {
    const uint64_t four_gigabytes = UINT64_C(1) << 32, window = run->facts->window;
    const bool compat = hp_layout_is_compat(run, call->flags);
    query->low = run->facts->page;
    query->high = hp_layout_base(run, call->flags);
    if (!compat && call->flags & HP_LAYOUT_MAP_ABOVE_4G &&
        hp_layout_has(run->facts, HP_LAYOUT_HAS_ABOVE_4G) && FIRES(run, ABOVE_4G, four_gigabytes))
        query->low = four_gigabytes;
    const uint64_t more = run->facts->task_size - window;
    if (!compat && more && call->address > window &&
        FIRES(run, HIGH_HINT, call->address, query->high + more))
        query->high += more;
}

static bool takes_hint(struct hp_layout_run *run, uint64_t address, uint64_t length) {
    return is_valid(run, address, length) && hp_layout_hint_free(run, address, length);
}

static uint64_t top_down(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (is_window_32bit(run, call->flags)) return bottom_up(run, call);
    struct hp_layout_call at_page = *call;
    at_page.address = hp_round_down(call->address, run->facts->page);
    if (at_page.address && takes_hint(run, at_page.address, call->length)) return at_page.address;
    struct hp_layout_gap_query query = {.down = true, .length = call->length};
    limits(run, &at_page, &query);
    align_to_object(&query, run, call);
    const uint64_t found = hp_layout_unmapped_area(run, &query);
    if (!hp_is_error(found) || !FIRES(run, DOWN_FAILED, query.length, query.high)) return found;
    return bottom_up(run, call);
}

uint64_t hp_layout_x86_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const bool legacy = NEED(run, legacy);
    if (!legacy && call->length > run->facts->task_size) return hp_error(ENOMEM);
    if (call->flags & HP_LAYOUT_MAP_FIXED && FIRES(run, FIXED, call->address)) return call->address;
    return legacy ? bottom_up(run, call) : top_down(run, call);
}

/* hugetlb_get_unmapped_area of arch/x86/mm/hugetlbpage.c, until 6.12. A hint within the first huge
 * page is one at 0, and taken: 6.1 was seen to map there. */
uint64_t hp_layout_x86_hugetlb(struct hp_layout_run *run, const struct hp_layout_call *call) {
    uint64_t hint = hp_round_down(call->address, call->align);
    if (hint != call->address && !FIRES(run, HUGETLB_HINT, call->address, hint))
        hint = call->address;
    if (call->address && takes_hint(run, hint, call->length)) return hint;
    struct hp_layout_gap_query query = {.length = call->length,
                                        .align_mask = call->align - run->facts->page};
    if (NEED(run, legacy)) {
        const struct span span = bounds(run, hint, call->flags);
        query.low = span.begin;
        query.high = span.end;
        return hp_layout_unmapped_area(run, &query);
    }
    query.down = true;
    limits(run, call, &query);
    const uint64_t found = hp_layout_unmapped_area(run, &query);
    if (!hp_is_error(found) || !FIRES(run, DOWN_FAILED, query.length, query.high)) return found;
    query.down = false;
    query.low = hp_round_up(run->facts->window / 3, run->facts->page);
    query.high = run->facts->window;
    return hp_layout_unmapped_area(run, &query);
}
