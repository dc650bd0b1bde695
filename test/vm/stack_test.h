/* SPDX-License-Identifier: MIT */
/* One pool for each test, and the short words for it. */
#ifndef STACK_TEST_H
#define STACK_TEST_H

#include "vm_test.h"

static struct hp_stack_pool pool;

static inline void opened(size_t size, size_t slab, unsigned colours) {
    const struct hp_stack_request request = {.size = size, .slab = slab, .colours = colours};
    has(); /* probing is not to be counted */
    assert_int_equal(hp_stack_open(&pool, &request), 0);
}

static inline struct hp_stack taken(void) {
    struct hp_stack stack;
    assert_int_equal(hp_stack_take(&pool, &stack), 0);
    return stack;
}

static inline void given(const struct hp_stack *stack) {
    assert_int_equal(hp_stack_give(&pool, stack), 0);
}

static inline void closed(void) { assert_int_equal(hp_stack_close(&pool), 0); }

/* Takes `count`, or as many as there are. */
static inline size_t take_many(struct hp_stack *stacks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (hp_stack_take(&pool, &stacks[i]) < 0) return i;
    return count;
}

static inline void give_many(const struct hp_stack *stacks, size_t count) {
    for (size_t i = 0; i < count; i++) given(&stacks[i]);
}

static inline bool guards_are_free(void) { return has() & HP_VM_HAS_GUARD; }

#endif
