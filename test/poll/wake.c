/* SPDX-License-Identifier: MIT */
/* Wakes: none is lost, however it falls, and however many come there is one write for each time
 * that the thread slept. */
#include "poll_test.h"

#include <sched.h>
#include <signal.h>

enum { ROOM = 8, WAKERS = 8, WAKES = 20000 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
} t;

#define SET(word, n) __atomic_store_n(&(word), n, __ATOMIC_SEQ_CST)
#define GET(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)

static int set_up(void **state) {
    fresh(state);
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    return 0;
}

static bool is_wake(const struct hp_event *event) {
    return event && event->kind == HP_POLL_WAKE && !event->token && !event->data;
}

static void a_wake_before_the_wait_is_kept(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hp_poller_wake(t.poller), 0);
        assert_true(is_wake(only_event(&t.batch, HP_FOREVER)));
        assert_nothing(&t.batch);
    }
}

static void wakes_are_one_until_they_are_answered(void **state) {
    (void)state;
    const struct hp_poll_totals before = totals();
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100; i++) assert_int_equal(hp_poller_wake(t.poller), 0);
        assert_true(is_wake(only_event(&t.batch, soon())));
        assert_nothing(&t.batch);
    }
    assert_int_equal(totals().wakes - before.wakes, 1000);
    assert_int_equal(totals().wake_writes - before.wake_writes, 10);
}

/* A batch that is thrown away unread must not take the wakes to come with it. */
static void a_wake_that_is_not_fetched_does_not_swallow_the_next(void **state) {
    (void)state;
    assert_int_equal(hp_poller_wake(t.poller), 0);
    assert_int_equal(hp_batch_wait(&t.batch, soon()), 1);
    assert_int_equal(hp_batch_wait(&t.batch, HP_NOW), 0);
    assert_int_equal(hp_poller_wake(t.poller), 0);
    assert_true(is_wake(only_event(&t.batch, soon())));
}

static void a_wake_comes_with_other_events(void **state) {
    (void)state;
    int ends[2], wakes = 0, others = 0;
    const struct hp_event *event;
    make_pair(ends);
    const hp_token token = add(t.poller, ends[0], HP_POLL_WRITABLE, 0);
    assert_int_equal(hp_poller_wake(t.poller), 0);
    assert_int_equal(hp_batch_wait(&t.batch, soon()), 2);
    while (hp_batch_next(&t.batch, &event)) {
        wakes += is_wake(event);
        others += event->token == token;
    }
    assert_true(wakes == 1 && others == 1);
    close_pair(ends);
}

/* ---- From a signal handler ------------------------------------------------------------------- */

static struct hp_poller *handlers;
static void wake_from_handler(int number) {
    (void)number;
    hp_poller_wake(handlers);
}

static void a_handler_may_wake(void **state) {
    (void)state;
    const struct sigaction action = {.sa_handler = wake_from_handler};
    struct sigaction before;
    handlers = t.poller;
    sigaction(SIGUSR1, &action, &before);
    raise(SIGUSR1);
    assert_true(is_wake(only_event(&t.batch, HP_FOREVER)));
    sigaction(SIGUSR1, &before, 0);
}

/* ---- Many wakers, one that sleeps ------------------------------------------------------------ */

static struct {
    long said, heard; /* a waker counts, wakes, and goes on once it was heard */
    int stop;
} c;

static void *wake_and_go_on(void *argument) {
    for (int i = 0; i < WAKES; i++) {
        __atomic_fetch_add(&c.said, 1, __ATOMIC_SEQ_CST);
        hp_poller_wake(t.poller);
    }
    return argument;
}

static void none_is_lost_and_few_are_written(void **state) {
    (void)state;
    pthread_t wakers[WAKERS];
    long slept = 0;
    const struct hp_poll_totals before = totals();
    memset(&c, 0, sizeof c);
    for (int i = 0; i < WAKERS; i++) pthread_create(&wakers[i], 0, wake_and_go_on, 0);
    while (c.heard < (long)WAKERS * WAKES) {
        const struct hp_event *event = only_event(&t.batch, soon());
        assert_true(is_wake(event)); /* a lost wake is ten seconds without one */
        c.heard = GET(c.said);
        slept++;
    }
    for (int i = 0; i < WAKERS; i++) pthread_join(wakers[i], 0);
    const uint64_t writes = totals().wake_writes - before.wake_writes;
    print_message("%d wakes, %ld waits, %llu writes\n", WAKERS * WAKES, slept,
                  (unsigned long long)writes);
    assert_int_equal(totals().wakes - before.wakes, WAKERS * WAKES);
    assert_in_range(writes, slept, slept + 1); /* one may be under way when all are heard */
}

/* ---- Several that sleep: each wake is one thread's ------------------------------------------- */

enum { SLEEPERS = 4 };
static struct { int awake, stop; } s;

static void *sleep_until_stop(void *argument) {
    struct hp_event room[2];
    struct hp_batch batch;
    hp_batch_open(&batch, t.poller, room, 2);
    while (!GET(s.stop)) {
        const struct hp_event *event;
        hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event))
            if (event->kind == HP_POLL_WAKE) __atomic_fetch_add(&s.awake, 1, __ATOMIC_SEQ_CST);
    }
    hp_batch_close(&batch);
    return argument;
}

static void each_wake_wakes_one(void **state) {
    (void)state;
    pthread_t sleepers[SLEEPERS];
    memset(&s, 0, sizeof s);
    for (int i = 0; i < SLEEPERS; i++) pthread_create(&sleepers[i], 0, sleep_until_stop, 0);
    for (int i = 1; i <= 1000; i++) {
        assert_int_equal(hp_poller_wake(t.poller), 0);
        while (GET(s.awake) < i) sched_yield();
        assert_int_equal(GET(s.awake), i);
    }
    SET(s.stop, 1);
    for (int i = 0; i < SLEEPERS; i++)
        while (hp_poller_wake(t.poller) == 0 && pthread_tryjoin_np(sleepers[i], 0) != 0)
            sched_yield();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_wake_before_the_wait_is_kept),
        TEST(wakes_are_one_until_they_are_answered),
        TEST(a_wake_that_is_not_fetched_does_not_swallow_the_next),
        TEST(a_wake_comes_with_other_events),
        TEST(a_handler_may_wake),
        TEST(none_is_lost_and_few_are_written),
        TEST(each_wake_wakes_one),
    };
    return run_poll_tests(tests);
}
