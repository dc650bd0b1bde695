/* SPDX-License-Identifier: MIT */
/* The search up to 3.7: along the list of mappings, from where the last one ended
 * (mm->free_area_cache), with the largest hole that was passed over since (mm->cached_hole_size).
 * Neither can be seen from outside, so a snapshot has candidates, and a process that was followed
 * from exec on has answers. */
#include <errno.h>

#include "era.h"

static const uint64_t end_32bit = 0x80000000;

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static bool is_32bit(const struct hp_layout_run *run, const struct hp_layout_call *call) {
    return call->flags & HP_LAYOUT_MAP_32BIT && run->facts->machine != HP_LAYOUT_I386;
}

/* MAP_32BIT begins at random from 2.6.25 on. */
static bool is_drawn(struct hp_layout_run *run, const struct hp_layout_call *call) {
    return is_32bit(run, call) && NEED(run, randomised) &&
           hp_layout_has(run->facts, HP_LAYOUT_HAS_RANDOM_32BIT);
}

/* TASK_UNMAPPED_BASE: where a search up begins, whatever was added to mmap_base */
static uint64_t unmapped_base(struct hp_layout_run *run) {
    return hp_round_up(NEED(run, task_size) / 3, run->facts->page);
}

/* mm->mmap_base, of which there is one */
static uint64_t mmap_base(struct hp_layout_run *run) {
    return NEED(run, legacy) ? NEED(run, legacy_base) : NEED(run, base);
}

static bool fits(const struct hp_layout_mapping *next, uint64_t address, uint64_t length) {
    return !next || address + length <= next->low;
}

/* Sums wrap as the kernel's do: with an unbounded hole this asks whether the next mapping begins
 * at `address` or above. */
static void remember_hole(struct hp_layout_run *run, uint64_t address,
                          const struct hp_layout_mapping *next) {
    if (address + run->hole < next->low) run->hole = next->low - address;
}

static bool hint_holds(struct hp_layout_run *run, const struct hp_layout_call *call, uint64_t end,
                       uint64_t *address) {
    if (!call->address) return false;
    *address = hp_round_up(call->address, run->facts->page);
    const struct hp_layout_mapping *next = hp_layout_next(run, *address);
    if (end - call->length < *address && FIRES(run, HINT_BEYOND, *address, call->length, end))
        return false;
    if (!fits(next, *address, call->length) &&
        FIRES_AT(run, HINT_BUSY, hp_layout_index(run, next), *address, call->length, next->low))
        return false;
    return FIRES(run, HINT_TAKEN, *address, call->length);
}

/* ---- When the cache cannot be seen ----------------------------------------------------------- */

static void add_candidate(struct hp_layout_run *run, uint64_t first, uint64_t last) {
    const uint64_t step = first == last ? 0 : run->facts->page;
    run->history = true;
    hp_layout_add_part(run->answer, &(struct hp_layout_part){first, last, step, 1, 0});
}

/* Before mapping `index`, or behind the last one, as far as it lies in [begin, end); false if it is
 * too small. */
static bool gap_at(const struct hp_layout_run *run, size_t index, uint64_t length, uint64_t *begin,
                   uint64_t *end) {
    const struct hp_layout_mapping *at = run->map->mappings + index;
    if (index) *begin = most(*begin, at[-1].high);
    if (index < run->map->count) *end = least(*end, at->low);
    return *begin < *end && *end - *begin >= length;
}

/* MAP_32BIT may begin above the last gap that is large enough. */
static void add_failure(struct hp_layout_run *run, uint64_t highest) {
    const uint64_t last_start = HP_START_32BIT + HP_RANDOM_32BIT;
    if (highest >= last_start || !run->history) return;
    hp_layout_add_part(run->answer, &(struct hp_layout_part){0, 0, 0, 1, -ENOMEM});
}

/* The search begins where some mapping once ended. munmap takes the cache back to where a hole
 * begins, but not if that is below `begin`; and since then a mapping may have been put there. */
static uint64_t candidates_up(struct hp_layout_run *run, const struct hp_layout_call *call,
                              uint64_t begin, uint64_t end) {
    uint64_t last = 0;
    for (size_t i = hp_layout_find(run->map, begin); i <= run->map->count; i++) {
        uint64_t low = begin, high = end;
        if (!gap_at(run, i, call->length, &low, &high)) continue;
        last = high - call->length;
        add_candidate(run, low, last);
    }
    if (is_drawn(run, call)) add_failure(run, last);
    return hp_error(ENOMEM);
}

