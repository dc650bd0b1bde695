/* SPDX-License-Identifier: MIT */
/* From 3.8: the lowest or the highest gap, found anew each time. The tree counts a gap without the
 * guard of what lies behind it; the maple tree finds a gap first and looks at that guard later. */
#include <errno.h>

#include "naive.h"

static uint64_t guarded(const struct naive *naive, const struct naive_run *run) {
    uint64_t guard = 0;
    if (run->word & NAIVE_SHADOW_STACK) guard = PAGE;
    if (run->word & NAIVE_GROWS_DOWN) guard = naive->guard;
    return run->low > guard ? run->low - guard : 0;
}

/* [low, high) is free, and in the tree clear of the next guard too. */
static bool fits(const struct naive *naive, uint64_t low, uint64_t high, bool clear) {
    struct naive_run next;
    if (!naive_is_free(naive, low, high)) return false;
    return !clear || !naive_next(naive, high, &next) || high <= guarded(naive, &next);
}

struct area {
    uint64_t low, high;
    uint64_t length;
    bool clear;
};

static bool lowest(const struct naive *naive, const struct area *area, uint64_t *at) {
    for (*at = area->low; *at + area->length <= area->high; *at += PAGE)
        if (fits(naive, *at, *at + area->length, area->clear)) return true;
    return false;
}

/* A window that is too short for the length is none, except in 6.1 where it is the lower part of
 * a gap: then what is free from its start on decides, and it may begin below. */
static bool is_lent(const struct naive *naive, const struct area *area) {
    if (naive->era != NAIVE_MAPLE || naive->keeps_minimum) return false;
    if (area->low >= area->high || area->length > area->high) return false;
    return naive_is_free(naive, area->low, area->low + area->length) &&
           naive_is_free(naive, area->high - area->length, area->high + PAGE);
}

static bool highest(const struct naive *naive, const struct area *area, uint64_t *end) {
    *end = area->high;
    if (is_lent(naive, area)) return true;
    for (*end = area->high; *end >= area->low + area->length; *end -= PAGE)
        if (fits(naive, *end - area->length, *end, area->clear)) return true;
    return false;
}

static struct area area_of(const struct naive *naive, uint64_t length, uint64_t low,
                           uint64_t high) {
    struct area area = {low, high, length, naive->era == NAIVE_TREE};
    if (naive->keeps_minimum && area.low < naive->minimum) area.low = naive->minimum;
    return area;
}

/* The mapping behind is looked at only when its kind keeps something free; its last byte may be the
 * guard's first. */
static int64_t gap_up(const struct naive *naive, uint64_t length, uint64_t low, uint64_t high) {
    struct area area = area_of(naive, length, low, high);
    struct naive_run next;
    uint64_t at;
    while (lowest(naive, &area, &at)) {
        const bool blocked = !area.clear && naive_next(naive, at + length, &next) &&
                             next.word & (NAIVE_GROWS_DOWN | NAIVE_SHADOW_STACK) &&
                             guarded(naive, &next) < at + length - 1;
        if (!blocked) return (int64_t)at;
        area.low = next.high;
    }
    return -ENOMEM;
}

/* Below a guard that begins at 0 the last byte that may be used is number -1, so the highest gap is
 * behind the address space. */
static int64_t gap_down(const struct naive *naive, uint64_t length, uint64_t low, uint64_t high) {
    struct area area = area_of(naive, length, low, high);
    struct naive_run next;
    uint64_t end;
    while (highest(naive, &area, &end)) {
        if (area.clear || !naive_next(naive, end, &next) || guarded(naive, &next) >= end)
            return (int64_t)(end - length);
        area.high = guarded(naive, &next);
        if (!area.high) return (int64_t)naive->task_size;
    }
    return -ENOMEM;
}

static bool is_low(const struct naive *naive, const struct naive_request *request) {
    return !naive->task32 && request->flags & NAIVE_32BIT;
}

/* Behind the hint there must be room to the next guard. */
static bool hint_is_free(const struct naive *naive, uint64_t hint, uint64_t length) {
    return fits(naive, hint, hint + length, true);
}

static uint64_t low_start(const struct naive *naive, const struct naive_request *request) {
    if (!naive->randomized) return 0x40000000;
    return 0x40000000 + (uint64_t)(request->random[0] % 0x2000) * PAGE;
}

static int64_t up(const struct naive *naive, const struct naive_request *request) {
    const uint64_t length = request->length;
    uint64_t begin = naive->legacy;
    uint64_t end = request->hint > naive->window ? naive->task_size : naive->window;
    if (is_low(naive, request)) begin = low_start(naive, request), end = 0x80000000;
    if (length > end) return -ENOMEM;
    if (request->hint && request->hint <= end - length &&
        hint_is_free(naive, request->hint, length))
        return (int64_t)request->hint;
    return gap_up(naive, length, begin, end);
}

static bool hint_is_valid(const struct naive *naive, uint64_t hint, uint64_t length) {
    return hint && hint <= naive->task_size - length &&
           (hint > naive->window) == (hint + length > naive->window);
}

static int64_t down(const struct naive *naive, const struct naive_request *request) {
    if (is_low(naive, request)) return up(naive, request);
    if (hint_is_valid(naive, request->hint, request->length) &&
        hint_is_free(naive, request->hint, request->length))
        return (int64_t)request->hint;
    const uint64_t low = request->flags & NAIVE_ABOVE4G ? (uint64_t)1 << 32 : PAGE;
    const uint64_t more = request->hint > naive->window ? naive->task_size - naive->window : 0;
    const int64_t address = gap_down(naive, request->length, low, naive->base + more);
    return address == -ENOMEM ? up(naive, request) : address;
}

static int64_t plain(const struct naive *naive, const struct naive_request *request) {
    return naive->down ? down(naive, request) : up(naive, request);
}

/* thp_get_unmapped_area: room for one huge page more, and up to the next multiple in it; top-down
 * also when it is one already. Without such room, as ever. */
static int64_t huge(const struct naive *naive, const struct naive_request *request) {
    struct naive_request padded = *request;
    padded.length += naive->huge;
    const int64_t at = plain(naive, &padded);
    if (at < 0) {
        padded = *request;
        padded.random[0] = request->random[1];
        return plain(naive, &padded);
    }
    const int64_t size = (int64_t)naive->huge, past = at % size;
    if (!past) return naive->down ? at + size : at;
    return at + size - past;
}

int64_t naive_gap_search(struct naive *naive, const struct naive_request *request) {
    const bool is_huge = naive->huge && !request->hint && request->length % naive->huge == 0;
    return is_huge ? huge(naive, request) : plain(naive, request);
}
