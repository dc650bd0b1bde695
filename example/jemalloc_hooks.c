/* SPDX-License-Identifier: MIT */
/* An arena of jemalloc's that lies wholly in a reservation of ours. */
#include "jemalloc_hooks.h"

#include <stdio.h>
#include <string.h>

enum { BLOCKS = 10000 };

static struct heap heap;

/* How many of the blocks lie in the reservation and still hold what was written. */
static int use(unsigned arena) {
    static unsigned char *blocks[BLOCKS];
    const int flags = MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
    int good = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = mallocx(i * 17 % 5000 + 1, flags);
        if (blocks[i]) memset(blocks[i], (int)i, i * 17 % 5000 + 1);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (!blocks[i]) continue;
        const uintptr_t offset = (uintptr_t)blocks[i] - (uintptr_t)heap.region.base;
        good += offset < heap.region.size && blocks[i][i * 17 % 5000] == (unsigned char)i;
        dallocx(blocks[i], flags);
    }
    return good;
}

int main(void) {
    const struct hp_vm_request request = {.size = (size_t)16 << 30, .least = 64 << 20};
    const int answer = hp_vm_reserve(&request, &heap.region);
    if (answer < 0) return printf("no heap: %s\n", hp_error_text(answer)), 1;
    heap.hooks = heap_hooks;
    heap.next = (uintptr_t)heap.region.base;

    unsigned arena;
    size_t size = sizeof arena;
    extent_hooks_t *hooks = &heap.hooks;
    if (mallctl("arenas.create", &arena, &size, &hooks, sizeof hooks)) return 1;
    const int good = use(arena);
    printf("%d of %d blocks in the reservation, %zu of its %zu bytes handed out\n", good, BLOCKS,
           (size_t)(heap.next - (uintptr_t)heap.region.base), heap.region.size);

    char name[64];
    snprintf(name, sizeof name, "arena.%u.destroy", arena);
    if (mallctl(name, 0, 0, 0, 0)) return 1;
    return hp_vm_release(&heap.region) == 0 && good == BLOCKS ? 0 : 1;
}
