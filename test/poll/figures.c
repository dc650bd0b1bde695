/* SPDX-License-Identifier: MIT */
/* What each function costs in system calls, as hardpan/poll.h says, on each back end. Readings of a
 * clock without a vDSO are not counted. */
#include "poll_test.h"

#include <signal.h>

enum { ROOM = 8 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int ends[2];
    bool on_poll, with_pipe, drains;
} t;

static int set_up(void **state) {
    struct hp_poller_info info;
    fresh(state);
    hp_sys_now(); /* finds the vDSO, once */
    t.poller = poller_open();
    hp_poller_info(t.poller, &info);
    t.on_poll = !strcmp(info.backend, "poll");
    t.with_pipe = !strcmp(info.waker, "pipe");
    t.drains = t.on_poll || t.with_pipe;
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    make_pair(t.ends);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_pair(t.ends);
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    return 0;
}

static unsigned calls(void) { return open_count(OPEN_EVERY) - open_count(HP_CALL_clock_gettime); }

#define assert_calls(statement, wanted)                                                            \
    do {                                                                                           \
        const unsigned before_ = calls();                                                          \
        statement;                                                                                 \
        assert_int_equal(calls() - before_, wanted);                                               \
    } while (0)

static void opening_and_closing(void **state) {
    (void)state;
    struct hp_poller *poller;
    const bool by_create = !t.on_poll && !hp_poll_has(HP_POLL_HAS_CREATE1);
    /* two reservations, a commit, membarrier, epoll_create1, eventfd, and its EPOLL_CTL_ADD */
    assert_calls(assert_int_equal(hp_poller_open(&poller, 0), 0),
                 (t.on_poll ? 8 : 6 + by_create) + hp_poll_has(HP_POLL_HAS_MEMBARRIER));
    assert_calls(hp_poller_close(poller), (t.on_poll ? 7 : 4) + t.with_pipe);
}

static void registering(void **state) {
    (void)state;
    hp_token token;
    add(t.poller, t.ends[1], HP_POLL_READABLE, 0); /* memory, once */
    assert_calls(token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0), 1);
    assert_calls(hp_poller_modify(t.poller, token, HP_POLL_WRITABLE), !t.on_poll);
    assert_calls(hp_poller_remove(t.poller, token, &t.batch, HP_FOREVER), !t.on_poll);
    assert_calls(hp_poller_remove(t.poller, token, &t.batch, HP_FOREVER), 0);
    assert_calls(hp_poller_settle(t.poller, token, &t.batch, HP_FOREVER), 0);
}

/* The only batch, and nobody said that it is the caller's: the kernel makes the barrier. */
static void looking_at_anothers_batch(void **state) {
    (void)state;
    hp_token token = 0;
    struct hp_batch second;
    struct hp_event room[2];
    const bool barriers = t.poller->barriers;
    hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token);
    assert_calls(hp_poller_remove(t.poller, token, 0, HP_FOREVER), barriers);
    hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token);
    assert_calls(hp_batch_open(&second, t.poller, room, 2), barriers);
    assert_calls(hp_poller_remove(t.poller, token, 0, HP_FOREVER), 0);
    assert_calls(hp_batch_close(&second), 0);
}

static void timers(void **state) {
    (void)state;
    hp_token token;
    hp_poller_add_timer(t.poller, HP_FOREVER - 1, 0, &token); /* memory and a barrier, once */
    assert_calls(hp_poller_add_timer(t.poller, hp_sys_after(SECOND), 0, &token), 0);
    assert_calls(hp_poller_set_timer(t.poller, token, hp_sys_after(SECOND * 2)), 0);
    assert_calls(hp_poller_remove(t.poller, token, &t.batch, HP_FOREVER), 0);
}

/* From then on somebody reads until when the only batch sleeps. */
static void the_first_timer(void **state) {
    (void)state;
    hp_token token, descriptor = add(t.poller, t.ends[1], HP_POLL_READABLE, 0); /* memory */
    const unsigned before = open_count(HP_CALL_membarrier);
    hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token);
    assert_int_equal(open_count(HP_CALL_membarrier) - before, t.poller->barriers);
    hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token);
    hp_poller_set_timer(t.poller, token, hp_sys_after(SECOND));
    assert_int_equal(open_count(HP_CALL_membarrier) - before, t.poller->barriers);
    hp_poller_remove(t.poller, descriptor, &t.batch, HP_FOREVER);
}

