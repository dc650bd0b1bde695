/* SPDX-License-Identifier: MIT */
/* hp_arena never moves, commits seldom, gives back what a reset leaves, and says what is zero. */
#include "vm_test.h"

static struct hp_arena opened(size_t size, size_t step, size_t most) {
    const struct hp_arena_request request = {
        .space = {.size = size}, .step = step, .step_most = most};
    struct hp_arena arena;
    has(); /* probing is not to be counted */
    assert_int_equal(hp_arena_open(&arena, &request), 0);
    return arena;
}

/* All but the region, which vm may know better after a failure. */
enum { own_bytes = sizeof(struct hp_arena) - offsetof(struct hp_arena, next) };

static unsigned char *taken(struct hp_arena *arena, size_t size) {
    void *at = 0;
    assert_true(hp_arena_take(arena, size, 1, &at) >= 0);
    return at;
}

static bool all_zero(const unsigned char *at, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (at[i]) return false;
    return true;
}

static void opening_costs_one_call_and_commits_nothing(void **state) {
    (void)state;
    has();
    const struct mark start = mark();
    struct hp_arena arena = opened(64 * MIB, 0, 0);
    assert_cost(start, 1, 1);
    assert_int_equal(peek(arena.region.base), FAULTS);
    const struct mark end = mark();
    assert_int_equal(hp_arena_close(&arena), 0);
    assert_cost(end, 1, -1);
    assert_int_equal(hp_arena_close(&arena), -EINVAL);
}

