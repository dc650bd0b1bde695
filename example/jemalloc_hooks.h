/* SPDX-License-Identifier: MIT */
/* jemalloc's extent hooks on hardpan's verbs, for one reservation. Space is handed out once; what
 * jemalloc frees it keeps and uses again, decommitted meanwhile: no hook for dalloc and destroy. */
#ifndef EXAMPLE_JEMALLOC_HOOKS_H
#define EXAMPLE_JEMALLOC_HOOKS_H

#include <hardpan.h>
#include <jemalloc/jemalloc.h>

struct heap {
    extent_hooks_t hooks; /* first: jemalloc hands every hook the address of this */
    struct hp_vm_region region;
    uintptr_t next;
};

static void *heap_alloc(extent_hooks_t *hooks, void *wish, size_t size, size_t align, bool *zero,
                        bool *commit, unsigned arena) {
    struct heap *heap = (struct heap *)hooks;
    const uintptr_t end = (uintptr_t)heap->region.base + heap->region.size;
    uintptr_t was = __atomic_load_n(&heap->next, __ATOMIC_RELAXED), at;
    (void)arena;
    do {
        at = (was + align - 1) & ~(uintptr_t)(align - 1);
        if ((wish && (uintptr_t)wish != at) || at > end || size > end - at) return 0;
    } while (!__atomic_compare_exchange_n(&heap->next, &was, at + size, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    *zero = true; /* never used before */
    return *commit && hp_vm_commit(&heap->region, (void *)at, size, 0) < 0 ? 0 : (void *)at;
}

/* jemalloc's true is "it failed". Bytes purged by force read zero and stay Ready. */
#define HEAP_HOOK(name, answer)                                                                    \
    static bool name(extent_hooks_t *hooks, void *extent, size_t size, size_t offset,              \
                     size_t length, unsigned arena) {                                              \
        struct hp_vm_region *region = &((struct heap *)hooks)->region;                             \
        unsigned char *at = (unsigned char *)extent + offset;                                      \
        return (void)size, (void)arena, (answer);                                                  \
    }
HEAP_HOOK(heap_commit, hp_vm_commit(region, at, length, 0) < 0)
HEAP_HOOK(heap_decommit, hp_vm_decommit(region, at, length, HP_VM_HARD) < 0)
HEAP_HOOK(heap_purge_lazy, hp_vm_discard(region, at, length) < 0)
HEAP_HOOK(heap_purge_forced,
          hp_vm_decommit(region, at, length, 0) < 0 || hp_vm_commit(region, at, length, 0) < 0)

/* One reservation: it may be cut anywhere, and what lies in a row is one piece. */
static bool heap_split(extent_hooks_t *hooks, void *at, size_t size, size_t head, size_t tail,
                       bool committed, unsigned arena) {
    (void)hooks, (void)at, (void)size, (void)head, (void)tail, (void)committed, (void)arena;
    return false;
}
static bool heap_merge(extent_hooks_t *hooks, void *a, size_t a_size, void *b, size_t b_size,
                       bool committed, unsigned arena) {
    (void)hooks, (void)a, (void)a_size, (void)b, (void)b_size, (void)committed, (void)arena;
    return false;
}
static const extent_hooks_t heap_hooks = {
    heap_alloc,        0,          0,         heap_commit, heap_decommit, heap_purge_lazy,
    heap_purge_forced, heap_split, heap_merge};

#endif
