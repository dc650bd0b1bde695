/* SPDX-License-Identifier: MIT */
/* Waits until a deadline, under signals that come again and again: what each entry is given is
 * what is left, never more. The kernel is replaced by doubles that write down what they were
 * asked, so nothing here depends on how fast the machine is. */
#include "hp_test.h"

#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

enum { SECOND = 1000000000, MILLISECOND = 1000000, ENTRIES = 4 };

static const int64_t DAY = 86400LL * SECOND;

/* What the double saw at each entry, and when. */
static struct entry {
    long a[6];
    struct hp_kernel_time time;
    int64_t at;
} entries[ENTRIES];
static unsigned entered;
static unsigned time_argument;
static long last_answer;
static bool
    scribble; /* ppoll writes into its timeout, so no wrapper may hand in the same one twice */

static struct entry *record(const long a[6]) {
    struct entry *entry = &entries[entered++];
    memcpy(entry->a, a, sizeof entry->a);
    entry->at = hp_sys_now();
    return entry;
}

static long answered(const long a[6]) {
    record(a);
    return last_answer;
}

/* Until the last entry. */
static long interrupted(const long a[6]) {
    struct hp_kernel_time *time = (struct hp_kernel_time *)a[time_argument];
    record(a)->time = *time;
    if (scribble) *time = (struct hp_kernel_time){999, 999};
    return entered < ENTRIES ? -EINTR : last_answer;
}

static long in_milliseconds(const long a[6]) {
    record(a);
    return entered < ENTRIES ? last_answer : 1;
}

static int reset(void **state) {
    (void)state;
    open_reset();
    memset(entries, 0, sizeof entries);
    entered = 0;
    last_answer = 0;
    scribble = false;
    return 0;
}

static void replace(enum hp_call call, unsigned argument, long answer) {
    time_argument = argument;
    last_answer = answer;
    open_replace(call, interrupted);
}

static uint64_t retries(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    return totals.retries;
}

static uint64_t millisecond_waits(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    return totals.millisecond_waits;
}

static int64_t nanoseconds(struct hp_kernel_time time) { return time.sec * SECOND + time.nsec; }

/* Between two readings of the clock, of which one was before and one after the wrapper's own. */
static void assert_left_shrinks(hp_deadline deadline, int64_t began) {
    for (unsigned i = 0; i < ENTRIES; i++) {
        const int64_t left = nanoseconds(entries[i].time), before = i ? entries[i - 1].at : began;
        assert_true(left <= deadline - before);
        assert_true(left >= deadline - entries[i].at);
    }
}

static void assert_same_absolute_time(hp_deadline deadline) {
    for (unsigned i = 0; i < ENTRIES; i++) assert_int_equal(nanoseconds(entries[i].time), deadline);
}

static void sleep_keeps_its_absolute_time(void **state) {
    (void)state;
    const uint64_t retried = retries();
    const hp_deadline deadline = hp_sys_after(DAY) + 7;
    replace(HP_CALL_clock_nanosleep, 2, 0);
    assert_int_equal(hp_sys_sleep(deadline), 0);
    assert_int_equal(entered, ENTRIES);
    assert_int_equal(retries() - retried, ENTRIES - 1);
    assert_int_equal(entries[0].a[0], CLOCK_MONOTONIC);
    assert_int_equal(entries[0].a[1], TIMER_ABSTIME);
    assert_same_absolute_time(deadline);
}

/* Nanoseconds of all that fits: a kernel refuses a timespec that is out of range. */
static void a_sleep_for_good_is_a_valid_time(void **state) {
    (void)state;
    replace(HP_CALL_clock_nanosleep, 2, 0);
    assert_int_equal(hp_sys_sleep(HP_FOREVER), 0);
    assert_same_absolute_time(HP_FOREVER);
    assert_in_range(entries[0].time.nsec, 0, SECOND - 1);
    assert_true(entries[0].time.sec > 0);
}

static void poll_is_given_what_is_left(void **state) {
    (void)state;
    const uint64_t retried = retries();
    const int64_t began = hp_sys_now();
    const hp_deadline deadline = began + DAY;
    scribble = true;
    replace(HP_CALL_ppoll, 2, 5);
    assert_int_equal(hp_sys_poll(0, 0, deadline), 5);
    assert_int_equal(entered, ENTRIES);
    assert_int_equal(retries() - retried, ENTRIES - 1);
    assert_left_shrinks(deadline, began);
}

static void epoll_is_given_what_is_left(void **state) {
    (void)state;
    struct epoll_event event;
    const uint64_t retried = retries();
    const int64_t began = hp_sys_now();
    const hp_deadline deadline = began + DAY;
    replace(HP_CALL_epoll_pwait2, 3, 1);
    assert_int_equal(hp_sys_epoll_wait(7, &event, 1, deadline), 1);
    assert_int_equal(entered, ENTRIES);
    assert_int_equal(retries() - retried, ENTRIES - 1);
    assert_left_shrinks(deadline, began);
}

