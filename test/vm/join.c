/* SPDX-License-Identifier: MIT */
/* hp_vm_join undoes hp_vm_split, and joins what lies in a row and nothing else. */
#include "vm_test.h"

static struct hp_vm_region placed(unsigned char *at, size_t size, unsigned flags) {
    struct hp_vm_region region;
    assert_int_equal(hp_vm_place(at, size, flags, &region), 0);
    return region;
}

static void split_and_joined_is_as_before(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(MIB), tail;
    const struct hp_vm_region before = region;
    const struct hp_vm_totals was = totals();
    const struct mark start = mark();
    assert_int_equal(hp_vm_split(&region, 64 * KIB, &tail), 0);
    assert_int_equal(hp_vm_join(&region, &tail), 0);
    assert_cost(start, 0, 0);
    assert_ptr_equal(region.base, before.base);
    assert_int_equal(region.size, before.size);
    assert_int_equal(region.used_high, 0);
    assert_int_equal(tail.size, 0);
    assert_int_equal(totals().regions, was.regions);
    assert_int_equal(totals().reserved, was.reserved);
    assert_int_equal(hp_vm_release(&tail), -EINVAL);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* What one of them had committed is not said to be zero by the other's commit. */
static void what_was_used_stays_known(void **state) {
    (void)state;
    unsigned char *at = free_place(2 * MIB);
    struct hp_vm_region a = placed(at, MIB, HP_VM_TELL_ZERO),
                        b = placed(at + MIB, MIB, HP_VM_TELL_ZERO);
    assert_int_equal(hp_vm_commit(&b, at + MIB, 64 * KIB, 0), HP_VM_ZERO);
    at[MIB] = 1;
    assert_int_equal(hp_vm_join(&a, &b), 0);
    assert_int_equal(hp_vm_commit(&a, at + MIB, 64 * KIB, 0), 0);
    assert_int_equal(hp_vm_commit(&a, at, 64 * KIB, 0), HP_VM_ZERO);
    assert_int_equal(at[MIB], 1);
    assert_int_equal(hp_vm_decommit(&a, at, 2 * MIB, HP_VM_HARD), 0);
    assert_int_equal(peek(at + MIB), FAULTS);
    const struct mark start = mark();
    assert_int_equal(hp_vm_release(&a), 0);
    assert_int_equal(calls_since(&start), 1);
    assert_int_equal(mappings_of(at, 2 * MIB), 0);
}

/* A guard in the tail is found by a commit through the whole. */
static void guards_come_along(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(MIB), tail;
    assert_int_equal(hp_vm_split(&region, 512 * KIB, &tail), 0);
    assert_int_equal(hp_vm_commit(&tail, tail.base, tail.size, 0), 0);
    assert_int_equal(hp_vm_guard(&tail, tail.base, page()), 0);
    assert_int_equal(hp_vm_join(&region, &tail), 0);
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    assert_true(poke_zero(region.base + 512 * KIB));
    assert_int_equal(hp_vm_release(&region), 0);
}

static void others_are_refused(void **state) {
    (void)state;
    unsigned char *at = free_place(3 * MIB);
    struct hp_vm_region a = placed(at, MIB, 0), c = placed(at + 2 * MIB, MIB, 0), none = {0};
    assert_int_equal(hp_vm_join(&a, &c), -EINVAL);
    assert_int_equal(hp_vm_join(&a, &a), -EINVAL);
    assert_int_equal(hp_vm_join(&a, &none), -EINVAL);
    assert_int_equal(hp_vm_join(&none, &a), -EINVAL);
    struct hp_vm_region b = placed(at + MIB, MIB, HP_VM_NO_DUMP);
    assert_int_equal(hp_vm_join(&a, &b), -EINVAL);
    assert_int_equal(hp_vm_join(&b, &a), -EINVAL);
    assert_int_equal(a.size + b.size + c.size, 3 * MIB);
    assert_int_equal(hp_vm_release(&a), 0);
    assert_int_equal(hp_vm_release(&b), 0);
    assert_int_equal(hp_vm_release(&c), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(split_and_joined_is_as_before, fresh),
        cmocka_unit_test_setup(what_was_used_stays_known, fresh),
        cmocka_unit_test_setup(guards_come_along, fresh),
        cmocka_unit_test_setup(others_are_refused, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
