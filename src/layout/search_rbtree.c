/* SPDX-License-Identifier: MIT */
/* vm_unmapped_area from 3.8 to 6.0: gaps between mappings, less the guard of what grows down, in an
 * augmented red-black tree.
 *
 * Upward the walk leaves out what lies left of a node whose guarded start is too low, though the
 * gaps there end above it. Which mappings those are is a matter of the tree's shape, and so of the
 * order in which they came: 5.10 was seen to pass over the lowest gap in up to 1.8 % of legacy
 * calls. Each such node makes one more candidate. */
#include <errno.h>

#include "era.h"

struct limits {
    uint64_t length, low, high; /* of the gap's end, at least; of its start, at most */
    bool none;
};

static struct limits limits_of(const struct hp_layout_gap_query *query) {
    struct limits limits = {query->length + query->align_mask, 0, 0, true};
    if (query->high < limits.length) return limits;
    limits.high = query->high - limits.length;
    limits.low = query->low + limits.length;
    limits.none = query->low > limits.high;
    return limits;
}

struct gap {
    uint64_t start, end;
};

/* Before a mapping, or behind the last one. */
static struct gap gap_before(struct hp_layout_run *run, size_t index) {
    const struct hp_layout_mapping *at = run->map->mappings + index;
    struct gap gap = {index ? at[-1].high : 0, UINT64_MAX};
    if (index < run->map->count) {
        gap.end = hp_layout_guarded(run->facts, at);
        if (gap.end != at->low &&
            !FIRES_AT(run, GUARD_GAP, index, at->low, at->low - gap.end, gap.end))
            gap.end = at->low;
    }
    return gap;
}

static bool is_fit(struct gap gap, const struct limits *limits) {
    return gap.start <= limits->high && gap.end >= limits->low && gap.end > gap.start &&
           gap.end - gap.start >= limits->length;
}

/* ---- Upward ---------------------------------------------------------------------------------- */

/* The first gap that fits before mapping `index` or one behind it; beyond the last: none. */
static size_t fit_from(struct hp_layout_run *run, const struct limits *limits, size_t index) {
    while (index <= run->map->count && !is_fit(gap_before(run, index), limits)) index++;
    return index;
}

/* The walk leaves out what lies left of this node, if it comes there. */
static bool is_blind(const struct hp_layout_run *run, const struct limits *limits, size_t index) {
    return hp_layout_is_on(run->facts, HP_RULE_TREE_BLIND) &&
           hp_layout_guarded(run->facts, run->map->mappings + index) < limits->low;
}

/* The next node at `index` or behind whose left is left out though something fits there. */
static size_t next_blind(const struct hp_layout_run *run, const struct limits *limits,
                         size_t index) {
    const struct hp_layout_mapping *at = run->map->mappings;
    for (; index < run->map->count && at[index].low < limits->low + run->facts->guard; index++)
        if (is_blind(run, limits, index)) return index;
    return run->map->count;
}

bool hp_layout_may_fork(const struct hp_layout_run *run) {
    const struct hp_layout_mapping *at = run->map->mappings;
    const uint64_t end = UINT64_C(0x80000000) + run->facts->guard;
    size_t i = hp_layout_find(run->map, HP_START_32BIT);
    while (i < run->map->count && at[i].low < end && !(at[i].flags & HP_LAYOUT_GROWS_DOWN)) i++;
    return i < run->map->count && at[i].low < end;
}

static size_t count_blind(const struct hp_layout_run *run, const struct limits *limits,
                          size_t index) {
    size_t count = 0;
    while ((index = next_blind(run, limits, index)) < run->map->count) count++, index++;
    return count;
}

static size_t choose_fit(struct hp_layout_run *run, const struct limits *limits, size_t first) {
    size_t choice = hp_layout_choose(run, count_blind(run, limits, first) + 1), node = first;
    if (!choice) return first;
    while (choice--) node = next_blind(run, limits, node) + 1;
    (void)FIRES_AT(run, TREE_BLIND, node - 1, run->map->mappings[node - 1].low, limits->low);
    return fit_from(run, limits, node);
}

static uint64_t search_up(struct hp_layout_run *run, const struct hp_layout_gap_query *query) {
    const struct limits limits = limits_of(query);
    if (limits.none) return hp_error(ENOMEM);
    size_t index = fit_from(run, &limits, hp_layout_find(run->map, query->low));
    if (index <= run->map->count) index = choose_fit(run, &limits, index);
    if (index > run->map->count) return hp_error(ENOMEM);
    uint64_t start = gap_before(run, index).start;
    if (start < query->low) start = query->low;
    return start + ((query->align_offset - start) & query->align_mask);
}

/* ---- Downward -------------------------------------------------------------------------------- */

/* The last gap that fits before mapping `index` or one ahead of it, as that mapping plus one. */
static size_t fit_down(struct hp_layout_run *run, const struct limits *limits, size_t index) {
    for (index++; index; index--)
        if (is_fit(gap_before(run, index - 1), limits)) break;
    return index;
}

/* The walk gives up at a node whose guarded start is too low, though lower ones would do, if it
 * comes there. */
static bool gives_up(struct hp_layout_run *run, const struct limits *limits, size_t index) {
    const size_t blind = next_blind(run, limits, index);
    if (blind == run->map->count || !hp_layout_choose(run, 2)) return false;
    (void)FIRES_AT(run, TREE_BLIND, blind, run->map->mappings[blind].low, limits->low);
    return true;
}

static uint64_t search_down(struct hp_layout_run *run, const struct hp_layout_gap_query *query) {
    const struct limits limits = limits_of(query);
    if (limits.none) return hp_error(ENOMEM);
    const size_t found = fit_down(run, &limits, hp_layout_find(run->map, limits.high));
    if (!found || gives_up(run, &limits, found - 1)) return hp_error(ENOMEM);
    uint64_t end = gap_before(run, found - 1).end;
    if (end > query->high) end = query->high;
    end -= query->length;
    return end - ((end - query->align_offset) & query->align_mask);
}

uint64_t hp_layout_rbtree_search(struct hp_layout_run *run,
                                 const struct hp_layout_gap_query *query) {
    return query->down ? search_down(run, query) : search_up(run, query);
}
