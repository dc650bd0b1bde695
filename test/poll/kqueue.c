/* SPDX-License-Identifier: MIT */
/* What only the kqueue back end does: two registrations of the kernel's for one, nothing handed on
 * by a fork, changes that are not made twice. Over a kqueue that is played (fake_kqueue.c); what it
 * has in common with the other back ends is in their tests, which run over it too, and its ladder
 * in kqueue_ladder.c. */
#include "fake_kqueue.h"
#include "poll_test.h"

#include <signal.h>

enum { ROOM = 64 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int ends[2];
} t;

static int set_up(void **state) {
    fresh(state);
    fake_orders = (struct fake_orders){.interrupts = 0};
    t.poller = poller_open();
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

static void say(void) { assert_int_equal(write(t.ends[1], "x", 1), 1); }
static unsigned registered(void) { return fake_counts.added - fake_counts.deleted; }

/* ---- Changes --------------------------------------------------------------------------------- */

static void a_signal_makes_no_change_twice(void **state) {
    (void)state;
    struct fake_counts before = fake_counts;
    fake_orders.interrupts = 1;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    assert_int_equal(fake_counts.added - before.added, 1);
    fake_orders.interrupts = 1;
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_WRITABLE), 0);
    assert_int_equal(fake_counts.added - before.added, 2);
    assert_int_equal(fake_counts.deleted - before.deleted, 1);
    fake_orders.interrupts = 1;
    assert_event(&t.batch, token, HP_POLL_WRITABLE);
    fake_orders.interrupts = 1;
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(fake_counts.refused, before.refused);
    assert_int_equal(fake_orders.interrupts, 0);
}

static void one_call_changes_both_directions(void **state) {
    (void)state;
    const unsigned both = HP_POLL_READABLE | HP_POLL_WRITABLE;
    unsigned calls = open_count(HP_CALL_kevent);
    const hp_token token = add(t.poller, t.ends[0], both, 0);
    assert_int_equal(hp_poller_modify(t.poller, token, both | HP_POLL_EDGE), 0);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(open_count(HP_CALL_kevent) - calls, 3);
}

static void what_is_half_added_is_taken_back(void **state) {
    (void)state;
    hp_token token = 7;
    const unsigned both = HP_POLL_READABLE | HP_POLL_WRITABLE, before = registered();
    for (unsigned refusal = 1; refusal <= 2; refusal++) {
        fake_orders.refusal = refusal;
        assert_int_equal(hp_poller_add(t.poller, t.ends[0], both, 0, &token), -ENOMEM);
        assert_int_equal(token, 7);
        assert_int_equal(registered(), before);
    }
    add(t.poller, t.ends[0], both, 0);
}

static void what_is_half_changed_is_as_before(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    for (unsigned refusal = 1; refusal <= 2; refusal++) {
        fake_orders.refusal = refusal;
        assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_WRITABLE), -ENOMEM);
    }
    assert_nothing(&t.batch);
    say();
    assert_event(&t.batch, token, HP_POLL_READABLE);
}

/* Whatever the first of the two says, the second goes. */
static void both_are_taken_away(void **state) {
    (void)state;
    const unsigned before = registered();
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE | HP_POLL_WRITABLE, 0);
    fake_orders.refusal = 1;
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), -ENOMEM);
    assert_int_equal(registered(), before + 1);
}

/* The number is another's by then, which nobody registered. */
static void a_stranger_is_not_registered_by_a_change(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    int others[2];
    make_pair(others);
    assert_int_equal(dup2(others[0], t.ends[0]), t.ends[0]);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_WRITABLE), -ENOENT);
    assert_int_equal(write(others[1], "x", 1), 1);
    assert_nothing(&t.batch);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), -ENOENT);
    close_pair(others);
}

static void priority_is_refused(void **state) {
    (void)state;
    hp_token token = 7;
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], HP_POLL_PRIORITY, 0, &token), -EOPNOTSUPP);
    assert_int_equal(token, 7);
    token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_PRIORITY), -EOPNOTSUPP);
    say();
    assert_event(&t.batch, token, HP_POLL_READABLE);
}

/* ---- Two of the kernel's are one event ------------------------------------------------------- */

static void both_directions_of_a_oneshot_are_found_once(void **state) {
    (void)state;
    const unsigned both = HP_POLL_READABLE | HP_POLL_WRITABLE, once = both | HP_POLL_ONESHOT;
    const hp_token token = add(t.poller, t.ends[0], once, 0);
    assert_event(&t.batch, token, HP_POLL_WRITABLE);
    say();
    assert_nothing(&t.batch); /* though the kernel still has the other direction armed */
    assert_int_equal(hp_poller_modify(t.poller, token, once), 0);
    assert_event(&t.batch, token, both);
    assert_nothing(&t.batch);
}

/* Data that is left lying does not have the kernel find it each time, to be held back here. */
static void a_oneshot_is_at_rest_once_it_is_found(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE | HP_POLL_ONESHOT, 0);
    say();
    assert_event(&t.batch, token, HP_POLL_READABLE);
    const unsigned before = fake_counts.fetched;
    for (int i = 0; i < 5; i++) assert_nothing(&t.batch);
    assert_int_equal(fake_counts.fetched, before);
}

static void what_is_not_asked_for_is_not_found_again_and_again(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READ_CLOSED, 0);
    const unsigned before = fake_counts.fetched;
    say();
    for (int i = 0; i < 5; i++) assert_nothing(&t.batch);
    assert_int_equal(fake_counts.fetched - before, 1);
    assert_int_equal(shutdown(t.ends[1], SHUT_WR), 0);
    for (int i = 0; i < 3; i++) assert_event(&t.batch, token, HP_POLL_READ_CLOSED);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_READ_CLOSED | HP_POLL_EDGE), 0);
    assert_event(&t.batch, token, HP_POLL_READ_CLOSED);
    assert_nothing(&t.batch);
}