/* By a filter that was put up since the poller was opened: asked once, then never again. */
static void a_barrier_refused_later(void **state) {
    (void)state;
    hp_token token;
    const struct hp_event *event;
    if (!t.poller->barriers) return;
    add(t.poller, t.ends[0], HP_POLL_WRITABLE, 0);
    assert_int_equal(t.poller->plain, HP_SAID_DELIVERY | HP_SAID_SLEEP);
    open_fail(HP_CALL_membarrier, 1, EPERM, true);
    const unsigned before = open_count(HP_CALL_membarrier);
    assert_int_equal(hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token), 0);
    assert_int_equal(t.poller->plain, 0);
    assert_int_equal(hp_batch_wait(&t.batch, soon()), 1);
    assert_int_equal(hp_batch_next(&t.batch, &event), 1);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_FOREVER), 0);
    assert_int_equal(hp_poller_settle(t.poller, event->token, 0, HP_NOW), HP_POLL_DELIVERING);
    assert_int_equal(open_count(HP_CALL_membarrier) - before, 1);
}

static void waiting_and_delivering(void **state) {
    (void)state;
    const struct hp_event *event;
    add(t.poller, t.ends[0], HP_POLL_WRITABLE, 0);
    assert_int_equal(hp_batch_wait(&t.batch, HP_NOW), 1); /* memory, once */
    assert_calls(assert_int_equal(hp_batch_wait(&t.batch, HP_FOREVER), 1), 1);
    assert_calls(assert_int_equal(hp_batch_wait(&t.batch, soon()), 1), 1);
    assert_calls(assert_int_equal(hp_batch_next(&t.batch, &event), 1), 0);
    assert_calls(hp_batch_done(&t.batch), 0);
}

static void a_timed_wait_that_times_out(void **state) {
    (void)state;
    hp_batch_wait(&t.batch, HP_NOW); /* memory, once */
    assert_calls(assert_int_equal(hp_batch_wait(&t.batch, hp_sys_after(125000)), 0), 1);
}

static void wakes(void **state) {
    (void)state;
    hp_batch_wait(&t.batch, HP_NOW); /* memory, once */
    assert_calls(hp_poller_wake(t.poller), 1);
    assert_calls(hp_poller_wake(t.poller), 0);
    assert_calls(assert_int_equal(hp_batch_wait(&t.batch, soon()), 1), 1 + t.drains);
}

static void processes_and_signals(void **state) {
    (void)state;
    hp_token process, signal;
    sigset_t set;
    const struct hp_event *event;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    add(t.poller, t.ends[0], 0, 0); /* memory, once */
    hp_batch_wait(&t.batch, HP_NOW);
    assert_calls(hp_poller_add_process(t.poller, getpid(), 0, &process), 2 - t.on_poll);
    assert_calls(hp_poller_add_signal(t.poller, SIGUSR1, 0, &signal), 2 - t.on_poll);
    raise(SIGUSR1);
    assert_calls(assert_int_equal(hp_batch_wait(&t.batch, soon()), 1), 1);
    assert_calls(assert_int_equal(hp_batch_next(&t.batch, &event), 1), 1);
    assert_calls(hp_poller_remove(t.poller, process, &t.batch, HP_FOREVER), 2 - t.on_poll);
    assert_calls(hp_poller_remove(t.poller, signal, &t.batch, HP_FOREVER), 2 - t.on_poll);
}

/* A logarithm of commits for any number of registrations. */
static void growing(void **state) {
    (void)state;
    hp_token token;
    const unsigned before = open_count(HP_CALL_mprotect);
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token), 0);
    assert_in_range(open_count(HP_CALL_mprotect) - before, 1, 20);
    assert_int_equal(open_count(HP_CALL_mmap) + open_count(HP_CALL_mremap),
                     open_count(HP_CALL_mmap));
}

static void a_full_poller_is_told(void **state) {
    (void)state;
    struct hp_poller *poller;
    struct hp_poller_info info;
    const struct hp_poller_request request = {.capacity = 100};
    hp_token token = 7, last = 0;
    assert_int_equal(hp_poller_open(&poller, &request), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(hp_poller_add_timer(poller, HP_FOREVER, 0, &last), 0);
    assert_int_equal(hp_poller_add_timer(poller, HP_FOREVER, 0, &token), -ENOSPC);
    assert_int_equal(hp_poller_add(poller, t.ends[0], 0, 0, &token), -ENOSPC);
    assert_int_equal(token, 7);
    hp_poller_info(poller, &info);
    assert_true(info.capacity == 100 && info.registered == 100);
    assert_int_equal(hp_poller_remove(poller, last, 0, HP_NOW), 0);
    assert_int_equal(hp_poller_add(poller, t.ends[0], 0, 0, &token), 0);
    hp_poller_close(poller);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(opening_and_closing),
        TEST(registering),
        TEST(looking_at_anothers_batch),
        TEST(the_first_timer),
        TEST(a_barrier_refused_later),
        TEST(timers),
        TEST(waiting_and_delivering),
        TEST(a_timed_wait_that_times_out),
        TEST(wakes),
        TEST(processes_and_signals),
        TEST(growing),
        TEST(a_full_poller_is_told),
    };
    return run_poll_tests(tests);
}
