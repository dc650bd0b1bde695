/* SPDX-License-Identifier: MIT */
/* To 3.7: the kernel remembers where its last search ended, and how large a hole it passed. Also
 * exec-shield's area for what is executed, which only kernels of that time had. */
#include <errno.h>

#include "naive.h"

/* The kernel's sum is one of its unsigned long, so it wraps: that turns "everything" (all ones)
 * into the hole in front of the next mapping, be it empty. */
static void remember_hole(struct naive *naive, uint64_t at, uint64_t low) {
    const uint64_t sum = at + naive->hole;
    if ((naive->kernel32 ? (uint32_t)sum : sum) < low) naive->hole = low - at;
}

static void hole_is_unknown(struct naive *naive) {
    naive->hole = naive->kernel32 ? UINT32_MAX : UINT64_MAX;
}

/* From `at` up, mapping by mapping. *ended: where the search went past the end. */
static bool walk_up(struct naive *naive, uint64_t *at, uint64_t end, uint64_t length) {
    struct naive_run next;
    while (*at <= end - length) {
        if (!naive_next(naive, *at, &next) || *at + length <= next.low) return true;
        remember_hole(naive, *at, next.low);
        *at = next.high;
    }
    return false;
}

static int64_t search_up(struct naive *naive, uint64_t from, uint64_t begin, uint64_t end,
                         uint64_t length) {
    uint64_t at = from;
    if (!walk_up(naive, &at, end, length)) {
        if (from == begin) return -ENOMEM;
        at = begin;
        naive->hole = 0;
        if (!walk_up(naive, &at, end, length)) return -ENOMEM;
    }
    naive->cache = at + length;
    return (int64_t)at;
}

static bool is_low(const struct naive *naive, const struct naive_request *request) {
    return !naive->task32 && request->flags & NAIVE_32BIT;
}

static int64_t up(struct naive *naive, const struct naive_request *request) {
    uint64_t begin = naive_third(naive), end = naive->task_size;
    if (is_low(naive, request)) {
        begin = 0x40000000;
        end = 0x80000000;
        if (naive->randomized && naive->random_32bit)
            begin = naive_randomize(begin, begin + 0x02000000, 0, request->random[0]);
    }
    if (request->length > end) return -ENOMEM;
    if (request->hint && request->hint <= end - request->length &&
        naive_is_free(naive, request->hint, request->hint + request->length))
        return (int64_t)request->hint;
    /* The 64-bit kernel asks what the hole is good for only when low memory is scarce; and it
     * forgets its cache at once, the other one only when the search has found something. */
    const bool asks = naive->kernel32 || naive->task32 || request->flags & NAIVE_32BIT;
    const bool anew = asks && request->length <= naive->hole;
    if (anew) naive->hole = 0;
    if (anew && !naive->kernel32) naive->cache = begin;
    const uint64_t from = anew || naive->cache < begin ? begin : naive->cache;
    return search_up(naive, from, begin, end, request->length);
}

static int64_t give_up_downwards(struct naive *naive, const struct naive_request *request) {
    hole_is_unknown(naive);
    naive->cache = naive_third(naive);
    const int64_t address = up(naive, request);
    naive->cache = naive->base;
    hole_is_unknown(naive);
    return address;
}

/* From [at, at + length) down, each try right below the mapping that was in the way. */
static bool walk_down(struct naive *naive, uint64_t at, uint64_t length) {
    struct naive_run next;
    for (;;) {
        if (!naive_next(naive, at, &next) || at + length <= next.low) {
            if (naive->keeps_minimum && at < naive->minimum) return false;
            naive->cache = at;
            return true;
        }
        remember_hole(naive, at, next.low);
        if (next.low <= length) return false;
        at = next.low - length;
    }
}

