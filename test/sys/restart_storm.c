/* SPDX-License-Identifier: MIT */
/* The program that showed FreeBSD/amd64 losing argument registers: threads that fork and wait4 with
 * rusage as fourth argument, under a storm of SIGCHLD with SA_RESTART. The handler looks at the
 * interrupted program counter, so that the restarts which proved something are counted and a storm
 * that passed by proves nothing.
 *
 *   restart_storm [waits]        passes when not one answer is wrong
 *   restart_storm waits spoil    the handler does what that kernel did, argument 4 is garbage when
 *                                the call restarts: passes when the same judge sees it
 *
 * Plain main, no test library: it runs as a static program on other kernels too. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <hardpan/sys.h>

#include "context.h"

enum { WAITERS = 3, WAITS = 10000, PATTERN = 0xa5, UNMAPPED = 16, EXIT_STATUS = 42 };

/* Restarts asked for, that the storm may be believed: 500 of 10,000. Measured: 1390 to 2500
 * (doc/restart.md). */
enum { WAITS_PER_RESTART = 20 };

struct waiter {
    pthread_t thread;
    int tid;
    unsigned waits;
    unsigned wrong_pid, wrong_status, no_usage, fault, other;
};

static struct waiter waiters[WAITERS];
static unsigned waits_each;
static bool spoil;
static unsigned restarts, signals, finished;

static void handler(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    __atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
    if (!context_restarts(context, SYS_wait4)) return;
    __atomic_fetch_add(&restarts, 1, __ATOMIC_RELAXED);
    if (spoil) context_spoil_fourth(context, UNMAPPED);
}

/* Not through the gate: another thread may have held its lock when this child was copied. */
static void child(void) {
    for (;;) hp_sys_call(SYS_exit_group, EXIT_STATUS, 0, 0, 0, 0, 0);
}

static bool untouched(const struct rusage *usage) {
    struct rusage pattern;
    memset(&pattern, PATTERN, sizeof pattern);
    return usage->ru_utime.tv_sec == pattern.ru_utime.tv_sec ||
           usage->ru_maxrss == pattern.ru_maxrss || usage->ru_nivcsw == pattern.ru_nivcsw;
}

static void judge(struct waiter *waiter, int pid, int answer, int status,
                  const struct rusage *usage) {
    waiter->waits++;
    if (answer == -EFAULT)
        waiter->fault++;
    else if (answer < 0)
        waiter->other++;
    else if (answer != pid)
        waiter->wrong_pid++;
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_STATUS)
        waiter->wrong_status++;
    else if (untouched(usage))
        waiter->no_usage++;
}

/* On a busy machine the storm may be thin: then it lasts longer, but not for ever. */
static bool goes_on(const struct waiter *waiter) {
    const unsigned enough = waits_each * WAITERS / WAITS_PER_RESTART;
    return waiter->waits < waits_each || (waiter->waits < 8 * waits_each &&
                                          __atomic_load_n(&restarts, __ATOMIC_RELAXED) < enough);
}

static void *wait_in_the_storm(void *argument) {
    struct waiter *waiter = argument;
    __atomic_store_n(&waiter->tid, hp_sys_gettid(), __ATOMIC_RELEASE);
    while (goes_on(waiter)) {
        const int pid = hp_sys_fork(SIGCHLD, 0);
        if (pid == 0) child();
        int status = -1;
        struct rusage usage;
        memset(&usage, PATTERN, sizeof usage);
        const int answer = pid > 0 ? hp_sys_wait4(pid, &status, 0, &usage) : pid;
        judge(waiter, pid, answer, status, &usage);
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    for (;;) {
        const struct timespec pause = {1, 0};
        if (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) > WAITERS) return 0;
        nanosleep(&pause, 0);
    }
}

/* The thread ids stay valid until `finished` exceeds WAITERS: that is why the waiters linger. */
static void storm(void) {
    const int process = hp_sys_getpid();
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < WAITERS) {
        for (int i = 0; i < WAITERS; i++) {
            const int tid = __atomic_load_n(&waiters[i].tid, __ATOMIC_ACQUIRE);
            if (tid) hp_sys_tgkill(process, tid, SIGCHLD);
        }
        const struct timespec pause = {0, 20000};
        nanosleep(&pause, 0);
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < WAITERS; i++) hp_sys_tgkill(process, waiters[i].tid, SIGCHLD);
}

static void listen_for_children(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_RESTART | SA_SIGINFO};
    sigfillset(&action.sa_mask);
    sigaction(SIGCHLD, &action, 0);
}

static struct waiter totals(void) {
    struct waiter all = {0};
    for (int i = 0; i < WAITERS; i++) {
        all.waits += waiters[i].waits;
        all.wrong_pid += waiters[i].wrong_pid;
        all.wrong_status += waiters[i].wrong_status;
        all.no_usage += waiters[i].no_usage;
        all.fault += waiters[i].fault;
        all.other += waiters[i].other;
    }
    return all;
}

static int verdict(const struct waiter *all) {
    const unsigned bad =
        all->wrong_pid + all->wrong_status + all->no_usage + all->fault + all->other;
    const unsigned least = waits_each * WAITERS / WAITS_PER_RESTART;
    printf("storm: %u waits, %u signals, %u restarts, %u bad (pid %u, status %u, usage %u, EFAULT "
           "%u, other %u)\n",
           all->waits, signals, restarts, bad, all->wrong_pid, all->wrong_status, all->no_usage,
           all->fault, all->other);
    if (restarts < least) printf("bad: fewer than %u restarts prove nothing\n", least);
    if (spoil)
        printf(all->fault ? "ok: the spoiled argument was caught\n"
                          : "bad: the spoiled argument passed\n");
    if (!spoil)
        printf(bad ? "bad: a restarted wait4 lost something\n" : "ok: every argument survived\n");
    return restarts >= least && (spoil ? all->fault > 0 : bad == 0) ? 0 : 1;
}

int main(int count, char **words) {
    const unsigned waits = count > 1 ? (unsigned)strtoul(words[1], 0, 10) : WAITS;
    spoil = count > 2 && !strcmp(words[2], "spoil");
    if (!waits || count > 3 || (count > 2 && !spoil)) {
        fprintf(stderr, "usage: restart_storm [waits [spoil]]\n");
        return 2;
    }
    waits_each = (waits + WAITERS - 1) / WAITERS;
    listen_for_children();
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&waiters[i].thread, 0, wait_in_the_storm, &waiters[i]);
    storm();
    for (int i = 0; i < WAITERS; i++) pthread_join(waiters[i].thread, 0);
    const struct waiter all = totals();
    return verdict(&all);
}
