/* SPDX-License-Identifier: MIT */
/* Page and checked arithmetic at the ends of the address space. */
#include "base.h"
#include "hp_test.h"

static void powers_of_two(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof(size_t); bit++) {
        const size_t power = (size_t)1 << bit;
        assert_true(hp_is_power_of_two(power));
        assert_int_equal(hp_is_power_of_two(power - 1), bit == 1);
        assert_int_equal(hp_is_power_of_two(power + 1), bit == 0);
    }
    assert_false(hp_is_power_of_two(0));
    assert_false(hp_is_power_of_two(SIZE_MAX));
}

static void align_up_stops_at_the_last_page(void **state) {
    uintptr_t up;
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof(size_t); bit++) {
        const size_t align = (size_t)1 << bit;
        const uintptr_t last = UINTPTR_MAX - align + 1; /* the last multiple there is */
        assert_true(hp_align_up(0, align, &up) && up == 0);
        assert_true(hp_align_up(1, align, &up) && up == align);
        assert_true(hp_align_up(last, align, &up) && up == last);
        assert_int_equal(hp_align_up(last + 1, align, &up), bit == 0 ? 1 : last + 1 == 0);
        assert_int_equal(hp_align_up(UINTPTR_MAX, align, &up), bit == 0);
    }
}

static void align_down_never_leaves(void **state) {
    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof(size_t); bit++) {
        const size_t align = (size_t)1 << bit;
        assert_true(hp_align_down(0, align) == 0);
        assert_true(hp_align_down(align - 1, align) == 0);
        assert_true(hp_align_down(align, align) == align);
        assert_true(hp_align_down(UINTPTR_MAX, align) == UINTPTR_MAX - align + 1);
        assert_true(hp_is_aligned(hp_align_down(UINTPTR_MAX, align), align));
        assert_int_equal(hp_is_aligned(UINTPTR_MAX, align), bit == 0);
    }
}

static void sums_and_products_that_do_not_fit(void **state) {
    size_t out;
    (void)state;
    assert_true(hp_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    assert_false(hp_add(SIZE_MAX, 1, &out));
    assert_false(hp_add(SIZE_MAX, SIZE_MAX, &out));
    assert_true(hp_mul(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    assert_true(hp_mul(SIZE_MAX, 0, &out) && out == 0);
    assert_false(hp_mul(SIZE_MAX / 2 + 1, 2, &out));
    assert_false(hp_mul(SIZE_MAX, SIZE_MAX, &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers_of_two),
        cmocka_unit_test(align_up_stops_at_the_last_page),
        cmocka_unit_test(align_down_never_leaves),
        cmocka_unit_test(sums_and_products_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