static void futex_keeps_its_absolute_time(void **state) {
    (void)state;
    const uint32_t word = 3;
    const uint64_t retried = retries();
    const hp_deadline deadline = hp_sys_after(DAY) + 9;
    replace(HP_CALL_futex, 3, -ETIMEDOUT);
    assert_int_equal(hp_sys_futex_wait(&word, 3, deadline), -ETIMEDOUT);
    assert_int_equal(entered, ENTRIES);
    assert_int_equal(retries() - retried, ENTRIES - 1);
    assert_same_absolute_time(deadline);
}

static void a_changed_word_is_no_error(void **state) {
    (void)state;
    const uint32_t word = 3;
    assert_int_equal(hp_sys_futex_wait(&word, 4, HP_FOREVER), 0);
    assert_int_equal(open_count(HP_CALL_futex), 1);
}

static void for_ever_is_no_timeout(void **state) {
    (void)state;
    const uint32_t word = 0;
    struct epoll_event event;
    open_replace(HP_CALL_ppoll, answered);
    open_replace(HP_CALL_epoll_pwait2, answered);
    open_replace(HP_CALL_futex, answered);
    assert_int_equal(hp_sys_poll(0, 0, HP_FOREVER), 0);
    assert_int_equal(hp_sys_epoll_wait(7, &event, 1, HP_FOREVER), 0);
    assert_int_equal(hp_sys_futex_wait(&word, 0, HP_FOREVER), 0);
    assert_int_equal(entered, 3);
    assert_int_equal(entries[0].a[2], 0);
    assert_int_equal(entries[1].a[3], 0);
    assert_int_equal(entries[2].a[3], 0);
}

static void the_past_does_not_wait(void **state) {
    (void)state;
    const uint32_t word = 0;
    struct epoll_event event;
    const hp_deadline past[] = {HP_NOW, -1, INT64_MIN, hp_sys_now()};
    const int epoll = hp_sys_epoll_create1(0);
    for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
        assert_int_equal(hp_sys_poll(0, 0, past[i]), 0);
        assert_int_equal(hp_sys_epoll_wait(epoll, &event, 1, past[i]), 0);
        assert_int_equal(hp_sys_futex_wait(&word, 0, past[i]), -ETIMEDOUT);
        assert_int_equal(hp_sys_sleep(past[i]), 0);
    }
    assert_int_equal(hp_sys_close(epoll), 0);
}

static void sleeps_are_not_short(void **state) {
    (void)state;
    const hp_deadline deadline = hp_sys_after(20 * MILLISECOND);
    open_script(HP_CALL_clock_nanosleep, "EINTR EINTR ok");
    assert_int_equal(hp_sys_sleep(deadline), 0);
    assert_true(hp_sys_now() >= deadline);
    assert_int_equal(open_count(HP_CALL_clock_nanosleep), 3);
}

/* ---- Without epoll_pwait2 ------------------------------------------------------------------- */

static void falls_back_and_remembers(const char *script) {
    struct epoll_event event;
    const uint64_t waited = millisecond_waits();
    const int epoll = hp_sys_epoll_create1(0);
    assert_true(open_script(HP_CALL_epoll_pwait2, script));
    for (int i = 0; i < 3; i++)
        assert_int_equal(hp_sys_epoll_wait(epoll, &event, 1, hp_sys_after(100)), 0);
    assert_int_equal(open_count(HP_CALL_epoll_pwait2), 1);
    assert_int_equal(open_count(HP_CALL_epoll_pwait), 3);
    assert_int_equal(millisecond_waits() - waited, 3);
    assert_int_equal(hp_sys_close(epoll), 0);
}

static void an_old_kernel_is_asked_once(void **state) {
    (void)state;
    falls_back_and_remembers("ENOSYS*");
}

/* Container runtimes whose filter predates the call answer EPERM where ENOSYS is meant. */
static void a_sandbox_is_asked_once(void **state) {
    (void)state;
    falls_back_and_remembers("EPERM*");
}

static void a_filter_may_say_e2big(void **state) {
    (void)state;
    falls_back_and_remembers("E2BIG*");
}

static void einval_is_believed_where_the_older_call_is_content(void **state) {
    (void)state;
    struct epoll_event event;
    falls_back_and_remembers("EINVAL*");
    open_reset();
    const int epoll = hp_sys_epoll_create1(0);
    assert_int_equal(hp_sys_epoll_wait(epoll, &event, 0, HP_NOW), -EINVAL);
    assert_int_equal(hp_sys_epoll_wait(epoll, &event, 1, HP_NOW), 0);
    assert_int_equal(open_count(HP_CALL_epoll_pwait2), 2);
    assert_int_equal(open_count(HP_CALL_epoll_pwait), 1);
    assert_int_equal(hp_sys_close(epoll), 0);
}

