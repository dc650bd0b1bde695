/* SPDX-License-Identifier: MIT */
/* How a kqueue is made close-on-exec, and what wakes: each rung, what is refused, and that it is
 * remembered. Over a kqueue that is played (fake_kqueue.c). */
#include "fake_kqueue.h"
#include "poll_test.h"

static void is_marked(const struct hp_poller *poller) {
    assert_int_equal(fcntl(poller->fd, F_GETFD), FD_CLOEXEC);
}

static void close_on_exec_is_atomic_or_under_the_lock(void **state) {
    (void)state;
    const struct fake_counts before = fake_counts;
    const struct hp_poll_totals counted = totals();
    struct hp_poller *poller = poller_open();
    is_marked(poller);
    hp_poller_close(poller);
    const bool atomic = hp_poll_has(HP_POLL_HAS_CREATE1);
    assert_int_equal(fake_counts.made - before.made, 1);
    assert_int_equal(fake_counts.marked - before.marked, atomic);
    assert_int_equal(fake_counts.locked - before.locked, !atomic);
    assert_int_equal(totals().opened_create1 - counted.opened_create1, atomic);
    assert_int_equal(totals().opened_create - counted.opened_create, !atomic);
}

static void each_refusal_of_kqueue1_steps_down(void **state) {
    (void)state;
    static const char *const refusals[] = {"ENOSYS", "EPERM", "EINVAL", "E2BIG"};
    for (size_t i = 0; i < HP_COUNT(refusals); i++) {
        struct hp_poller *one, *other;
        hp_poll_force(0);
        open_script(HP_CALL_kqueue1, refusals[i]);
        const unsigned asked = open_count(HP_CALL_kqueue1), locked = fake_counts.locked;
        one = poller_open();
        other = poller_open(); /* remembered */
        assert_int_equal(open_count(HP_CALL_kqueue1) - asked, 1);
        assert_int_equal(fake_counts.locked - locked, 2);
        is_marked(one);
        is_marked(other);
        hp_poller_close(one);
        hp_poller_close(other);
    }
}

static void another_error_is_the_callers(void **state) {
    (void)state;
    struct hp_poller *poller = 0;
    const int open_before = descriptors();
    hp_poll_force(0);
    open_fail(HP_CALL_kqueue1, 1, EMFILE, false);
    assert_int_equal(hp_poller_open(&poller, 0), -EMFILE);
    assert_null(poller);
    assert_int_equal(descriptors(), open_before);
}

static void without_the_filter_a_pipe_wakes(void **state) {
    (void)state;
    struct hp_poller_info info;
    struct hp_event room[2];
    struct hp_batch batch;
    hp_poll_force(0);
    fake_orders.unborn = 1;
    struct hp_poller *poller = poller_open();
    hp_poller_info(poller, &info);
    assert_string_equal(info.waker, "pipe");
    assert_int_equal(hp_batch_open(&batch, poller, room, 2), 0);
    assert_int_equal(hp_poller_wake(poller), 0);
    const struct hp_event *event = only_event(&batch, soon());
    assert_true(event && event->kind == HP_POLL_WAKE);
    assert_nothing(&batch);
    hp_batch_close(&batch);
    hp_poller_close(poller);
    assert_false(hp_poll_has(HP_POLL_HAS_USER));
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(close_on_exec_is_atomic_or_under_the_lock),
        TEST(each_refusal_of_kqueue1_steps_down),
        TEST(another_error_is_the_callers),
        TEST(without_the_filter_a_pipe_wakes),
    };
    return run_poll_tests(tests);
}
