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
    uint64_t length; /* with what the alignment may need, and a gap before a shadow stack */
    bool clear;
};

static bool lowest(const struct naive *naive, const struct area *area, uint64_t *at) {
    for (*at = area->low; *at + area->length <= area->high; *at += PAGE)
        if (fits(naive, *at, *at + area->length, area->clear)) return true;
    return false;
}

static bool highest(const struct naive *naive, const struct area *area, uint64_t *end) {
    for (*end = area->high; *end >= area->low + area->length; *end -= PAGE)
        if (fits(naive, *end - area->length, *end, area->clear)) return true;
    return false;
}

static uint64_t beyond(uint64_t value, const struct naive_request *request) {
    return request->align ? (value - request->phase) % request->align : 0;
}

static uint64_t short_of(uint64_t value, const struct naive_request *request) {
    return request->align ? (request->phase - value) % request->align : 0;
}

static struct area area_of(const struct naive *naive, const struct naive_request *request,
                           uint64_t low, uint64_t high) {
    struct area area = {low, high, request->length + request->start_gap, naive->era == NAIVE_TREE};
    if (request->align) area.length += request->align - PAGE;
    if (naive->keeps_minimum && area.low < naive->minimum) area.low = naive->minimum;
    return area;
}

/* Alignment slack is counted against the guard as if it were used. */
static int64_t gap_up(const struct naive *naive, const struct naive_request *request, uint64_t low,
                      uint64_t high) {
    struct area area = area_of(naive, request, low, high);
    struct naive_run next;
    uint64_t at;
    while (lowest(naive, &area, &at)) {
        uint64_t address = at + request->start_gap;
        address += short_of(address, request);
        const bool blocked = !area.clear && naive_next(naive, at + area.length, &next) &&
                             guarded(naive, &next) < address + area.length - 1 &&
                             next.word & (NAIVE_GROWS_DOWN | NAIVE_SHADOW_STACK);
        if (!blocked) return (int64_t)address;
        area.low = next.high;
    }
    return -ENOMEM;
}

static int64_t gap_down(const struct naive *naive, const struct naive_request *request,
                        uint64_t low, uint64_t high) {
    struct area area = area_of(naive, request, low, high);
    struct naive_run next;
    uint64_t end;
    while (highest(naive, &area, &end)) {
        const uint64_t address = end - request->length;
        if (!naive_next(naive, end, &next) || guarded(naive, &next) >= end || area.clear)
            return (int64_t)(address - beyond(address, request));
        area.high = guarded(naive, &next);
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
    return gap_up(naive, request, begin, end);
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
    const int64_t address = gap_down(naive, request, low, naive->base + more);
    return address == -ENOMEM ? up(naive, request) : address;
}

int64_t naive_gap_search(struct naive *naive, const struct naive_request *request) {
    return naive->down ? down(naive, request) : up(naive, request);
}