/* Right below some mapping, or the base. Page 0 is only come to from the base, and from 3.4 on from
 * a cache at `length`, which is not told here: nobody may map it. */
static uint64_t candidates_down(struct hp_layout_run *run, uint64_t base, uint64_t length) {
    for (size_t i = hp_layout_find(run->map, base) + 1; i; i--) {
        uint64_t low = base == length ? 0 : run->facts->page, high = base;
        if (gap_at(run, i - 1, length, &low, &high))
            add_candidate(run, high - length, high - length);
    }
    return hp_error(ENOMEM);
}

/* ---- Upward ---------------------------------------------------------------------------------- */

static uint64_t start_32bit(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_range range = {HP_START_32BIT, HP_START_32BIT + HP_RANDOM_32BIT, 0};
    if (!is_drawn(run, call)) return HP_START_32BIT;
    return run->random ? hp_layout_randomize(run, &range, run->random[0]) : run->start32;
}

/* find_start_end */
static void find_start_end(struct hp_layout_run *run, const struct hp_layout_call *call,
                           uint64_t *begin, uint64_t *end) {
    *begin = unmapped_base(run);
    *end = NEED(run, task_size);
    if (!is_32bit(run, call)) return;
    const uint64_t start = start_32bit(run, call);
    if (!FIRES(run, WINDOW_32BIT, start, end_32bit)) return;
    *begin = start;
    *end = end_32bit;
}

/* The lowest gap at `address` or above; remembers the largest that was too small. */
static uint64_t first_fit(struct hp_layout_run *run, uint64_t address, uint64_t end,
                          uint64_t length) {
    const struct hp_layout_mapping *next = hp_layout_next(run, address);
    while (end - length >= address) {
        if (fits(next, address, length)) return run->cache = address + length, address;
        remember_hole(run, address, next);
        address = next->high;
        next = hp_layout_after(run, next);
    }
    return hp_error(ENOMEM);
}

/* Where to begin. A hole that was passed over may be large enough: but only here and in a 32-bit
 * task does the kernel ask; a 64-bit one searches on from where it was, and begins anew only at the
 * end. mm/mmap.c, which a 32-bit kernel uses, forgets its cache when it has found something,
 * sys_x86_64.c at once. */
static uint64_t first_try(struct hp_layout_run *run, const struct hp_layout_call *call,
                          uint64_t begin) {
    const bool is_i386 = run->facts->machine == HP_LAYOUT_I386;
    if ((!is_32bit(run, call) && !is_i386) || call->length > run->hole ||
        !FIRES(run, CACHE_RESET, call->length, run->hole, begin))
        return most(run->cache, begin);
    run->hole = 0;
    if (!is_i386) run->cache = begin;
    return begin;
}

static uint64_t search_up(struct hp_layout_run *run, const struct hp_layout_call *call,
                          uint64_t begin, uint64_t end) {
    uint64_t start = first_try(run, call, begin);
    if (!FIRES(run, CACHE_START, start, begin)) start = begin;
    const uint64_t found = first_fit(run, start, end, call->length);
    if (!hp_is_error(found) || start == begin) return found;
    if (!FIRES(run, CACHE_AGAIN, begin)) return found;
    run->hole = 0;
    return first_fit(run, begin, end, call->length);
}

/* arch_get_unmapped_area */
static uint64_t area_up(struct hp_layout_run *run, const struct hp_layout_call *call) {
    uint64_t begin, end, address;
    find_start_end(run, call, &begin, &end);
    if (call->length > end && FIRES(run, TOO_LONG, call->length, end)) return hp_error(ENOMEM);
    if (hint_holds(run, call, end, &address)) return address;
    if (!run->known)
        return candidates_up(run, call, is_32bit(run, call) ? HP_START_32BIT : begin, end);
    run->drawn += is_drawn(run, call) && !run->random;
    return search_up(run, call, begin, end);
}

/* ---- Downward -------------------------------------------------------------------------------- */

/* Right below the cache, where the last search downward ended. */
static bool next_to_cache(struct hp_layout_run *run, uint64_t length, uint64_t *found) {
    if (run->cache <= length) return false;
    *found = run->cache - length;
    if (!fits(hp_layout_next(run, *found), *found, length)) return false;
    if (!FIRES(run, CACHE_BELOW, length, run->cache, *found)) return false;
    run->cache = *found;
    return true;
}

