/* SPDX-License-Identifier: MIT */
/* Processes and signals: an end is found once and reaped by who registered it, a signal is taken
 * once however many wait, and what the poller made for them is gone with them. */
#include "poll_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

enum { ROOM = 8, CHILDREN = 20, SIGNALS = 200 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int descriptors;
} t;

static int set_up(void **state) {
    fresh(state);
    t.descriptors = descriptors();
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    assert_int_equal(descriptors(), t.descriptors);
    return 0;
}

static pid_t child_that_ends(int gate[2]) {
    char byte;
    const pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) != 0);
    }
    assert_true(pid > 0);
    return pid;
}

static void the_end_of_a_process_is_found_once(void **state) {
    (void)state;
    int gate[2], here, status;
    hp_token token;
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    const pid_t pid = child_that_ends(gate);
    assert_int_equal(hp_poller_add_process(t.poller, pid, &here, &token), 0);
    assert_nothing(&t.batch);
    close_pair(gate);
    const struct hp_event *event = only_event(&t.batch, soon());
    assert_true(event && event->token == token && event->kind == HP_POLL_PROCESS);
    assert_true(event->value == pid && event->data == &here);
    assert_nothing(&t.batch);
    assert_int_equal(waitpid(pid, &status, WNOHANG), pid);
    assert_nothing(&t.batch);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_READABLE), -EINVAL);
    assert_int_equal(hp_poller_remove(t.poller, token, &t.batch, HP_NOW), 0);
}

static void each_of_many_children_is_told_apart(void **state) {
    (void)state;
    int gate[2], found = 0;
    pid_t pids[CHILDREN];
    hp_token token;
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    for (intptr_t i = 0; i < CHILDREN; i++) {
        pids[i] = child_that_ends(gate);
        assert_int_equal(hp_poller_add_process(t.poller, pids[i], (void *)i, &token), 0);
    }
    close_pair(gate);
    while (found < CHILDREN) {
        const struct hp_event *event;
        assert_true(hp_batch_wait(&t.batch, soon()) > 0);
        while (hp_batch_next(&t.batch, &event)) {
            const pid_t pid = (pid_t)event->value;
            assert_int_equal(pids[(intptr_t)event->data], pid);
            assert_int_equal(waitpid(pid, 0, WNOHANG), pid);
            assert_int_equal(hp_poller_remove(t.poller, event->token, &t.batch, HP_NOW), 0);
            found++;
        }
    }
    assert_nothing(&t.batch);
}

static void no_process_is_told(void **state) {
    (void)state;
    hp_token token = 7;
    int gate[2];
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    const pid_t pid = child_that_ends(gate);
    close_pair(gate);
    assert_int_equal(waitpid(pid, 0, 0), pid);
    assert_int_equal(hp_poller_add_process(t.poller, pid, 0, &token), -ESRCH);
    assert_int_equal(hp_poller_add_process(t.poller, 0, 0, &token), -ESRCH);
    assert_int_equal(hp_poller_add_process(t.poller, -1, 0, &token), -ESRCH);
    assert_int_equal(token, 7);
}

static void a_signal_is_taken_once(void **state) {
    (void)state;
    hp_token token;
    int here;
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR1, &here, &token), 0);
    assert_nothing(&t.batch);
    for (int i = 0; i < 3; i++) {
        kill(getpid(), SIGUSR1);
        const struct hp_event *event = only_event(&t.batch, soon());
        assert_true(event && event->token == token && event->kind == HP_POLL_SIGNAL);
        assert_true(event->value == SIGUSR1 && event->data == &here);
        sigpending(&pending);
        assert_int_equal(sigismember(&pending, SIGUSR1), 0);
        assert_nothing(&t.batch);
    }
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
}

static void what_is_no_signal_is_refused(void **state) {
    (void)state;
    static const int wrong[] = {0, -1, 65, 1000, SIGKILL, SIGSTOP};
    hp_token token = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(hp_poller_add_signal(t.poller, wrong[i], 0, &token), -EINVAL);
    assert_int_equal(token, 7);
}

/* ---- Many threads, queued signals: each is one thread's -------------------------------------- */

enum { TAKERS = 3 };
static int taken, stop;

static void *take_signals(void *argument) {
    struct hp_event room[4];
    struct hp_batch batch;
    hp_batch_open(&batch, t.poller, room, 4);
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        const struct hp_event *event;
        hp_batch_wait(&batch, hp_sys_after(MILLISECOND));
        while (hp_batch_next(&batch, &event))
            if (event->kind == HP_POLL_SIGNAL) __atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
    }
    hp_batch_close(&batch);
    return argument;
}

static void queued_signals_are_shared_out(void **state) {
    (void)state;
    const int number = SIGRTMIN + 1;
    const union sigval value = {.sival_int = 0};
    pthread_t takers[TAKERS];
    hp_token token;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, 0);
    assert_int_equal(hp_poller_add_signal(t.poller, number, 0, &token), 0);
    for (int i = 0; i < TAKERS; i++) pthread_create(&takers[i], 0, take_signals, 0);
    for (int i = 0; i < SIGNALS; i++)
        while (sigqueue(getpid(), number, value) != 0) sched_yield();
    const hp_deadline deadline = soon();
    while (__atomic_load_n(&taken, __ATOMIC_SEQ_CST) < SIGNALS && hp_sys_now() < deadline)
        sched_yield();
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < TAKERS; i++) pthread_join(takers[i], 0);
    assert_int_equal(taken, SIGNALS);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
}

/* Closing the poller with both still registered: tear_down counts descriptors. */
static void closing_closes_what_it_made(void **state) {
    (void)state;
    hp_token token;
    assert_int_equal(hp_poller_add_process(t.poller, getpid(), 0, &token), 0);
    assert_int_equal(hp_poller_add_signal(t.poller, SIGUSR2, 0, &token), 0);
    assert_int_equal(hp_poller_add_timer(t.poller, HP_FOREVER, 0, &token), 0);
    assert_true(descriptors() > t.descriptors);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_end_of_a_process_is_found_once),
        TEST(each_of_many_children_is_told_apart),
        TEST(no_process_is_told),
        TEST(a_signal_is_taken_once),
        TEST(what_is_no_signal_is_refused),
        TEST(queued_signals_are_shared_out),
        TEST(closing_closes_what_it_made),
    };
    return run_poll_tests(tests);
}
