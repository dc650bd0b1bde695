/* SPDX-License-Identifier: MIT */
/* hp_stack: guards that hold, a cache that is exact about what it hands out, and what each
 * costs. */
#include "stack_test.h"

#include <pthread.h>
#include <signal.h>

static void a_stack_is_writable_and_its_guard_is_not(void **state) {
    (void)state;
    static const unsigned missing[] = {0, HP_VM_HAS_GUARD, HP_VM_HAS_BATCH,
                                       HP_VM_HAS_GUARD | HP_VM_HAS_ADVICE | HP_VM_HAS_ZEROING};
    for (size_t i = 0; i < HP_COUNT(missing); i++) {
        hp_vm_force(missing[i]);
        opened(64 * KIB, 16 * MIB, 1);
        struct hp_stack stacks[100];
        assert_int_equal(take_many(stacks, HP_COUNT(stacks)), HP_COUNT(stacks));
        for (size_t k = 0; k < HP_COUNT(stacks); k++) {
            unsigned char *low = stacks[k].low, *top = low + stacks[k].size;
            assert_int_equal(top - low, 64 * KIB);
            assert_int_equal(peek(low), 0);
            assert_int_equal(peek(top - 1), 0);
            assert_true(poke_zero(low) && poke_zero(top - 1));
            assert_int_equal(peek(low - 1), FAULTS);
            assert_int_equal(peek(low - page()), FAULTS);
        }
        give_many(stacks, HP_COUNT(stacks));
        closed();
    }
}

static void run_over(void) {
    volatile unsigned char *low = taken().low;
    signal(SIGSEGV, SIG_DFL);
    low[0] = 1;
    low[-1] = 1;
}

static void running_over_is_a_signal(void **state) {
    (void)state;
    opened(64 * KIB, 0, 0);
    assert_int_equal(in_child(run_over), 128 + SIGSEGV);
    closed();
}

static void new_ones_come_by_the_run(void **state) {
    (void)state;
    if (!guards_are_free() || !(has() & HP_VM_HAS_BATCH)) return;
    struct hp_stack stacks[128];

    opened(64 * KIB, 16 * MIB, 0);
    const struct mark start = mark();
    stacks[0] = taken(); /* a slab: reserve, no huge pages, head; a run: commit, guards */
    assert_cost(start, 3 + 2, 2);
    if (!totals().batches) return; /* guards one by one on this kernel */
    assert_int_equal(take_many(stacks + 1, 63), 63);
    assert_cost(start, 5, 2);
    assert_int_equal(take_many(stacks + 64, 64), 64); /* commit, its guards away, guards */
    assert_cost(start, 5 + 3, 2);
    give_many(stacks, 128);
    assert_int_equal(take_many(stacks, 128), 128);
    assert_cost(start, 8, 2);
    give_many(stacks, 128);
    closed();
}

static void the_last_given_is_the_next_taken(void **state) {
    (void)state;
    opened(64 * KIB, 0, 0);
    const struct hp_stack a = taken(), b = taken();
    given(&a);
    given(&b);
    assert_int_equal(taken().id, b.id);
    assert_int_equal(taken().id, a.id);
    given(&a);
    given(&b);
    closed();
}

/* What another thread's compare-and-swap is told apart by when the same stack is the head again. */
static void the_head_is_never_the_same_twice(void **state) {
    (void)state;
    opened(64 * KIB, 0, 0);
    const struct hp_stack first = taken();
    given(&first);
    const uint64_t head = pool.cached;
    const struct hp_stack again = taken();
    given(&again);
    assert_int_equal(again.id, first.id);
    assert_int_equal((uint32_t)pool.cached, (uint32_t)head);
    assert_true(pool.cached != head);
    closed();
}

static void tops_have_different_colours(void **state) {
    (void)state;
    enum { LINE = 64, LINES = 64 };
    struct hp_stack stacks[64];
    static const struct {
        unsigned asked, got;
        size_t size;
    } rows[] = {{0, 32, 64 * KIB},  {1, 1, 64 * KIB},     {7, 7, 64 * KIB},
                {64, 64, 64 * KIB}, {1000, 64, 64 * KIB}, {64, 16, 4 * KIB}};
    for (size_t i = 0; i < HP_COUNT(rows); i++) {
        bool seen[LINES] = {0};
        unsigned colours = 0;
        if (page() != 4 * KIB && rows[i].size < page()) continue;
        opened(rows[i].size, 0, rows[i].asked);
        assert_int_equal(take_many(stacks, 64), 64);
        for (size_t k = 0; k < 64; k++) {
            const uintptr_t top = (uintptr_t)stacks[k].low + stacks[k].size;
            assert_int_equal(top % LINE, 0);
            assert_true(stacks[k].size > rows[i].size / 4 * 3);
            colours += !seen[top / LINE % LINES];
            seen[top / LINE % LINES] = true;
        }
        assert_int_equal(colours, rows[i].got);
        give_many(stacks, 64);
        closed();
    }
}

