/* SPDX-License-Identifier: MIT */
/* What all eras share: pages, the order of the checks in mmap, munmap, brk. */
#include "naive.h"

#include <errno.h>

uint64_t naive_page_up(uint64_t value) { return (value + PAGE - 1) / PAGE * PAGE; }

uint64_t naive_third(const struct naive *naive) { return naive_page_up(naive->task_size / 3); }

uint64_t naive_randomize(uint64_t low, uint64_t high, uint64_t length, uint32_t random) {
    if (high <= low + length) return 0;
    return naive_page_up(low + random % (high - length - low));
}

bool naive_next(const struct naive *naive, uint64_t at, struct naive_run *run) {
    size_t first = at / PAGE;
    while (first < naive->pages && !naive->page[first]) first++;
    if (first >= naive->pages) return false;
    size_t end = first;
    run->word = naive->page[first];
    while (first > 0 && naive->page[first - 1] == run->word) first--;
    while (end < naive->pages && naive->page[end] == run->word) end++;
    run->low = (uint64_t)first * PAGE;
    run->high = (uint64_t)end * PAGE;
    return true;
}

bool naive_is_free(const struct naive *naive, uint64_t low, uint64_t high) {
    for (uint64_t at = low; at < high && at / PAGE < naive->pages; at += PAGE)
        if (naive->page[at / PAGE]) return false;
    return true;
}

static bool has_cache(const struct naive *naive) { return naive->era <= NAIVE_CACHE_TWICE; }

/* Any FIXED address is handed through as it is; the checks of naive_where find out. */
static int64_t search(struct naive *naive, const struct naive_request *request) {
    if (request->flags & NAIVE_OWN) return request->own;
    if (request->flags & NAIVE_FIXED) return (int64_t)request->hint;
    if (!has_cache(naive)) return naive_gap_search(naive, request);
    if ((request->flags & NAIVE_EXECUTE) && naive->exec_area)
        return naive_exec_search(naive, request);
    return naive_cache_search(naive, request);
}

/* An address is told from an error by being none of the last 4095 numbers. */
static bool is_error(int64_t address) { return (uint64_t)address >= (uint64_t)-4095; }

int64_t naive_where(struct naive *naive, const struct naive_request *request) {
    struct naive_request rounded = *request;
    if (!request->length) return -EINVAL;
    if (!(request->flags & NAIVE_FIXED)) {
        rounded.hint = request->hint / PAGE * PAGE;
        if (rounded.hint && rounded.hint < naive->minimum)
            rounded.hint = naive_page_up(naive->minimum);
    }
    rounded.length = naive_page_up(request->length);
    if (rounded.length < request->length || rounded.length > naive->task_size) return -ENOMEM;
    const int64_t address = search(naive, &rounded);
    if (is_error(address)) return address;
    if ((uint64_t)address > naive->task_size - rounded.length) return -ENOMEM;
    if (address % PAGE) return -EINVAL;
    if ((request->flags & NAIVE_NOREPLACE) &&
        !naive_is_free(naive, (uint64_t)address, (uint64_t)address + rounded.length))
        return -EEXIST;
    return address;
}

static void fill(struct naive *naive, uint64_t low, uint64_t high, naive_word word) {
    for (uint64_t at = low; at < high; at += PAGE)
        if (at / PAGE < naive->pages) naive->page[at / PAGE] = word;
}

int64_t naive_unmap(struct naive *naive, uint64_t at, uint64_t length) {
    if (at % PAGE || at > naive->task_size || length > naive->task_size - at) return -EINVAL;
    const uint64_t high = at + naive_page_up(length);
    if (high == at) return -EINVAL;
    if (naive_is_free(naive, at, high)) return 0;
    fill(naive, at, high, 0);
    if (has_cache(naive)) naive_cache_unmapped(naive, at, high);
    return 0;
}

int64_t naive_map(struct naive *naive, const struct naive_request *request) {
    const int64_t address = naive_where(naive, request);
    if (is_error(address)) return address;
    const uint64_t low = (uint64_t)address, high = low + naive_page_up(request->length);
    if (request->flags & NAIVE_FIXED) naive_unmap(naive, low, high - low);
    fill(naive, low, high, request->word);
    return address;
}

/* A page must stay free above the new end, and the guard of what follows, where there is one. */
static bool may_grow(const struct naive *naive, uint64_t from, uint64_t to) {
    struct naive_run next;
    if (to > naive->task_size) return false;
    if (!naive_next(naive, from, &next)) return true;
    uint64_t guard = next.word & NAIVE_SHADOW_STACK ? PAGE : 0;
    if (next.word & NAIVE_GROWS_DOWN) guard = naive->guard;
    return to + PAGE + guard <= next.low;
}

uint64_t naive_brk(struct naive *naive, uint64_t brk, naive_word word) {
    if (brk < naive->heap) return naive->brk;
    const uint64_t from = naive_page_up(naive->brk), to = naive_page_up(brk);
    if (to < from) {
        if (naive_unmap(naive, to, from - to)) return naive->brk;
    } else if (to > from) {
        if (!may_grow(naive, from, to)) return naive->brk;
        fill(naive, from, to, word);
    }
    return naive->brk = brk;
}