static void another_error_is_an_answer(void **state) {
    (void)state;
    struct epoll_event event;
    assert_int_equal(hp_sys_epoll_wait(-1, &event, 1, HP_NOW), -EBADF);
    assert_int_equal(open_count(HP_CALL_epoll_pwait2), 1);
    assert_int_equal(open_count(HP_CALL_epoll_pwait), 0);
}

static void milliseconds_are_rounded_up(void **state) {
    (void)state;
    struct epoll_event event;
    const int64_t began = hp_sys_now();
    const hp_deadline deadline = began + DAY + 1;
    open_script(HP_CALL_epoll_pwait2, "ENOSYS");
    open_replace(HP_CALL_epoll_pwait, in_milliseconds);
    last_answer = -EINTR;
    assert_int_equal(hp_sys_epoll_wait(7, &event, 1, deadline), 1);
    assert_int_equal(entered, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        const int64_t left = entries[i].a[3] * (int64_t)MILLISECOND;
        assert_true(left >= deadline - entries[i].at);
        assert_true(left < deadline - (i ? entries[i - 1].at : began) + MILLISECOND);
    }
}

static void for_ever_is_minus_one(void **state) {
    (void)state;
    struct epoll_event event;
    open_script(HP_CALL_epoll_pwait2, "ENOSYS");
    open_replace(HP_CALL_epoll_pwait, answered);
    assert_int_equal(hp_sys_epoll_wait(7, &event, 1, HP_FOREVER), 0);
    assert_int_equal(entries[0].a[3], -1);
}

/* epoll_pwait's int ends after 24 days, a deadline of 60 does not. */
static void a_long_wait_is_not_cut_short(void **state) {
    (void)state;
    struct epoll_event event;
    open_script(HP_CALL_epoll_pwait2, "ENOSYS");
    open_replace(HP_CALL_epoll_pwait, in_milliseconds);
    assert_int_equal(hp_sys_epoll_wait(7, &event, 1, hp_sys_after(60 * DAY)), 1);
    assert_int_equal(entered, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) assert_int_equal(entries[i].a[3], INT_MAX);
}

/* ---- The clock ------------------------------------------------------------------------------ */

static int64_t the_c_librarys_clock(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static void now_is_the_monotonic_clock(void **state) {
    (void)state;
    for (int i = 0; i < 10000; i++) {
        const int64_t before = the_c_librarys_clock(), now = hp_sys_now();
        assert_true(before <= now);
        assert_true(now <= the_c_librarys_clock());
    }
}

static void after_does_not_overflow(void **state) {
    (void)state;
    const int64_t before = hp_sys_now();
    const hp_deadline none = hp_sys_after(INT64_MIN), soon = hp_sys_after(SECOND);
    assert_true(none >= before && none <= soon - SECOND);
    assert_int_equal(hp_sys_after(HP_FOREVER), HP_FOREVER);
    assert_int_equal(hp_sys_after(INT64_MAX - 1), HP_FOREVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sleep_keeps_its_absolute_time, reset),
        cmocka_unit_test_setup(a_sleep_for_good_is_a_valid_time, reset),
        cmocka_unit_test_setup(poll_is_given_what_is_left, reset),
        cmocka_unit_test_setup(epoll_is_given_what_is_left, reset),
        cmocka_unit_test_setup(futex_keeps_its_absolute_time, reset),
        cmocka_unit_test_setup(a_changed_word_is_no_error, reset),
        cmocka_unit_test_setup(for_ever_is_no_timeout, reset),
        cmocka_unit_test_setup(the_past_does_not_wait, reset),
        cmocka_unit_test_setup(sleeps_are_not_short, reset),
        cmocka_unit_test_setup(an_old_kernel_is_asked_once, reset),
        cmocka_unit_test_setup(a_sandbox_is_asked_once, reset),
        cmocka_unit_test_setup(a_filter_may_say_e2big, reset),
        cmocka_unit_test_setup(einval_is_believed_where_the_older_call_is_content, reset),
        cmocka_unit_test_setup(another_error_is_an_answer, reset),
        cmocka_unit_test_setup(milliseconds_are_rounded_up, reset),
        cmocka_unit_test_setup(for_ever_is_minus_one, reset),
        cmocka_unit_test_setup(a_long_wait_is_not_cut_short, reset),
        cmocka_unit_test_setup(now_is_the_monotonic_clock, reset),
        cmocka_unit_test_setup(after_does_not_overflow, reset),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