static void giving_what_is_not_taken_is_refused(void **state) {
    (void)state;
    opened(64 * KIB, 0, 0);
    const struct hp_stack stack = taken();
    struct hp_stack other = stack;
    other.low += page();
    assert_int_equal(hp_stack_give(&pool, &other), -EINVAL);
    other = stack;
    other.id += 1000;
    assert_int_equal(hp_stack_give(&pool, &other), -EINVAL);
    other.id = UINT32_MAX;
    assert_int_equal(hp_stack_give(&pool, &other), -EINVAL);
    assert_int_equal(hp_stack_close(&pool), -EBUSY);
    given(&stack);
    assert_int_equal(hp_stack_give(&pool, &stack), -EINVAL);
    closed();
    assert_int_equal(hp_stack_give(&pool, &stack), -EINVAL);
}

static void bad_requests_are_refused(void **state) {
    (void)state;
    static const struct hp_stack_request bad[] = {
        {.size = 0},
        {.size = SIZE_MAX},
        {.size = SIZE_MAX - 65536, .guard = 65536},
        {.size = 65536, .guard = SIZE_MAX},
        {.size = 65536, .slab = 65536},
        {.size = 65536, .flags = HP_VM_STRICT},
    };
    for (size_t i = 0; i < HP_COUNT(bad); i++)
        assert_int_equal(hp_stack_open(&pool, &bad[i]), -EINVAL);
}

static void an_address_has_its_stack(void **state) {
    (void)state;
    struct hp_stack stacks[100], found;
    opened(64 * KIB, 2 * MIB, 0); /* several slabs */
    assert_int_equal(take_many(stacks, 100), 100);
    assert_true(pool.slab_count > 1);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(hp_stack_find(&pool, stacks[i].low, &found), HP_STACK_INSIDE);
        assert_ptr_equal(found.low, stacks[i].low);
        assert_int_equal(found.size, stacks[i].size);
        assert_int_equal(hp_stack_find(&pool, stacks[i].low - 1, &found), HP_STACK_GUARD);
        assert_int_equal(found.id, stacks[i].id);
        assert_int_equal(hp_stack_find(&pool, stacks[i].low + 64 * KIB - 1, &found), 0);
        assert_int_equal(found.id, stacks[i].id);
    }
    assert_int_equal(hp_stack_find(&pool, &found, &found), -ENOENT);
    assert_int_equal(hp_stack_find(&pool, pool.slabs[0], &found), -ENOENT);
    give_many(stacks, 100);
    closed();
}

static void trim_gives_the_cold_ones_back(void **state) {
    (void)state;
    static const unsigned missing[] = {0, HP_VM_HAS_GUARD, HP_VM_HAS_BATCH, HP_VM_HAS_ZEROING};
    for (size_t i = 0; i < HP_COUNT(missing); i++) {
        struct hp_stack stacks[100];
        hp_vm_force(missing[i]);
        opened(64 * KIB, 0, 0);
        assert_int_equal(take_many(stacks, 100), 100);
        for (size_t k = 0; k < 100; k++) memset(stacks[k].low, 7, stacks[k].size);
        give_many(stacks, 100);
        const uint64_t unused = pool.made - 100;
        assert_int_equal(hp_stack_trim(&pool, 10), 90 + unused);
        assert_int_equal(hp_stack_trim(&pool, 10), 0);
        assert_int_equal(pool.trimmed, 90 + unused);
        for (size_t k = 0; k < 100; k++) {
            const struct hp_stack again = taken();
            assert_int_equal(again.id, stacks[99 - k].id);
            assert_int_equal(again.low[again.size - 1], k < 10 ? 7 : 0);
            assert_int_equal(again.low[0], k < 10 ? 7 : 0);
            assert_int_equal(peek(again.low - 1), FAULTS);
        }
        give_many(stacks, 100);
        closed();
    }
}

static void trim_is_a_call_for_64(void **state) {
    (void)state;
    struct hp_stack stacks[256];
    opened(64 * KIB, 0, 0);
    assert_int_equal(take_many(stacks, 256), 256);
    give_many(stacks, 256);
    if (!totals().batches) return;
    const struct mark start = mark();
    assert_int_equal(hp_stack_trim(&pool, 0), 256);
    assert_cost(start, 4, 0);
    taken();
    assert_cost(start, 4 + 2, 0);
    given(&stacks[255]);
    closed();
}

