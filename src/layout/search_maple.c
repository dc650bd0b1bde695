/* SPDX-License-Identifier: MIT */
/* unmapped_area and unmapped_area_topdown of mm/vma.c, since 6.1: the maple tree finds a gap
 * that is long enough, and only then is it seen whether the guard of what lies above reaches into
 * it. */
#include <errno.h>

#include "layout.h"

/* mas_empty_area: the lowest `length` free bytes in [low, high). */
static bool lowest(const struct hp_layout_map *map, uint64_t low, uint64_t high, uint64_t length,
                   uint64_t *start) {
    uint64_t at = low;
    for (size_t i = hp_layout_find(map, low);; i++) {
        const uint64_t top =
            i < map->count && map->mappings[i].low < high ? map->mappings[i].low : high;
        if (top > at && top - at >= length) return *start = at, true;
        if (top == high) return false;
        at = map->mappings[i].high;
    }
}

/* mas_empty_area_rev: the end of the highest. */
static bool highest(const struct hp_layout_map *map, uint64_t low, uint64_t high, uint64_t length,
                    uint64_t *end) {
    uint64_t top = high;
    size_t i = hp_layout_find(map, high);
    if (i < map->count && map->mappings[i].low < top) top = map->mappings[i].low;
    for (;; i--) {
        const uint64_t bottom =
            i && map->mappings[i - 1].high > low ? map->mappings[i - 1].high : low;
        if (top > bottom && top - bottom >= length) return *end = top, true;
        if (bottom == low) return false;
        top = map->mappings[i - 1].low;
    }
}

/* Without a look at the window as such its length is held against the whole gap that it ends in,
 * from the low limit to the gap's own end: one that is too short passes, and what is found begins
 * below the limit. 6.1.192 was seen to come to page 0 where nothing had asked for it. */
static bool passes_short(struct hp_layout_run *run, uint64_t low, uint64_t high, uint64_t length,
                         uint64_t *end) {
    const struct hp_layout_map *map = run->map;
    const size_t i = hp_layout_find(map, high);
    const uint64_t top = i < map->count ? map->mappings[i].low : UINT64_MAX;
    const uint64_t bottom = i ? map->mappings[i - 1].high : 0;
    if (hp_layout_has(run->facts, HP_LAYOUT_HAS_WINDOW_CHECK) || low >= high || high >= top ||
        !map->count) /* an empty tree is no tree, and looked at in another way */
        return false;
    if (bottom >= low || high - bottom < length || top - low < length) return false;
    *end = high;
    return FIRES(run, LOW_PASSED, high - length, low, top);
}

static bool is_guarded(const struct hp_layout_mapping *next) {
    return next && (next->flags & (HP_LAYOUT_GROWS_DOWN | HP_LAYOUT_SHADOW_STACK));
}

static uint64_t search_up(struct hp_layout_run *run, const struct hp_layout_gap_query *query,
                          uint64_t low, uint64_t length) {
    uint64_t start;
    while (lowest(run->map, low, query->high, length, &start)) {
        const struct hp_layout_mapping *next = hp_layout_next(run, start);
        uint64_t at = start + query->start_gap;
        at += (query->align_offset - at) & query->align_mask;
        if (!is_guarded(next)) return at;
        const uint64_t guarded = hp_layout_guarded(run->facts, next);
        if (guarded >= at + length - 1 || !FIRES_AT(run, GUARD_UP, hp_layout_index(run, next), at,
                                                    next->low - guarded, next->high))
            return at;
        low = next->high;
    }
    return hp_error(ENOMEM);
}

/* Where in a gap of the search downward, which ends at `end`. */
static uint64_t placed(const struct hp_layout_gap_query *query, uint64_t end) {
    const uint64_t at = end - query->length;
    return at - ((at - query->align_offset) & query->align_mask);
}

/* A guard that begins at 0 leaves an end whose last byte, end - 1, is the last of all addresses,
 * and the highest gap of those is behind the address space. 6.18 and 6.1 were seen to answer
 * ENOMEM, and not to go on bottom-up, with 126 MiB free above the base. */
static uint64_t search_down(struct hp_layout_run *run, const struct hp_layout_gap_query *query,
                            uint64_t low, uint64_t length) {
    uint64_t high = query->high, end;
    while (highest(run->map, low, high, length, &end) ||
           passes_short(run, low, high, length, &end)) {
        const struct hp_layout_mapping *next = hp_layout_next(run, end);
        const uint64_t at = placed(query, end);
        if (!is_guarded(next)) return at;
        const uint64_t guarded = hp_layout_guarded(run->facts, next);
        if (guarded >= end || !FIRES_AT(run, GUARD_DOWN, hp_layout_index(run, next), end,
                                        next->low - guarded, guarded))
            return at;
        if (!guarded && FIRES_AT(run, GUARD_WRAPS, hp_layout_index(run, next), placed(query, 0)))
            return placed(query, 0);
        high = guarded;
    }
    return hp_error(ENOMEM);
}

uint64_t hp_layout_maple_search(struct hp_layout_run *run,
                                const struct hp_layout_gap_query *query) {
    uint64_t low = query->low, length;
    if (__builtin_add_overflow(query->length, query->align_mask + query->start_gap, &length))
        return hp_error(ENOMEM);
    if (low < run->facts->min_addr && hp_layout_has(run->facts, HP_LAYOUT_HAS_SEARCH_MIN) &&
        FIRES(run, SEARCH_MIN, low, run->facts->min_addr))
        low = run->facts->min_addr;
    if (low >= query->high) return hp_error(ENOMEM);
    return query->down ? search_down(run, query, low, length) : search_up(run, query, low, length);
}
