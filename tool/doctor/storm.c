/* SPDX-License-Identifier: MIT */
/* A thread of its own waits, so that a call which never comes back leaves the command able to say
 * so. */
#include "storm.h"

#include <errno.h>
#include <hardpan.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { SIGNAL = SIGURG, PERIOD = 500000 };
#define GIVE_UP INT64_C(5000000000) /* long for a call that is fed, on however busy a machine */

/* One at a time. Static, because a thread that never comes back outlives its storm. */
static struct {
    const struct storm *storm;
    atomic_uint struck;
    atomic_int thread; /* 0 until it runs */
    atomic_bool over;
    long answer;
    bool stuck;
} now;

static void handle(int signal) {
    (void)signal;
    if (atomic_fetch_add(&now.struck, 1) + 1 == STORM_FEEDS && now.storm->feed) now.storm->feed();
}

/* Whoever started us may have blocked the signal, and a mask lives through exec. */
static void *wait_in_storm(void *unused) {
    sigset_t only;
    (void)unused;
    sigemptyset(&only);
    sigaddset(&only, SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &only, 0);
    atomic_store(&now.thread, hp_sys_gettid());
    now.answer = now.storm->wait();
    atomic_store(&now.over, true);
    return 0;
}

static bool wants_signal(void) {
    return atomic_load(&now.thread) && !atomic_load(&now.over) &&
           atomic_load(&now.struck) < STORM_FEEDS;
}

/* Until the call is over. Where no signal can be sent it is fed from here, or it would wait on. */
static int strike(void) {
    const hp_deadline until = hp_sys_after(GIVE_UP);
    int code = 0;
    while (!atomic_load(&now.over)) {
        hp_sys_sleep(hp_sys_after(PERIOD));
        if (hp_sys_now() > until) return -ETIMEDOUT;
        if (code || !wants_signal()) continue;
        code = hp_sys_tgkill(hp_sys_getpid(), atomic_load(&now.thread), SIGNAL);
        if (code == -ESRCH) code = 0; /* it has just ended */
        if (code && now.storm->feed) now.storm->feed();
    }
    return code;
}

static void prepare(const struct storm *storm) {
    now.storm = storm;
    atomic_store(&now.struck, 0);
    atomic_store(&now.thread, 0);
    atomic_store(&now.over, false);
}

static int run_thread(void) {
    pthread_t waiter;
    int code = -pthread_create(&waiter, 0, wait_in_storm, 0);
    if (code) return code;
    code = strike();
    now.stuck = code == -ETIMEDOUT;
    if (now.stuck)
        pthread_detach(waiter);
    else
        pthread_join(waiter, 0);
    return code;
}

int storm_run(const struct storm *storm, long *answer, unsigned *struck) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART}, kept;
    if (now.stuck) return -EBUSY;
    prepare(storm);
    sigemptyset(&action.sa_mask);
    sigaction(SIGNAL, &action, &kept);
    const int code = run_thread();
    sigaction(SIGNAL, &kept, 0);
    *answer = code ? 0 : now.answer;
    *struck = atomic_load(&now.struck);
    return code;
}