/* Below `top`, then below each mapping in turn; remembers the largest hole that was too small. */
static uint64_t walk_down(struct hp_layout_run *run, uint64_t top, uint64_t length) {
    uint64_t address = top - length;
    for (;;) {
        const struct hp_layout_mapping *next = hp_layout_next(run, address);
        if (fits(next, address, length)) return run->cache = address;
        remember_hole(run, address, next);
        if (length >= next->low) return hp_error(ENOMEM);
        address = next->low - length;
    }
}

static uint64_t walk_below(struct hp_layout_run *run, uint64_t top, uint64_t length) {
    return top < length ? hp_error(ENOMEM) : walk_down(run, top, length);
}

/* up to 3.3: the cache is tried once, then all from the top */
static uint64_t down_once(struct hp_layout_run *run, uint64_t base, uint64_t length) {
    uint64_t found;
    if (next_to_cache(run, length, &found)) return found;
    FIRES(run, SEARCH_DOWN, length, 0, base);
    return walk_below(run, base, length);
}

/* 3.4 to 3.7: down from the cache, then from the top */
static uint64_t down_twice(struct hp_layout_run *run, uint64_t base, uint64_t length) {
    const uint64_t cache = run->cache;
    const uint64_t start = FIRES(run, CACHE_START, cache, base) ? cache : base;
    const uint64_t found = walk_below(run, start, length);
    if (!hp_is_error(found) || start == base) return found;
    if (!FIRES(run, CACHE_AGAIN, base)) return found;
    run->cache = base;
    run->hole = 0;
    return walk_below(run, base, length);
}

static uint64_t search_down(struct hp_layout_run *run, uint64_t base, uint64_t length) {
    if (length <= run->hole && FIRES(run, CACHE_RESET, length, run->hole, base)) {
        run->hole = 0;
        run->cache = base;
    }
    if (hp_layout_has(run->facts, HP_LAYOUT_HAS_CACHE_TWICE)) return down_twice(run, base, length);
    return down_once(run, base, length);
}

/* A failure downward begins anew upward. What is remembered after it is known, whatever it was
 * before. */
static uint64_t fall_back(struct hp_layout_run *run, const struct hp_layout_call *call,
                          uint64_t base) {
    run->hole = UINT64_MAX;
    run->cache = unmapped_base(run);
    run->known = true;
    const uint64_t found = area_up(run, call);
    run->cache = base;
    run->hole = UINT64_MAX;
    return found;
}

/* arch_get_unmapped_area_topdown */
static uint64_t area_down(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const uint64_t base = mmap_base(run), length = call->length;
    uint64_t found;
    if (is_32bit(run, call)) return fall_back(run, call, base);
    if (hint_holds(run, call, NEED(run, task_size), &found)) return found;
    found = run->known ? search_down(run, base, length) : candidates_down(run, base, length);
    if (run->history || !hp_is_error(found)) return found;
    if (!FIRES(run, DOWN_FAILED, length, base)) return found;
    return fall_back(run, call, base);
}

uint64_t hp_layout_cache_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (call->flags & HP_LAYOUT_MAP_FIXED && FIRES(run, FIXED, call->address)) return call->address;
    return NEED(run, legacy) ? area_up(run, call) : area_down(run, call);
}

/* ---- What munmap does to the cache ----------------------------------------------------------- */

/* arch_unmap_area: the hole begins where what lies below it ends */
static void unmapped_up(struct hp_layout_run *run, uint64_t low) {
    if (low < unmapped_base(run) || low >= run->cache) return;
    if (!FIRES(run, CACHE_UNMAP, run->cache, low)) return;
    run->cache = low;
    run->hole = UINT64_MAX;
}

/* arch_unmap_area_topdown: the hole ends where what lies above it begins */
static void unmapped_down(struct hp_layout_run *run, uint64_t high, uint64_t base) {
    if (high > run->cache && FIRES(run, CACHE_UNMAP, run->cache, high)) run->cache = high;
    if (run->cache > base && FIRES(run, CACHE_CAP, run->cache, base)) run->cache = base;
}

/* detach_vmas_to_be_unmapped. Without a mapping on that side of the hole it is mmap_base. */
void hp_layout_cache_unmapped(struct hp_layout_run *run, uint64_t at) {
    const uint64_t base = mmap_base(run);
    const struct hp_layout_mapping *next = hp_layout_next(run, at);
    const size_t index = next ? hp_layout_index(run, next) : run->map->count;
    if (NEED(run, legacy))
        unmapped_up(run, index ? run->map->mappings[index - 1].high : base);
    else
        unmapped_down(run, next ? next->low : base, base);
}
