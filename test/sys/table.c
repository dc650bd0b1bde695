/* SPDX-License-Identifier: MIT */
/* The opened table: counting, the n-th failure, scripts, replacement; and what each EINTR class
 * makes of them. */
#include "hp_test.h"

#include <fcntl.h>
#include <unistd.h>

static int reset(void **state) {
    (void)state;
    open_reset();
    return 0;
}

static void counts_every_entry(void **state) {
    (void)state;
    hp_sys_getpid();
    hp_sys_getpid();
    assert_int_equal(open_count(HP_CALL_getpid), 2);
    assert_int_equal(open_count(HP_CALL_getppid), 0);
}

static void fails_the_nth_and_only_it(void **state) {
    (void)state;
    open_fail(HP_CALL_dup, 2, EMFILE, false);
    const int first = hp_sys_dup_leaky(0);
    assert_true(first >= 0);
    assert_int_equal(hp_sys_dup_leaky(0), -EMFILE);
    const int third = hp_sys_dup_leaky(0);
    assert_true(third >= 0);
    assert_int_equal(hp_sys_close(first), 0);
    assert_int_equal(hp_sys_close(third), 0);
}

static void retry_enters_again_until_it_is_answered(void **state) {
    (void)state;
    struct hp_sys_totals before, after;
    hp_sys_stats(&before);
    assert_true(open_script(HP_CALL_read, "EINTR EINTR EINTR EIO"));
    char byte;
    assert_int_equal(hp_sys_read(0, &byte, 1), -EIO);
    hp_sys_stats(&after);
    assert_int_equal(open_count(HP_CALL_read), 4);
    assert_int_equal(after.retries - before.retries, 3);
}

static void close_is_entered_once(void **state) {
    (void)state;
    open_script(HP_CALL_close, "EINTR");
    assert_int_equal(hp_sys_close(123456), 0);
    assert_int_equal(open_count(HP_CALL_close), 1);
}

static void connect_goes_on_in_the_background(void **state) {
    (void)state;
    open_script(HP_CALL_connect, "EINTR");
    assert_int_equal(hp_sys_connect(123456, 0, 0), -EINPROGRESS);
    assert_int_equal(open_count(HP_CALL_connect), 1);
}

#define HOUR ((int64_t)3600 * 1000000000)
static long kevent_seen[2][6];
static unsigned kevent_entries;
static int64_t kevent_left[2]; /* nanoseconds */
static long kevent_double(const long a[6]) {
    const int64_t *time = (const int64_t *)a[5];
    memcpy(kevent_seen[kevent_entries], a, sizeof kevent_seen[0]);
    kevent_left[kevent_entries] = time[0] * 1000000000 + time[1];
    return kevent_entries++ ? 1 : -EINTR;
}

static void kevent_is_retried_without_its_changes(void **state) {
    (void)state;
    char changes[1], events[1];
    kevent_entries = 0;
    open_replace(HP_CALL_kevent, kevent_double);
    assert_int_equal(hp_sys_kevent(7, changes, 1, events, 1, hp_sys_after(HOUR)), 1);
    assert_int_equal(kevent_entries, 2);
    assert_int_equal(kevent_seen[0][2], 1);
    assert_int_equal(kevent_seen[1][2], 0);
    assert_int_equal(kevent_seen[1][3], (long)events);
    assert_in_range(kevent_left[0], HOUR / 2, HOUR);
    assert_in_range(kevent_left[1], HOUR / 2, kevent_left[0] - 1); /* a signal stretches nothing */
}

/* A socket that does not go on by itself is connected by entering again. */
static void connect_is_entered_again_where_nobody_goes_on(void **state) {
    static const unsigned short entered_again[] = {1 /* AF_UNIX */, 40 /* AF_VSOCK */};
    (void)state;
    for (size_t i = 0; i < HP_COUNT(entered_again); i++) {
        open_reset();
        open_script(HP_CALL_connect, "EINTR EINTR ECONNREFUSED");
        assert_int_equal(hp_sys_connect(123456, (const void *)&entered_again[i], 2), -ECONNREFUSED);
        assert_int_equal(open_count(HP_CALL_connect), 3);
    }
}

static void an_unknown_word_is_refused(void **state) {
    (void)state;
    assert_false(open_script(HP_CALL_read, "ok ENONSENSE"));
    assert_true(open_script(HP_CALL_read, "ok ENOMEM*"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_every_entry, reset),
        cmocka_unit_test_setup(fails_the_nth_and_only_it, reset),
        cmocka_unit_test_setup(retry_enters_again_until_it_is_answered, reset),
        cmocka_unit_test_setup(close_is_entered_once, reset),
        cmocka_unit_test_setup(connect_goes_on_in_the_background, reset),
        cmocka_unit_test_setup(kevent_is_retried_without_its_changes, reset),
        cmocka_unit_test_setup(connect_is_entered_again_where_nobody_goes_on, reset),
        cmocka_unit_test_setup(an_unknown_word_is_refused, reset),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