static void what_is_taken_is_in_a_row_and_aligned(void **state) {
    (void)state;
    struct hp_arena arena = opened(64 * MIB, 0, 0);
    void *at;
    assert_int_equal(hp_arena_take(&arena, 3, 1, &at), HP_VM_ZERO);
    assert_ptr_equal(at, arena.region.base);
    assert_int_equal(hp_arena_take(&arena, 5, 0, &at), HP_VM_ZERO);
    assert_ptr_equal(at, arena.region.base + 16);
    assert_int_equal(hp_arena_take(&arena, 1, 2 * MIB, &at), HP_VM_ZERO);
    assert_int_equal((uintptr_t)at % (2 * MIB), 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void doubling_steps_are_few(void **state) {
    (void)state;
    struct hp_arena arena = opened(GIB, 64 * KIB, 64 * MIB);
    const unsigned char *base = arena.region.base;
    const struct mark start = mark();
    for (size_t i = 0; i < GIB / (64 * KIB); i++)
        assert_ptr_equal(taken(&arena, 64 * KIB), base + i * 64 * KIB);
    assert_in_range(calls_since(&start), 1,
                    10 + 16 + 2); /* log2(64 MiB / 64 KiB), 1 GiB / 64 MiB */
    assert_int_equal(calls_since(&start), arena.commits);
    assert_int_equal(mappings() - start.mappings, 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void fixed_steps_are_as_long_as_was_said(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, MIB, MIB);
    const struct mark start = mark();
    for (int i = 0; i < 16 * 16; i++) taken(&arena, 64 * KIB);
    assert_int_equal(calls_since(&start), 16);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void taking_within_what_is_ready_is_no_call(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, MIB, MIB);
    taken(&arena, 1);
    const struct mark start = mark();
    for (int i = 0; i < 1000; i++) taken(&arena, 1000);
    assert_cost(start, 0, 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void full_is_enospc_and_changes_nothing(void **state) {
    (void)state;
    struct hp_arena arena = opened(page(), 0, 0);
    taken(&arena, page() - 1);
    const struct hp_arena before = arena;
    void *at = &at;
    assert_int_equal(hp_arena_take(&arena, 2, 1, &at), -ENOSPC);
    assert_int_equal(hp_arena_take(&arena, 1, 16, &at), -ENOSPC);
    assert_int_equal(hp_arena_take(&arena, SIZE_MAX, 1, &at), -ENOSPC);
    assert_int_equal(hp_arena_take(&arena, 1, SIZE_MAX / 2 + 1, &at), -ENOSPC);
    assert_memory_equal(&arena, &before, sizeof arena);
    assert_ptr_equal(at, &at);
    taken(&arena, 1);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void bad_arguments_are_refused(void **state) {
    (void)state;
    struct hp_arena arena;
    const struct hp_arena_request none = {.step = MIB};
    assert_int_equal(hp_arena_open(&arena, &none), -EINVAL);
    const struct hp_arena_request steps = {.space = {.size = MIB}, .step = 3, .step_most = 2};
    assert_int_equal(hp_arena_open(&arena, &steps), -EINVAL);
    const struct hp_arena_request endless = {.space = {.size = MIB}, .step = SIZE_MAX};
    assert_int_equal(hp_arena_open(&arena, &endless), -EINVAL);
    arena = opened(MIB, 0, 0);
    void *at;
    assert_int_equal(hp_arena_take(&arena, 0, 1, &at), -EINVAL);
    assert_int_equal(hp_arena_take(&arena, 1, 3, &at), -EINVAL);
    assert_int_equal(hp_arena_reset(&arena, 1, 0), -EINVAL);
    assert_int_equal(hp_arena_close(&arena), 0);
    assert_int_equal(hp_arena_reset(&arena, 0, 0), -EINVAL);
}

static void a_refused_step_shrinks_to_what_is_needed(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, MIB, MIB);
    open_fail(HP_CALL_mprotect, 1, ENOMEM, false);
    memset(taken(&arena, 100), 1, 100);
    assert_int_equal(arena.ready - arena.region.base, page());
    assert_int_equal(arena.commits, 2);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void a_refused_commit_leaves_the_arena_as_it_was(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, MIB, MIB);
    taken(&arena, MIB);
    struct hp_arena before = arena;
    void *at;
    open_fail(HP_CALL_mprotect, 1, ENOMEM, true);
    assert_int_equal(hp_arena_take(&arena, 100, 1, &at), -ENOMEM);
    before.commits = arena.commits;
    assert_int_equal(memcmp(&arena.next, &before.next, own_bytes), 0);
    open_reset();
    assert_int_equal(hp_arena_take(&arena, 100, 1, &at), HP_VM_ZERO);
    assert_ptr_equal(at, arena.region.base + MIB);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void reset_without_keep_gives_all_back_and_reads_zero(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, 64 * KIB, MIB);
    memset(taken(&arena, 100), 1, 100);
    const size_t here = hp_arena_mark(&arena);
    memset(taken(&arena, 3 * MIB), 1, 3 * MIB);
    const struct mark start = mark();
    assert_int_equal(hp_arena_reset(&arena, here, 0), 0);
    assert_int_equal(calls_since(&start), 1);
    assert_int_equal(arena.ready - arena.region.base, page());
    void *at;
    assert_int_equal(hp_arena_take(&arena, 3 * MIB, 1, &at), HP_VM_ZERO);
    assert_ptr_equal(at, arena.region.base + 100);
    assert_true(all_zero(at, 3 * MIB));
    assert_int_equal(arena.region.base[99], 1);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void reset_keeps_what_it_was_told_and_says_so(void **state) {
    (void)state;
    struct hp_arena arena = opened(16 * MIB, MIB, MIB);
    memset(taken(&arena, 4 * MIB), 1, 4 * MIB);
    assert_int_equal(hp_arena_reset(&arena, 0, 2 * MIB), 0);
    assert_int_equal(arena.decommits, 1);
    void *at;
    assert_int_equal(hp_arena_take(&arena, MIB, 1, &at), 0);
    assert_int_equal(hp_arena_take(&arena, 2 * MIB, 1, &at), 0); /* the half of it was kept */
    assert_int_equal(hp_arena_take(&arena, MIB, 1, &at), HP_VM_ZERO);
    assert_true(all_zero(at, MIB));
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void a_loop_that_keeps_enough_makes_no_calls(void **state) {
    (void)state;
    struct hp_arena arena = opened(64 * MIB, MIB, MIB);
    taken(&arena, 3 * MIB);
    assert_int_equal(hp_arena_reset(&arena, 0, 4 * MIB), 0);
    const struct mark start = mark();
    for (int i = 0; i < 100; i++) {
        memset(taken(&arena, 3 * MIB), i, 3 * MIB);
        assert_int_equal(hp_arena_reset(&arena, 0, 4 * MIB), 0);
    }
    assert_cost(start, 0, 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void keep_beyond_the_reservation_keeps_all(void **state) {
    (void)state;
    struct hp_arena arena = opened(MIB, MIB, MIB);
    taken(&arena, MIB);
    assert_int_equal(hp_arena_reset(&arena, 0, SIZE_MAX), 0);
    assert_int_equal(arena.decommits, 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

static void a_reset_that_is_refused_changes_nothing(void **state) {
    (void)state;
    struct hp_arena arena = opened(MIB, MIB, MIB);
    memset(taken(&arena, MIB), 7, MIB);
    const struct hp_arena before = arena;
    open_fail(OPEN_EVERY, 1, EPERM, true);
    const int answer = hp_arena_reset(&arena, 0, 0);
    open_reset();
    assert_true(answer < 0);
    assert_memory_equal(&arena.next, &before.next, sizeof arena - offsetof(struct hp_arena, next));
    assert_int_equal(hp_arena_reset(&arena, 0, 0), 0);
    assert_int_equal(hp_arena_close(&arena), 0);
}

/* Zero is promised on every rung of decommit. */
static void zero_holds_where_the_kernel_does_not_zero(void **state) {
    (void)state;
    hp_vm_force(HP_VM_HAS_ZEROING);
    reset_without_keep_gives_all_back_and_reads_zero(state);
    assert_true(totals().decommit_remapped > 0);
}

static size_t random_size(unsigned *seed) {
    *seed = *seed * 1103515245 + 12345;
    return 1 + (*seed >> 8) % (64 * KIB);
}

/* The model is an array: what was taken and not reset still holds what was written. */
static void random_takes_and_resets_keep_what_is_below(void **state) {
    (void)state;
    enum { DEPTH = 200 };
    unsigned seed = 20261121;
    size_t marks[DEPTH + 1] = {0}, depth = 0;
    struct hp_arena arena = opened(64 * MIB, 64 * KIB, MIB);
    for (int i = 0; i < 20000; i++) {
        const size_t size = random_size(&seed);
        void *at;
        if (depth == DEPTH || (depth && size % 3 == 0)) {
            depth = size % depth;
            assert_int_equal(hp_arena_reset(&arena, marks[depth], size % 2 * 128 * KIB), 0);
        }
        const int zero = hp_arena_take(&arena, size, 1, &at);
        assert_true(zero >= 0);
        if (zero == HP_VM_ZERO) assert_true(all_zero(at, size));
        memset(at, (int)depth + 1, size);
        marks[++depth] = hp_arena_mark(&arena);
    }
    for (size_t i = 0; i < depth; i++) {
        assert_int_equal(arena.region.base[marks[i]], i + 1);
        assert_int_equal(arena.region.base[marks[i + 1] - 1], i + 1);
    }
    assert_int_equal(hp_arena_close(&arena), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(opening_costs_one_call_and_commits_nothing, fresh),
        cmocka_unit_test_setup(what_is_taken_is_in_a_row_and_aligned, fresh),
        cmocka_unit_test_setup(doubling_steps_are_few, fresh),
        cmocka_unit_test_setup(fixed_steps_are_as_long_as_was_said, fresh),
        cmocka_unit_test_setup(taking_within_what_is_ready_is_no_call, fresh),
        cmocka_unit_test_setup(full_is_enospc_and_changes_nothing, fresh),
        cmocka_unit_test_setup(bad_arguments_are_refused, fresh),
        cmocka_unit_test_setup(a_refused_step_shrinks_to_what_is_needed, fresh),
        cmocka_unit_test_setup(a_refused_commit_leaves_the_arena_as_it_was, fresh),
        cmocka_unit_test_setup(reset_without_keep_gives_all_back_and_reads_zero, fresh),
        cmocka_unit_test_setup(reset_keeps_what_it_was_told_and_says_so, fresh),
        cmocka_unit_test_setup(a_loop_that_keeps_enough_makes_no_calls, fresh),
        cmocka_unit_test_setup(keep_beyond_the_reservation_keeps_all, fresh),
        cmocka_unit_test_setup(a_reset_that_is_refused_changes_nothing, fresh),
        cmocka_unit_test_setup(zero_holds_where_the_kernel_does_not_zero, fresh),
        cmocka_unit_test_setup(random_takes_and_resets_keep_what_is_below, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
