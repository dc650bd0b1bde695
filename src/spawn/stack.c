/* SPDX-License-Identifier: MIT */
/* The stacks that children begin on. A child in its parent's memory cannot use the parent's stack:
 * what it leaves there, the parent finds. Guarded, and kept for the next, so that a start is no
 * mapping. */
#include "spawn.h"

/* A start takes 10 KiB of it, the deepest call of a child 2. */
enum { STACK_BYTES = 32 << 10, SLAB_BYTES = 8 << 20 };

static struct hp_stack_pool pool;
static struct hp_lock opening;
static bool is_open;

static int open_pool(void) {
    static const struct hp_stack_request request = {
        .size = STACK_BYTES, .slab = SLAB_BYTES, .colours = 1, .name = "hardpan children"};
    hp_lock(&opening);
    const int answer = is_open ? 0 : hp_stack_open(&pool, &request);
    if (answer == 0) __atomic_store_n(&is_open, true, __ATOMIC_RELEASE);
    hp_unlock(&opening);
    return answer;
}

int hp_spawn_stack_take(struct hp_stack *stack) {
    if (!__atomic_load_n(&is_open, __ATOMIC_ACQUIRE)) {
        const int answer = open_pool();
        if (answer < 0) return answer;
    }
    return hp_stack_take(&pool, stack);
}

void hp_spawn_stack_give(const struct hp_stack *stack) { hp_stack_give(&pool, stack); }
