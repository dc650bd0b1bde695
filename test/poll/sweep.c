/* SPDX-License-Identifier: MIT */
/* Every public function that enters the kernel, with its n-th entry of each call failing, n = 1, 2,
 * 3..., by each error that call may answer, once and from then on. Whatever it answers: descriptors
 * and regions are as before, what was registered is found, and once nothing fails a second try
 * works. */
#include "poll_test.h"

#include <signal.h>

enum { ROOM = 8, CALLS_MAX = 20 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int ends[2], other[2];
    hp_token kept, victim, made;
} t;

static uint64_t regions(void) {
    struct hp_vm_totals now;
    hp_vm_stats(&now);
    return now.regions;
}

/* ---- What is swept. Each may be asked for twice. --------------------------------------------- */

static int do_open(void) {
    struct hp_poller *poller;
    const int answer = hp_poller_open(&poller, 0);
    if (answer == 0) hp_poller_close(poller);
    return answer;
}
static int remade(int answer) {
    if (answer == 0) hp_poller_remove(t.poller, t.made, 0, HP_NOW);
    return answer;
}
static int do_add(void) {
    return remade(hp_poller_add(t.poller, t.other[0], HP_POLL_READABLE, 0, &t.made));
}
static int do_modify(void) { return hp_poller_modify(t.poller, t.victim, HP_POLL_WRITABLE); }
static int do_timer(void) {
    return remade(hp_poller_add_timer(t.poller, HP_FOREVER - 1, 0, &t.made));
}
static int do_many_timers(void) {
    hp_token first = 0, token;
    for (int i = 0; i < 10000; i++) {
        const int answer = hp_poller_add_timer(t.poller, HP_FOREVER - 1, 0, &token);
        if (answer < 0) return answer;
        if (!first) first = token;
    }
    return remade((t.made = first, 0));
}
static int do_process(void) {
    return remade(hp_poller_add_process(t.poller, getpid(), 0, &t.made));
}
static int do_signal(void) { return remade(hp_poller_add_signal(t.poller, SIGUSR1, 0, &t.made)); }
static int do_wake(void) { return hp_poller_wake(t.poller); }
static int do_wait(void) {
    const int found = hp_batch_wait(&t.batch, HP_NOW);
    return found < 0 ? found : 0;
}
static int do_timed_wait(void) {
    const int found = hp_batch_wait(&t.batch, hp_sys_after(100000));
    return found < 0 ? found : 0;
}
/* Gone whatever it answers, but for a stale one. */
static int do_remove(void) {
    hp_poller_remove(t.poller, t.victim, 0, HP_NOW);
    return hp_poller_remove(t.poller, t.victim, 0, HP_NOW) == -ESTALE ? 0 : -1;
}
static int do_after_fork(void) {
    const int answer = hp_poller_after_fork(t.poller);
    if (answer >= 0) hp_batch_open(&t.batch, t.poller, t.room, ROOM);
    return answer;
}

static const struct subject {
    const char *name;
    int (*run)(void);
    bool rebuilds; /* a registration may be lost by it, and is then said to be */
} subjects[] = {
    {"open", do_open, false},
    {"add", do_add, false},
    {"modify", do_modify, false},
    {"timer", do_timer, false},
    {"many timers", do_many_timers, false},
    {"process", do_process, false},
    {"signal", do_signal, false},
    {"wake", do_wake, false},
    {"wait", do_wait, false},
    {"timed wait", do_timed_wait, false},
    {"remove", do_remove, false},
    {"after fork", do_after_fork, true},
};

static const enum hp_call swept[] = {
    HP_CALL_mmap,      HP_CALL_mprotect,     HP_CALL_epoll_create1, HP_CALL_epoll_create,
    HP_CALL_epoll_ctl, HP_CALL_epoll_pwait2, HP_CALL_epoll_pwait,   HP_CALL_ppoll,
    HP_CALL_eventfd2,  HP_CALL_pipe2,        HP_CALL_fcntl,         HP_CALL_statx,
    HP_CALL_signalfd4, HP_CALL_pidfd_open,   HP_CALL_read,          HP_CALL_write,
    HP_CALL_membarrier};
static const int errors[] = {ENOMEM, EMFILE, EINVAL, EPERM, ENOSYS, EBADF, EAGAIN, E2BIG, ENOSPC};

struct trial {
    const struct subject *subject;
    enum hp_call call;
    unsigned n;
    int error;
    bool onwards;
};

static void fail_trial(const struct trial *trial, const char *what) {
    fail_msg("%s, call %s number %u, %s%s: %s", trial->subject->name,
             hp_sys_call_row(trial->call)->name, trial->n, hp_error_name(trial->error),
             trial->onwards ? " from then on" : "", what);
}

static void set_up_trial(void) {
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    make_pair(t.ends);
    make_pair(t.other);
    t.kept = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    t.victim = add(t.poller, t.ends[1], HP_POLL_READABLE, 0);
}

static void tear_down_trial(void) {
    hp_poller_close(t.poller);
    close_pair(t.ends);
    close_pair(t.other);
}

/* What was registered before is found, and a wake is heard. */
static bool still_works(void) {
    const struct hp_event *event;
    bool kept = false, woken = false;
    if (write(t.ends[1], "x", 1) != 1 || hp_poller_wake(t.poller) != 0) return false;
    if (hp_batch_wait(&t.batch, soon()) < 1) return false;
    while (hp_batch_next(&t.batch, &event)) {
        kept |= event->token == t.kept;
        woken |= event->kind == HP_POLL_WAKE;
    }
    return kept && woken;
}

/* Whether the rule struck: false ends the row. */
static bool strike(const struct trial *trial) {
    const int before = descriptors();
    const uint64_t held = regions();
    set_up_trial();
    open_fail(trial->call, trial->n, trial->error, trial->onwards);
    const int answer = trial->subject->run();
    const bool struck = open_struck() > 0;
    fresh(0);
    const bool lost = trial->subject->rebuilds && answer > 0;
    if (answer < 0 && trial->subject->run() < 0) fail_trial(trial, "no second try works");
    if (!lost && !still_works()) fail_trial(trial, "what was registered is not found");
    tear_down_trial();
    if (descriptors() != before) fail_trial(trial, "a descriptor is left");
    if (regions() != held) fail_trial(trial, "memory is left");
    return struck;
}

static unsigned sweep(const struct subject *subject, enum hp_call call, bool onwards) {
    unsigned trials = 0;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        struct trial trial = {subject, call, 1, errors[e], onwards};
        while (trial.n <= CALLS_MAX && strike(&trial)) trial.n++;
        trials += trial.n - 1;
        if (trial.n == 1) break; /* it makes no such call */
    }
    return trials;
}

static void each_call_of_each_function_fails(void **state) {
    (void)state;
    unsigned trials = 0;
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++)
        for (size_t c = 0; c < sizeof swept / sizeof *swept; c++)
            trials += sweep(&subjects[s], swept[c], false) + sweep(&subjects[s], swept[c], true);
    print_message("%u trials\n", trials);
    assert_true(trials > 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_call_of_each_function_fails, fresh, fresh),
    };
    return run_poll_tests(tests);
}
