/* SPDX-License-Identifier: MIT */
/* generic_get_unmapped_area and its top-down twin of mm/mmap.c, with arm64's arch_get_mmap_end and
 * arch_get_mmap_base: a hint beyond the window opens the whole space. */
#include <errno.h>

#include "layout.h"

static uint64_t end_for(struct hp_layout_run *run, uint64_t address) {
    const struct hp_layout_facts *facts = run->facts;
    if (address > facts->window && facts->task_size > facts->window &&
        FIRES(run, HIGH_HINT, address, facts->task_size))
        return facts->task_size;
    return facts->window;
}

static uint64_t base_for(struct hp_layout_run *run, uint64_t address) {
    const struct hp_layout_facts *facts = run->facts;
    const uint64_t base = NEED(run, base), more = facts->task_size - facts->window;
    if (address > facts->window && more && FIRES(run, HIGH_HINT, address, base + more))
        return base + more;
    return base;
}

static bool takes_hint(struct hp_layout_run *run, uint64_t hint, uint64_t length, uint64_t end) {
    if (!hint) return false;
    if (end - length < hint && FIRES(run, HINT_BEYOND, hint, length, end)) return false;
    if (hint < run->facts->min_addr && FIRES(run, HINT_LOW, hint, run->facts->min_addr))
        return false;
    return hp_layout_hint_free(run, hint, length);
}

static uint64_t shadow_gap(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (!(call->flags & HP_LAYOUT_MAP_SHADOW_STACK)) return 0;
    if (!hp_layout_has(run->facts, HP_LAYOUT_HAS_SHADOW_GAP)) return 0;
    return FIRES(run, SHADOW_GAP, run->facts->page) ? run->facts->page : 0;
}

/* TASK_UNMAPPED_BASE of arm64, which is not randomised */
static uint64_t unmapped_base(const struct hp_layout_facts *facts) {
    return hp_round_up(facts->window / 4, facts->page);
}

static uint64_t down_then_up(struct hp_layout_run *run, struct hp_layout_gap_query *query,
                             uint64_t low, uint64_t high) {
    const uint64_t found = hp_layout_unmapped_area(run, query);
    if (!hp_is_error(found) || !FIRES(run, DOWN_FAILED, query->length, query->high)) return found;
    query->down = false;
    query->low = low;
    query->high = high;
    return hp_layout_unmapped_area(run, query);
}

uint64_t hp_layout_generic_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_facts *facts = run->facts;
    const uint64_t end = end_for(run, call->address);
    const uint64_t hint = hp_round_up(call->address, facts->page);
    if (call->length > end - facts->min_addr && FIRES(run, TOO_LONG, call->length, end))
        return hp_error(ENOMEM);
    if (call->flags & HP_LAYOUT_MAP_FIXED && FIRES(run, FIXED, call->address)) return call->address;
    if (takes_hint(run, hint, call->length, end)) return hint;
    struct hp_layout_gap_query query = {.length = call->length, .start_gap = shadow_gap(run, call)};
    if (call->object == HP_LAYOUT_HUGE) query.align_mask = call->align - facts->page;
    if (NEED(run, legacy)) {
        query.low = NEED(run, base);
        query.high = end;
        return hp_layout_unmapped_area(run, &query);
    }
    query.down = true;
    query.low = facts->page;
    query.high = base_for(run, hint);
    return down_then_up(run, &query, unmapped_base(facts), end);
}

/* generic_hugetlb_get_unmapped_area of fs/hugetlbfs/inode.c, until 6.12. After a search from the
 * top that failed, the window is asked for with the variable that holds -ENOMEM by now: 6.12.94 on
 * a processor of 52 bits was seen to give 0x1000000200000 without any hint. */
uint64_t hp_layout_hugetlb_generic(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_facts *facts = run->facts;
    const uint64_t end = end_for(run, call->address);
    const bool min = hp_layout_has(facts, HP_LAYOUT_HAS_HUGETLB_MIN);
    uint64_t fixed;
    if (min && call->length > end - facts->min_addr && FIRES(run, TOO_LONG, call->length, end))
        return hp_error(ENOMEM);
    if (hp_layout_hugetlb_fixed(run, call, &fixed)) return fixed;
    const uint64_t hint = hp_round_up(call->address, call->align);
    /* one that wraps is 0, and taken: 6.1 was seen to map there */
    if (call->address && end - call->length >= hint &&
        !(min && hint < facts->min_addr && FIRES(run, HINT_LOW, hint, facts->min_addr)) &&
        hp_layout_hint_free(run, hint, call->length))
        return hint;
    struct hp_layout_gap_query query = {.length = call->length,
                                        .align_mask = call->align - facts->page};
    if (NEED(run, legacy)) {
        query.low = NEED(run, base);
        query.high = end_for(run, hint);
        return hp_layout_unmapped_area(run, &query);
    }
    query.down = true;
    query.low = facts->page;
    query.high = base_for(run, hint);
    return down_then_up(run, &query, NEED(run, base), facts->task_size);
}
