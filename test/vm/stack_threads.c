/* SPDX-License-Identifier: MIT */
/* Threads take, give and trim at once: each stack has one owner at a time. */
#include "stack_test.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 4, HELD = 50, ROUNDS = 20000 };
static int collisions, over;

static void own(const struct hp_stack *stack, uint64_t who) {
    memcpy(stack->low, &who, sizeof who);
    memcpy(stack->low + stack->size - sizeof who, &who, sizeof who);
}

static bool is_own(const struct hp_stack *stack, uint64_t who) {
    return memcmp(stack->low, &who, sizeof who) == 0 &&
           memcmp(stack->low + stack->size - sizeof who, &who, sizeof who) == 0;
}

static void *take_and_give(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    struct hp_stack held[HELD];
    size_t count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 1103515245 + 12345;
        if (count < HELD && seed >> 16 & 1) {
            if (hp_stack_take(&pool, &held[count]) < 0) continue;
            own(&held[count], (uint64_t)(uintptr_t)argument << 32 | held[count].id);
            count++;
        } else if (count) {
            const size_t which = (seed >> 17) % count;
            const struct hp_stack stack = held[which];
            held[which] = held[--count];
            if (!is_own(&stack, (uint64_t)(uintptr_t)argument << 32 | stack.id) ||
                hp_stack_give(&pool, &stack) != 0)
                __atomic_fetch_add(&collisions, 1, __ATOMIC_RELAXED);
        }
    }
    while (count) hp_stack_give(&pool, &held[--count]);
    return 0;
}

static void *trim_on_and_on(void *argument) {
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        hp_stack_trim(&pool, 20);
        sched_yield();
    }
    return argument;
}

static void threads_share_a_pool(void **state) {
    (void)state;
    pthread_t threads[THREADS], trimmer;
    collisions = over = 0;
    opened(16 * KIB, 2 * MIB, 0);
    assert_int_equal(pthread_create(&trimmer, 0, trim_on_and_on, 0), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], 0, take_and_give, (void *)(i + 1)), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], 0), 0);
    __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
    assert_int_equal(pthread_join(trimmer, 0), 0);
    assert_int_equal(collisions, 0);
    assert_in_range(pool.made, 1, THREADS * HELD + 2 * 64);
    closed();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(threads_share_a_pool, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
