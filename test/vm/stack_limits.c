/* SPDX-License-Identifier: MIT */
/* Stacks by the hundred thousand, and when the kernel has no more to give. */
#include "stack_test.h"

#include <sys/resource.h>

static void a_hundred_thousand_are_at_most_4_mappings(void **state) {
    (void)state;
    enum { MANY = 100000 };
    struct hp_stack *stacks = calloc(MANY, sizeof *stacks);
    if (!guards_are_free() || sizeof(void *) < 8) {
        print_message("guards cost mappings here, or 6.8 GB are too many: not counted\n");
        free(stacks);
        return;
    }
    opened(64 * KIB, 0, 0);
    const int before = mappings();
    assert_int_equal(take_many(stacks, MANY), MANY);
    for (size_t i = 0; i < MANY; i += 10) {
        stacks[i].low[stacks[i].size - 1] = 1;
        assert_int_equal(peek(stacks[i].low - 1), FAULTS);
    }
    print_message("%d stacks: %d mappings\n", MANY, mappings() - before);
    assert_in_range(mappings() - before, 1, 4);
    give_many(stacks, MANY);
    assert_in_range(mappings() - before, 1, 4);
    closed();
    assert_int_equal(mappings(), before);
    free(stacks);
}

static void guards_that_cost_mappings_end_and_the_pool_does_not(void) {
    enum { MANY = 40000 };
    struct hp_stack *stacks = calloc(MANY, sizeof *stacks);
    const struct hp_stack_request request = {.size = 16 * KIB};
    char text[400];
    hp_vm_force(HP_VM_HAS_GUARD);
    MUST(hp_stack_open(&pool, &request) == 0);
    const size_t count = take_many(stacks, MANY);
    const int answer = hp_stack_take(&pool, &stacks[MANY - 1]);
    printf("without guards of the kernel's: %zu stacks, then %s\n", count, hp_error_name(answer));
    MUST(count > 30000 && count < 33000 && answer == -ENOMEM);
    MUST(hp_vm_why(answer, HP_VM_COMMIT, request.size, text, sizeof text) == HP_VM_CAUSE_MAPPINGS);
    for (size_t i = 0; i < count; i += 100) memset(stacks[i].low, 1, stacks[i].size);
    for (size_t i = 0; i < count; i++) MUST(hp_stack_give(&pool, &stacks[i]) == 0);
    MUST(hp_stack_take(&pool, &stacks[0]) == 0);
    MUST(stacks[0].id == stacks[count - 1].id);
    MUST(hp_stack_give(&pool, &stacks[0]) == 0);
    MUST(hp_stack_trim(&pool, 0) == (long)pool.made);
    MUST(hp_stack_close(&pool) == 0);
    MUST(mappings() < 200);
}

static void without_guards_the_limit_is_honest(void **state) {
    (void)state;
    struct hp_stack stacks[10];
    hp_vm_force(HP_VM_HAS_GUARD);
    opened(64 * KIB, 0, 0);
    const struct mark start = mark();
    assert_int_equal(take_many(stacks, 1), 1);
    assert_cost(start, 3 + 64, 2 + 2 * 64);
    give_many(stacks, 1);
    closed();
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    int limit = 0;
    if (file && fscanf(file, "%d", &limit) != 1) limit = 0;
    if (file) fclose(file);
    if (limit != 65530)
        print_message("vm.max_map_count is %d: its end is not tried\n", limit);
    else
        assert_int_equal(in_child(guards_that_cost_mappings_end_and_the_pool_does_not), 0);
}

static void as_many_as_there_are_mappings_for(void **state) {
    (void)state;
    struct hp_stack stack;
    hp_vm_force(HP_VM_HAS_GUARD);
    opened(64 * KIB, 0, 0);
    open_fail(HP_CALL_mprotect, 1 + 10 + 1, ENOMEM, true); /* the head, ten stacks, no eleventh */
    assert_int_equal(hp_stack_take(&pool, &stack), 0);
    assert_int_equal(pool.made, 10);
    open_reset();
    given(&stack);
    closed();
}

