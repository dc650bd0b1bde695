/* SPDX-License-Identifier: MIT */
/* Growth is a frontier: commit at the edge of what is committed adds no mapping, and doubling keeps
 * the number of calls logarithmic where nobody knows how much it will be. */
#include <hardpan/arena.h>
#include <string.h>

#include "vm.h"

enum { ALIGN_USUAL = 16, STEP_USUAL = 64 << 10, STEP_MOST_USUAL = 64 << 20 };

static unsigned char *end_of(const struct hp_arena *arena) {
    return arena->region.base + arena->region.size;
}

int hp_arena_open(struct hp_arena *arena, const struct hp_arena_request *request) {
    struct hp_arena opened = {0};
    const size_t most = request->step_most ? request->step_most : STEP_MOST_USUAL;
    const size_t usual = most < STEP_USUAL ? most : STEP_USUAL;
    const size_t step = request->step ? request->step : usual;
    if (!hp_align_up(step, hp_vm_page(), &opened.step) || most < step) return -EINVAL;
    opened.step_most = most > opened.step ? most : opened.step;
    const int answer = hp_vm_reserve(&request->space, &opened.region);
    if (answer < 0) return answer;
    opened.next = opened.ready = opened.dirty = opened.region.base;
    *arena = opened;
    return 0;
}

/* The commit charge may have room for what is needed and not for a whole step. */
static int commit_up_to(struct hp_arena *arena, size_t needed) {
    const size_t left = (size_t)(end_of(arena) - arena->ready);
    size_t size = needed > arena->step ? needed : arena->step;
    if (size > left) size = left;
    int answer = hp_vm_commit(&arena->region, arena->ready, size, 0);
    arena->commits++;
    if (answer < 0 && size > needed) {
        size = needed;
        answer = hp_vm_commit(&arena->region, arena->ready, size, 0);
        arena->commits++;
    }
    if (answer >= 0) arena->ready += size;
    return answer;
}

static int grow(struct hp_arena *arena, const unsigned char *end) {
    if (end <= arena->ready) return 0;
    const size_t page = hp_vm_page();
    const size_t needed = ((size_t)(end - arena->ready) + page - 1) & ~(page - 1);
    const int answer = commit_up_to(arena, needed);
    if (answer >= 0 && arena->step <= arena->step_most / 2) arena->step *= 2;
    return answer;
}

int hp_arena_take(struct hp_arena *arena, size_t size, size_t align, void **at) {
    uintptr_t low, high;
    if (!align) align = ALIGN_USUAL;
    if (!size || !hp_is_power_of_two(align)) return -EINVAL;
    if (!hp_align_up((uintptr_t)arena->next, align, &low) || !hp_add(low, size, &high))
        return -ENOSPC;
    if (high > (uintptr_t)end_of(arena)) return -ENOSPC;
    const int answer = grow(arena, (unsigned char *)high);
    if (answer < 0) return answer;
    const bool zero = low >= (uintptr_t)arena->dirty;
    arena->next = (unsigned char *)high;
    if (arena->dirty < arena->next) arena->dirty = arena->next;
    *at = (void *)low;
    return zero ? HP_VM_ZERO : 0;
}

size_t hp_arena_mark(const struct hp_arena *arena) {
    return (size_t)(arena->next - arena->region.base);
}

/* Gives back from `at` on. A page that was never taken from was never touched either, but it is
 * committed: what is given back is all of it, so that the frontier stays one edge. */
static int give_back(struct hp_arena *arena, unsigned char *at) {
    if (at >= arena->ready) return 0;
    const int answer = hp_vm_decommit(&arena->region, at, (size_t)(arena->ready - at), 0);
    if (answer < 0) return answer;
    arena->decommits++;
    arena->ready = at;
    if (arena->dirty > at) arena->dirty = at;
    return 0;
}

int hp_arena_reset(struct hp_arena *arena, size_t mark, size_t keep) {
    const size_t size = arena->region.size;
    uintptr_t kept;
    if (!size || mark > hp_arena_mark(arena)) return -EINVAL;
    if (!hp_add(mark, keep, &kept) || kept > size) kept = size;
    hp_align_up(kept, hp_vm_page(), &kept);
    const int answer = give_back(arena, arena->region.base + kept);
    if (answer < 0) return answer;
    arena->next = arena->region.base + mark;
    if (keep || arena->dirty <= arena->next) return 0;
    memset(arena->next, 0, (size_t)(arena->dirty - arena->next));
    arena->dirty = arena->next;
    return 0;
}

int hp_arena_close(struct hp_arena *arena) {
    const int answer = hp_vm_release(&arena->region);
    if (answer == 0) *arena = (struct hp_arena){0};
    return answer;
}