static void more_than_one_call_finds_is_found_by_the_next(void **state) {
    enum { MANY = 50 };
    (void)state;
    int ends[MANY][2], seen = 0;
    for (int i = 0; i < MANY; i++) {
        make_pair(ends[i]);
        add(t.poller, ends[i][0], HP_POLL_WRITABLE | HP_POLL_EDGE, 0);
    }
    for (int found; (found = hp_batch_wait(&t.batch, HP_NOW)) > 0;) seen += found;
    assert_int_equal(seen, MANY);
    for (int i = 0; i < MANY; i++) close_pair(ends[i]);
}

/* ---- Processes and signals ------------------------------------------------------------------- */

static pid_t child_that_waits(int gate[2]) {
    char byte;
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid) return pid;
    close(gate[1]);
    _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
}

static void assert_ended(hp_token token, pid_t pid) {
    const struct hp_event *event = only_event(&t.batch, soon());
    assert_true(event && event->token == token && event->kind == HP_POLL_PROCESS);
    assert_int_equal(event->value, pid);
    assert_nothing(&t.batch);
}

static void a_process_is_found_when_it_ends(void **state) {
    (void)state;
    hp_token token, second = 7;
    int gate[2];
    const pid_t pid = child_that_waits(gate);
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &token), 0);
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &second), -EEXIST);
    assert_int_equal(second, 7);
    assert_nothing(&t.batch);
    close_pair(gate);
    assert_ended(token, pid);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(waitpid(pid, 0, 0), pid);
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &second), -ESRCH);
    assert_int_equal(hp_poller_add_process(t.poller, 0, 0, &second), -ESRCH);
    assert_int_equal(hp_poller_add_process(t.poller, -1, 0, &second), -ESRCH);
    assert_int_equal(second, 7);
}

static void become_zombie(pid_t pid, int gate[2]) {
    siginfo_t info;
    close_pair(gate);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* ESRCH, of a child that is not yet reaped and can be signalled. */
static void a_process_that_ended_before_is_found(void **state) {
    (void)state;
    hp_token token;
    int gate[2];
    const pid_t pid = child_that_waits(gate);
    const unsigned before = registered();
    become_zombie(pid, gate);
    fake_orders.zombies_are_gone = true;
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &token), 0);
    assert_ended(token, pid);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &token), 0);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(registered(), before);
    assert_int_equal(waitpid(pid, 0, 0), pid);
}

static void block(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, 0);
}

static void a_signal_is_found_when_it_is_sent(void **state) {
    (void)state;
    hp_token token, second = 7;
    int here;
    block(SIGUSR1);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR1, &here, &token), 0);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR1, 0, &second), -EEXIST);
    assert_nothing(&t.batch);
    for (int i = 0; i < 3; i++) {
        kill(getpid(), SIGUSR1);
        const struct hp_event *event = only_event(&t.batch, soon());
        assert_true(event && event->token == token && event->kind == HP_POLL_SIGNAL);
        assert_true(event->value == SIGUSR1 && event->data == &here);
        assert_nothing(&t.batch);
    }
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR1, 0, &second), 0);
    assert_int_equal(hp_poller_remove(t.poller, second, 0, HP_NOW), 0);
}

/* The numbers are the BSDs' own: 9 and 17. */
static void what_is_no_signal_is_refused(void **state) {
    (void)state;
    static const int wrong[] = {0, -1, 129, 1000, 9, 17};
    hp_token token = 7;
    for (size_t i = 0; i < HP_COUNT(wrong); i++)
        assert_int_equal(hp_poller_add_signal(t.poller, wrong[i], 0, &token), -EINVAL);
    assert_int_equal(token, 7);
}

/* ---- A fork ---------------------------------------------------------------------------------- */

/* By the time that the child knows of it another file has the number. */
static bool is_kept(void (*then)(void)) {
    const int number = t.poller->fd;
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (dup2(fd, number) != number) _exit(2);
        then();
        _exit(fcntl(number, F_GETFD) < 0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void after_fork(void) {
    if (hp_poller_after_fork(t.poller) != 0) _exit(3);
}

static void close_it(void) { hp_poller_close(t.poller); }

static void a_forked_child_closes_nobody_elses(void **state) {
    (void)state;
    assert_true(is_kept(after_fork));
    assert_true(is_kept(close_it));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_signal_makes_no_change_twice),
        TEST(one_call_changes_both_directions),
        TEST(what_is_half_added_is_taken_back),
        TEST(what_is_half_changed_is_as_before),
        TEST(both_are_taken_away),
        TEST(a_stranger_is_not_registered_by_a_change),
        TEST(priority_is_refused),
        TEST(both_directions_of_a_oneshot_are_found_once),
        TEST(a_oneshot_is_at_rest_once_it_is_found),
        TEST(what_is_not_asked_for_is_not_found_again_and_again),
        TEST(more_than_one_call_finds_is_found_by_the_next),
        TEST(a_process_is_found_when_it_ends),
        TEST(a_process_that_ended_before_is_found),
        TEST(a_signal_is_found_when_it_is_sent),
        TEST(what_is_no_signal_is_refused),
        TEST(a_forked_child_closes_nobody_elses),
    };
    signal(SIGPIPE, SIG_IGN);
    return run_poll_tests(tests);
}
