/* SPDX-License-Identifier: MIT */
/* Where the clock comes from. What was found is kept for the life of a process, so each way to it
 * is a process of its own, named by the argument:
 *   mapped   the vDSO, found through prctl(PR_GET_AUXV)
 *   proc     the same, found through /proc/self/auxv, for kernels before 6.4
 *   call     neither can be read: one clock_gettime a reading, counted */
#include "hp_test.h"

#include <sys/auxv.h>
#include <time.h>

#include "auxv.h"
#include "vdso.h"

enum { READINGS = 1000, SECOND = 1000000000 };

static bool by_call;

static int64_t by_libc(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static uint64_t clock_calls(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    return totals.clock_calls;
}

static void readings_cost_what_is_promised(void **state) {
    (void)state;
    hp_sys_now(); /* the first one looks for the vDSO */
    open_reset();
    const uint64_t before = clock_calls();
    for (int i = 0; i < READINGS; i++) hp_sys_now();
    const unsigned wanted = by_call ? READINGS : 0;
    assert_int_equal(open_count(HP_CALL_clock_gettime), wanted);
    assert_int_equal(clock_calls() - before, wanted);
    assert_int_equal(open_count(OPEN_EVERY), wanted);
}

static void it_is_the_monotonic_clock(void **state) {
    (void)state;
    for (int i = 0; i < READINGS; i++) {
        const int64_t before = by_libc(), now = hp_sys_now(), after = by_libc();
        assert_true(before <= now && now <= after);
    }
}

static void an_answer_that_is_an_error_is_the_calls(void **state) {
    (void)state;
    open_reset();
    open_fail(HP_CALL_clock_gettime, 1, EPERM, false);
    const int64_t now = hp_sys_now();
    assert_true(by_call ? now == -EPERM : now > 0);
    assert_true(hp_sys_now() > 0);
    open_reset();
}

static void a_deadline_does_not_overflow(void **state) {
    (void)state;
    assert_true(hp_sys_after(INT64_MAX) == HP_FOREVER);
    assert_true(hp_sys_after(INT64_MAX - hp_sys_now() - SECOND * (int64_t)100) < HP_FOREVER);
    const int64_t before = hp_sys_now();
    const hp_deadline past = hp_sys_after(-5), soon = hp_sys_after(SECOND);
    assert_true(before <= past && past <= hp_sys_now());
    assert_true(before + SECOND <= soon && soon <= hp_sys_now() + SECOND);
    assert_true(hp_sys_after(INT64_MIN) <= hp_sys_now());
}

static void no_descriptor_is_left(void **state) {
    (void)state;
    open_reset();
    hp_auxv(AUXV_VDSO);
    open_fail(HP_CALL_prctl, 1, EINVAL, true);
    hp_auxv(AUXV_VDSO);
    assert_int_equal(open_count(HP_CALL_openat), 1);
    assert_int_equal(open_count(HP_CALL_close), 1);
    open_reset();
}

static void the_vector_is_the_kernels(void **state) {
    (void)state;
    open_reset();
    assert_int_equal(hp_auxv(AUXV_VDSO), getauxval(AT_SYSINFO_EHDR));
    assert_int_equal(hp_auxv(AUXV_PAGE_SIZE), getauxval(AT_PAGESZ));
    assert_int_equal(hp_auxv(123456), 0);
    open_fail(HP_CALL_prctl, 1, EINVAL, true);
    assert_int_equal(hp_auxv(AUXV_PAGE_SIZE), getauxval(AT_PAGESZ));
    open_fail(HP_CALL_read, 1, EIO, true);
    assert_int_equal(hp_auxv(AUXV_PAGE_SIZE), 0);
    open_reset();
}

static void only_whole_names_are_found(void **state) {
    (void)state;
    if (by_call || !hp_vdso_find(HP_VDSO_CLOCK)) return;
    assert_null(hp_vdso_find("__vdso_clock_gettim"));
    assert_null(hp_vdso_find("__vdso_clock_gettime_"));
    assert_null(hp_vdso_find(""));
}

static void prepare(const char *way) {
    by_call = !strcmp(way, "call");
    if (strcmp(way, "mapped")) open_fail(HP_CALL_prctl, 1, EINVAL, true);
    if (by_call) open_fail(HP_CALL_openat, 1, ENOENT, true);
    hp_sys_now();
    if (!by_call && !getauxval(AT_SYSINFO_EHDR)) SKIP("vdso: this kernel maps none");
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readings_cost_what_is_promised),
        cmocka_unit_test(it_is_the_monotonic_clock),
        cmocka_unit_test(an_answer_that_is_an_error_is_the_calls),
        cmocka_unit_test(a_deadline_does_not_overflow),
        cmocka_unit_test(no_descriptor_is_left),
        cmocka_unit_test(the_vector_is_the_kernels),
        cmocka_unit_test(only_whole_names_are_found),
    };
    prepare(count > 1 ? arguments[1] : "mapped");
    return cmocka_run_group_tests(tests, 0, 0);
}
