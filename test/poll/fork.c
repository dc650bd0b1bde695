/* SPDX-License-Identifier: MIT */
/* A process forks with the poller open. After hp_poller_after_fork the child has one of its own,
 * with the same tokens, and nothing that it does there is seen by the parent. */
#include "poll_test.h"

#include <signal.h>

enum { ROOM = 8 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int ends[2], other[2];
    hp_token token, leveled, timer, signal;
} t;

/* In the child a failed assertion must not run the parent's other tests. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                         \
            fflush(stdout);                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static int set_up(void **state) {
    sigset_t set;
    fresh(state);
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    make_pair(t.ends);
    make_pair(t.other);
    t.token = add(t.poller, t.ends[0], HP_POLL_READABLE | HP_POLL_ONESHOT, 0);
    t.leveled = add(t.poller, t.other[0], HP_POLL_READABLE, 0);
    assert_int_equal(hp_poller_add_timer(t.poller, HP_FOREVER, 0, &t.timer), 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR1, 0, &t.signal), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    close_pair(t.ends);
    close_pair(t.other);
    return 0;
}

static int in_child(void (*body)(void)) {
    int status = 0;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        body();
        fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static hp_token wait_for_one(void) {
    const struct hp_event *event;
    MUST(hp_batch_wait(&t.batch, soon()) == 1);
    MUST(hp_batch_next(&t.batch, &event) == 1);
    return event->kind == HP_POLL_WAKE ? HP_POLL_WAKER : event->token;
}

static void start_anew(void) {
    MUST(hp_poller_after_fork(t.poller) == 0);
    MUST(hp_batch_open(&t.batch, t.poller, t.room, ROOM) == 0);
}

static void use_everything(void) {
    hp_token token;
    start_anew();
    MUST(hp_poller_wake(t.poller) == 0);
    MUST(wait_for_one() == HP_POLL_WAKER);
    MUST(write(t.ends[1], "x", 1) == 1);
    MUST(wait_for_one() == t.token);
    MUST(hp_poller_set_timer(t.poller, t.timer, HP_NOW) == 0);
    MUST(wait_for_one() == t.timer);
    MUST(kill(getpid(), SIGUSR1) == 0);
    MUST(wait_for_one() == t.signal);
    MUST(hp_poller_remove(t.poller, t.leveled, 0, HP_NOW) == 0);
    MUST(hp_poller_add(t.poller, t.other[1], HP_POLL_WRITABLE, 0, &token) == 0);
    MUST(wait_for_one() == token);
    hp_poller_close(t.poller);
}

/* The child removed and added, woke and was woken; the parent finds what it would have found. */
static void the_parent_sees_nothing_of_it(void **state) {
    (void)state;
    assert_int_equal(in_child(use_everything), 0);
    assert_event(&t.batch, t.token, HP_POLL_READABLE); /* the byte that the child wrote */
    assert_nothing(&t.batch);
    assert_int_equal(write(t.other[1], "x", 1), 1);
    assert_event(&t.batch, t.leveled, HP_POLL_READABLE);
    assert_int_equal(hp_poller_remove(t.poller, t.leveled, 0, HP_NOW), 0);
    assert_nothing(&t.batch);
}

static void lose_some(void) {
    const struct hp_event *event;
    close(t.ends[0]);
    MUST(hp_poller_after_fork(t.poller) == 1);
    MUST(hp_poller_modify(t.poller, t.token, HP_POLL_READABLE) == -ESTALE);
    MUST(hp_batch_open(&t.batch, t.poller, t.room, ROOM) == 0);
    MUST(write(t.other[1], "x", 1) == 1);
    MUST(hp_batch_wait(&t.batch, soon()) == 1 && hp_batch_next(&t.batch, &event) == 1);
    MUST(event->token == t.leveled);
    hp_poller_close(t.poller);
}

static void what_is_not_open_is_counted_as_lost(void **state) {
    (void)state;
    assert_int_equal(in_child(lose_some), 0);
    assert_int_equal(hp_poller_modify(t.poller, t.token, HP_POLL_READABLE), 0);
}

static void fail_then_succeed(void) {
    open_fail(HP_CALL_epoll_create1, 1, EMFILE, true);
    open_fail(HP_CALL_kqueue1, 1, EMFILE, true);
    MUST(hp_poller_after_fork(t.poller) < 0);
    MUST(hp_batch_wait(&t.batch, HP_NOW) == -EBADF);
    MUST(hp_poller_wake(t.poller) == -EBADF);
    open_reset();
    start_anew();
    MUST(write(t.ends[1], "x", 1) == 1);
    MUST(wait_for_one() == t.token);
    hp_poller_close(t.poller);
}

static void it_can_be_tried_again(void **state) {
    (void)state;
    if (is_on_poll() || !hp_poll_has(HP_POLL_HAS_CREATE1)) return;
    assert_int_equal(in_child(fail_then_succeed), 0);
}

/* As if another thread had been changing it at that moment. */
static void find_it_locked(void) {
    MUST(hp_poller_after_fork(t.poller) == -EBUSY);
    hp_poller_close(t.poller);
}

static void a_poller_that_was_being_changed_is_told(void **state) {
    (void)state;
    hp_lock(&t.poller->lock);
    const int status = in_child(find_it_locked);
    hp_unlock(&t.poller->lock);
    assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_parent_sees_nothing_of_it),
        TEST(what_is_not_open_is_counted_as_lost),
        TEST(it_can_be_tried_again),
        TEST(a_poller_that_was_being_changed_is_told),
    };
    return run_poll_tests(tests);
}