static long no_guards(const long a[6]) {
    return a[2] == 102 ? -EINVAL : open_real(HP_CALL_madvise, a);
}
static long no_none(const long a[6]) {
    return a[2] == PROT_NONE ? -ENOMEM : open_real(HP_CALL_mprotect, a);
}

static void a_stack_without_a_guard_is_not_handed_out(void **state) {
    (void)state;
    struct hp_stack stack;
    if (!guards_are_free()) return;
    hp_vm_force(HP_VM_HAS_BATCH);
    opened(64 * KIB, 0, 0);
    open_replace(HP_CALL_madvise, no_guards);
    open_replace(HP_CALL_mprotect, no_none);
    assert_int_equal(hp_stack_take(&pool, &stack), -ENOMEM);
    assert_int_equal(pool.made, 0);
    open_reset();
    stack = taken();
    assert_int_equal(peek(stack.low - 1), FAULTS);
    given(&stack);
    closed();
}

/* MADV_GUARD_INSTALL refuses locked memory. */
static void guard_locked_memory(void) {
    const struct hp_stack_request request = {.size = 16 * KIB, .slab = 4 * MIB};
    struct hp_stack stack;
    MUST(hp_stack_open(&pool, &request) == 0);
    if (mlockall(MCL_FUTURE) < 0) return;
    MUST(hp_stack_take(&pool, &stack) == 0);
    MUST(poke_zero(stack.low) && peek(stack.low - 1) == FAULTS);
    MUST(totals().decommit_protected == 64);
}

static void locked_memory_is_guarded_too(void **state) {
    (void)state;
    if (guards_are_free()) assert_int_equal(in_child(guard_locked_memory), 0);
}

static void small_slabs_are_many_and_end(void **state) {
    (void)state;
    enum { MANY = 4000 };
    static struct hp_stack stacks[MANY];
    opened(16 * KIB, MIB, 0);
    const int before = mappings();
    const size_t count = take_many(stacks, MANY);
    assert_int_equal(pool.slab_count, HP_STACK_SLABS_MAX);
    assert_in_range(count, 64 * 50, 64 * 52);
    assert_int_equal(hp_stack_take(&pool, &stacks[MANY - 1]), -ENOSPC);
    give_many(stacks, count);
    closed();
    assert_int_equal(mappings(), before);
}

static void take_under_an_address_limit(void) {
    const struct rlimit limit = {512 * MIB, 512 * MIB};
    const struct hp_stack_request request = {.size = 64 * KIB, .slab = GIB};
    struct hp_stack stack;
    MUST(setrlimit(RLIMIT_AS, &limit) == 0);
    MUST(hp_stack_open(&pool, &request) == 0);
    MUST(hp_stack_take(&pool, &stack) == 0);
    MUST(totals().halved > 0);
    MUST(hp_stack_give(&pool, &stack) == 0);
    MUST(hp_stack_close(&pool) == 0);
}

static void an_address_limit_makes_smaller_slabs(void **state) {
    (void)state;
    assert_int_equal(in_child(take_under_an_address_limit), 0);
}

/* All that fits, to the last one; of 16 KiB stacks even the head of a usual slab would be too
 * much. */
static void take_under_a_data_limit(size_t size) {
    enum { MANY = 1000 };
    static struct hp_stack stacks[MANY];
    const struct rlimit limit = {6 * MIB, 6 * MIB};
    const struct hp_stack_request request = {.size = size};
    char text[400];
    has();
    MUST(setrlimit(RLIMIT_DATA, &limit) == 0);
    MUST(hp_stack_open(&pool, &request) == 0);
    const size_t count = take_many(stacks, MANY);
    MUST(count > 0 && count < MANY);
    const int answer = hp_stack_take(&pool, &stacks[count]);
    printf("%zu stacks of %zu bytes, then %s\n", count, size, hp_error_name(answer));
    MUST(answer == -ENOMEM);
    MUST(hp_vm_why(answer, HP_VM_COMMIT, pool.stride, text, sizeof text) == HP_VM_CAUSE_DATA_LIMIT);
    for (size_t i = 0; i < count; i++) {
        stacks[i].low[0] = 1;
        MUST(peek(stacks[i].low - 1) == FAULTS);
        MUST(hp_stack_give(&pool, &stacks[i]) == 0);
    }
    MUST(hp_stack_close(&pool) == 0);
}
static void take_large_ones(void) { take_under_a_data_limit(128 * KIB); }
static void take_small_ones(void) { take_under_a_data_limit(16 * KIB); }