/* To 3.3. Right below the cache, or anywhere from the base down. */
static bool search_down_once(struct naive *naive, uint64_t length) {
    const uint64_t at = naive->cache - length;
    const bool fits = naive->cache > length && naive_is_free(naive, at, naive->cache);
    if (fits && !(naive->keeps_minimum && at < naive->minimum)) {
        naive->cache = at;
        return true;
    }
    return naive->base >= length && walk_down(naive, naive->base - length, length);
}

/* 3.4 to 3.7. Anywhere from the cache down, then anywhere from the base down. */
static bool search_down_twice(struct naive *naive, uint64_t length) {
    const uint64_t from = naive->cache;
    if (from >= length && walk_down(naive, from - length, length)) return true;
    if (from == naive->base) return false;
    naive->cache = naive->base;
    naive->hole = 0;
    return naive->base >= length && walk_down(naive, naive->base - length, length);
}

static int64_t down(struct naive *naive, const struct naive_request *request) {
    if (is_low(naive, request)) return give_up_downwards(naive, request);
    if (request->hint && request->hint <= naive->task_size - request->length &&
        naive_is_free(naive, request->hint, request->hint + request->length))
        return (int64_t)request->hint;
    if (request->length <= naive->hole) {
        naive->hole = 0;
        naive->cache = naive->base;
    }
    const bool found = naive->era == NAIVE_CACHE ? search_down_once(naive, request->length)
                                                 : search_down_twice(naive, request->length);
    return found ? (int64_t)naive->cache : give_up_downwards(naive, request);
}

int64_t naive_cache_search(struct naive *naive, const struct naive_request *request) {
    return naive->down ? down(naive, request) : up(naive, request);
}

/* What a process that goes up was told is the end of the mapping before the hole, one that goes
 * down the start of the mapping behind it: not what was unmapped. */
void naive_cache_unmapped(struct naive *naive, uint64_t low, uint64_t high) {
    struct naive_run next;
    if (naive->down) {
        const uint64_t told = naive_next(naive, high, &next) ? next.low : naive->base;
        if (told > naive->cache) naive->cache = told;
        if (naive->cache > naive->base) naive->cache = naive->base;
        return;
    }
    uint64_t told = low;
    while (told > 0 && !naive->page[told / PAGE - 1]) told -= PAGE;
    if (!told) told = naive->base;
    if (told >= naive_third(naive) && told < naive->cache) {
        naive->cache = told;
        hole_is_unknown(naive);
    }
}

enum { SHIELD_TOP = 0x01000000, SHIELD_HEAP = 0x08000000 };

static bool fits(const struct naive *naive, uint64_t at, uint64_t length) {
    return at <= naive->task_size - length && naive_is_free(naive, at, at + length);
}

/* The lowest place above the base of libraries, the end of the address space if there is none. */
static uint64_t first_fit(const struct naive *naive, uint64_t length) {
    uint64_t at = naive->library;
    while (at <= naive->task_size - length && !naive_is_free(naive, at, at + length)) at += PAGE;
    return at;
}

int64_t naive_exec_search(struct naive *naive, const struct naive_request *request) {
    const uint64_t length = request->length;
    uint64_t wish = request->hint;
    if (!wish)
        wish = naive->randomized
                   ? naive_randomize(naive->library, SHIELD_TOP, length, request->random[0])
                   : naive->library;
    if (wish && fits(naive, naive_page_up(wish), length)) return (int64_t)naive_page_up(wish);
    const uint64_t at = first_fit(naive, length);
    if (at > naive->task_size - length) return -ENOMEM;
    if (at + length > naive->brk) return naive_cache_search(naive, request);
    if (at < SHIELD_TOP || !naive->randomized) return (int64_t)at;
    const uint64_t top = naive_page_up(naive->heap > SHIELD_HEAP ? naive->heap : SHIELD_HEAP);
    wish = naive_randomize(SHIELD_TOP, top, length, request->random[1]);
    return (int64_t)(fits(naive, wish, length) ? wish : at);
}
