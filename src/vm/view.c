/* SPDX-License-Identifier: MIT */
/* What is mapped where: answers that hold when they are given, and are no promise for later. */
#include <fcntl.h>

#include "walk.h"

int hp_vm_view_open(struct hp_vm_view *view) {
    view->fd = hp_sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
    return view->fd < 0 ? view->fd : 0;
}

void hp_vm_view_close(struct hp_vm_view *view) {
    if (view->fd >= 0) hp_sys_close(view->fd);
    view->fd = -1;
}

static void describe(uintptr_t low, uintptr_t end, const struct hp_mapping *next,
                     struct hp_vm_span *span) {
    span->low = low;
    span->mapped = next && next->low <= low;
    span->high = !next ? end : span->mapped ? next->high : next->low;
    if (span->high > end) span->high = end;
    span->protection = span->mapped ? next->protection : 0;
}

int hp_vm_query(const struct hp_vm_view *view, uintptr_t low, size_t size,
                struct hp_vm_span *span) {
    uintptr_t end;
    struct hp_mapping next;
    struct hp_vm_walk walk;
    if (!size || !hp_is_aligned(low, hp_vm_page()) || !hp_add(low, size, &end)) return -EINVAL;
    hp_vm_walk_begin(&walk, view, size);
    const int answer = hp_vm_walk_next(&walk, low, end, &next);
    hp_vm_walk_end(&walk);
    if (answer < 0) return answer;
    describe(low, end, answer ? &next : 0, span);
    return 0;
}

int hp_vm_is_all(const struct hp_vm_view *view, uintptr_t low, size_t size, int mapped) {
    const uintptr_t end = low + size;
    struct hp_vm_walk walk;
    int answer = 1;
    hp_vm_walk_begin(&walk, view, size);
    while (low < end && answer == 1) {
        struct hp_mapping next;
        struct hp_vm_span span;
        answer = hp_vm_walk_next(&walk, low, end, &next);
        if (answer < 0) break;
        describe(low, end, answer ? &next : 0, &span);
        answer = span.mapped == mapped;
        low = span.high;
    }
    hp_vm_walk_end(&walk);
    return answer;
}