static void a_data_limit_makes_shorter_runs(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        hp_vm_force(i ? HP_VM_HAS_GUARD : 0);
        assert_int_equal(in_child(take_large_ones), 0);
        assert_int_equal(in_child(take_small_ones), 0);
    }
}

/* The pool is good for what it still has, each of its stacks once, and is closed in the end. */
static void a_close_that_is_refused_can_be_tried_again(void **state) {
    (void)state;
    enum { MANY = 150 };
    static struct hp_stack stacks[MANY];
    bool seen[MANY] = {false};
    opened(16 * KIB, MIB, 0);
    const int before = mappings();
    assert_int_equal(take_many(stacks, MANY), MANY); /* 51 in each slab */
    give_many(stacks, MANY);
    assert_int_equal(pool.slab_count, 3);
    open_fail(HP_CALL_munmap, 2, ENOMEM, false);
    assert_int_equal(hp_stack_close(&pool), -ENOMEM);
    open_reset();
    assert_int_equal(pool.slab_count, 2);
    const size_t left = (size_t)pool.made;
    assert_in_range(left, 64, MANY - 1);
    const struct mark start = mark();
    assert_int_equal(take_many(stacks, left), left);
    assert_cost(start, 0, 0);
    for (size_t i = 0; i < left; i++) {
        const size_t number = (stacks[i].id >> 26) * 75 + (stacks[i].id & 0xffffff);
        assert_in_range(number, 0, MANY - 1);
        assert_false(seen[number]);
        seen[number] = true;
    }
    give_many(stacks, left);
    closed();
    assert_int_equal(pool.made, 0);
    assert_int_equal(mappings(), before);
}

static void any_single_failure_leaves_the_pool_good(void **state) {
    (void)state;
    static const int errors[] = {ENOMEM, EAGAIN, EINVAL, EPERM};
    static const unsigned missing[] = {0, HP_VM_HAS_GUARD, HP_VM_HAS_BATCH};
    const int before = mappings();
    for (size_t i = 0; i < HP_COUNT(errors) * HP_COUNT(missing); i++)
        for (unsigned n = 1, struck = 1; struck; n++) {
            struct hp_stack stack;
            fresh(0);
            hp_vm_force(missing[i % HP_COUNT(missing)]);
            opened(64 * KIB, 16 * MIB, 0);
            open_fail(OPEN_EVERY, n, errors[i / HP_COUNT(missing)], false);
            const int answer = hp_stack_take(&pool, &stack);
            struck = open_struck();
            open_reset();
            if (answer == 0) given(&stack);
            stack = taken();
            memset(stack.low, 1, stack.size);
            assert_int_equal(peek(stack.low - 1), FAULTS);
            given(&stack);
            closed();
            assert_int_equal(mappings(), before);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_hundred_thousand_are_at_most_4_mappings, fresh),
        cmocka_unit_test_setup(without_guards_the_limit_is_honest, fresh),
        cmocka_unit_test_setup(as_many_as_there_are_mappings_for, fresh),
        cmocka_unit_test_setup(a_stack_without_a_guard_is_not_handed_out, fresh),
        cmocka_unit_test_setup(locked_memory_is_guarded_too, fresh),
        cmocka_unit_test_setup(small_slabs_are_many_and_end, fresh),
        cmocka_unit_test_setup(an_address_limit_makes_smaller_slabs, fresh),
        cmocka_unit_test_setup(a_data_limit_makes_shorter_runs, fresh),
        cmocka_unit_test_setup(a_close_that_is_refused_can_be_tried_again, fresh),
        cmocka_unit_test_setup(any_single_failure_leaves_the_pool_good, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