static void a_refused_trim_keeps_the_cache(void **state) {
    (void)state;
    struct hp_stack stacks[64];
    opened(64 * KIB, 0, 0);
    assert_int_equal(take_many(stacks, 64), 64);
    memset(stacks[3].low, 7, 16);
    give_many(stacks, 64);
    open_fail(OPEN_EVERY, 1, EPERM, true);
    assert_true(hp_stack_trim(&pool, 0) < 0);
    open_reset();
    assert_int_equal(take_many(stacks, 64), 64);
    assert_int_equal(pool.made, 64);
    give_many(stacks, 64);
    closed();
}

static void a_refused_commit_of_a_trimmed_one_leaves_it_cached(void **state) {
    (void)state;
    opened(64 * KIB, 0, 0);
    struct hp_stack stack = taken(), none;
    given(&stack);
    assert_true(hp_stack_trim(&pool, 0) > 0);
    open_fail(HP_CALL_mprotect, 1, ENOMEM, false);
    assert_int_equal(hp_stack_take(&pool, &none), -ENOMEM);
    assert_int_equal(taken().id, stack.id);
    given(&stack);
    closed();
}

static void use_the_copy(void) {
    struct hp_stack found, stack;
    MUST(hp_stack_take(&pool, &stack) == 0);
    MUST(stack.low[0] == 7);
    stack.low[0] = 8;
    MUST(peek(stack.low - 1) == FAULTS);
    MUST(hp_stack_find(&pool, stack.low - 1, &found) == HP_STACK_GUARD && found.id == stack.id);
    MUST(hp_stack_give(&pool, &stack) == 0);
    MUST(hp_stack_close(&pool) == 0);
}

static void a_forked_child_has_a_pool_of_its_own(void **state) {
    (void)state;
    static const unsigned refused[] = {HP_VM_NO_FORK, HP_VM_WIPE_ON_FORK};
    for (size_t i = 0; i < HP_COUNT(refused); i++) {
        const struct hp_stack_request request = {.size = 64 * KIB, .flags = refused[i]};
        assert_int_equal(hp_stack_open(&pool, &request), -EINVAL);
    }
    for (int i = 0; i < 2; i++) {
        hp_vm_force(i ? HP_VM_HAS_GUARD : 0);
        const struct hp_stack_request request = {.size = 64 * KIB, .flags = HP_VM_NO_DUMP};
        assert_int_equal(hp_stack_open(&pool, &request), 0);
        const struct hp_stack stack = taken();
        stack.low[0] = 7;
        given(&stack);
        assert_int_equal(in_child(use_the_copy), 0);
        assert_int_equal(taken().low[0], 7);
        given(&stack);
        closed();
    }
}

static void *run_on_it(void *argument) {
    const struct hp_stack *stack = argument;
    volatile unsigned char local[8 * KIB];
    local[0] = local[sizeof local - 1] = 1;
    const uintptr_t here = (uintptr_t)local, low = (uintptr_t)stack->low;
    return here > low && here < low + stack->size ? argument : 0;
}

static void a_thread_runs_on_one(void **state) {
    (void)state;
    opened(4 * MIB, 0, 0); /* a sanitizer's thread wants much */
    struct hp_stack stack = taken();
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = 0;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstack(&attributes, stack.low, stack.size), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_on_it, &stack), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &stack);
    pthread_attr_destroy(&attributes);
    given(&stack);
    closed();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_stack_is_writable_and_its_guard_is_not, fresh),
        cmocka_unit_test_setup(running_over_is_a_signal, fresh),
        cmocka_unit_test_setup(new_ones_come_by_the_run, fresh),
        cmocka_unit_test_setup(the_last_given_is_the_next_taken, fresh),
        cmocka_unit_test_setup(the_head_is_never_the_same_twice, fresh),
        cmocka_unit_test_setup(tops_have_different_colours, fresh),
        cmocka_unit_test_setup(giving_what_is_not_taken_is_refused, fresh),
        cmocka_unit_test_setup(bad_requests_are_refused, fresh),
        cmocka_unit_test_setup(an_address_has_its_stack, fresh),
        cmocka_unit_test_setup(trim_gives_the_cold_ones_back, fresh),
        cmocka_unit_test_setup(trim_is_a_call_for_64, fresh),
        cmocka_unit_test_setup(a_refused_trim_keeps_the_cache, fresh),
        cmocka_unit_test_setup(a_refused_commit_of_a_trimmed_one_leaves_it_cached, fresh),
        cmocka_unit_test_setup(a_forked_child_has_a_pool_of_its_own, fresh),
        cmocka_unit_test_setup(a_thread_runs_on_one, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
