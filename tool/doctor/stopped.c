/* SPDX-License-Identifier: MIT */
/* Two processes, because who stops a child is told of it, and this process must not be. */
#include "stopped.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "probe.h"

enum { EVERY_CHILD = 0x40000000, SETTLE = 1500000, PATIENCE = 200000000 };

/* Shared by three processes. */
struct shared {
    atomic_bool asleep; /* or about to be; began is then set */
    int64_t began;
    struct stopped seen;
    int code;
};

static void die_with_parent(void) { hp_sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

static void sleeper(struct shared *shared) {
    const struct kernel_time time = {0, shared->seen.length};
    const long arguments[6] = {CLOCK_MONOTONIC, 0, (long)&time, 0, 0, 0};
    struct stopped *seen = &shared->seen;
    die_with_parent();
    seen->asked = seen->number = call_number("clock_nanosleep");
    shared->began = hp_sys_now();
    atomic_store(&shared->asleep, true);
    seen->answer = hp_sys_observe(&seen->number, arguments);
    seen->slept = hp_sys_now() - shared->began;
    hp_sys_exit(0);
}

/* False when it never got so far: a sandbox may have killed it. */
static bool falls_asleep(struct shared *shared) {
    const hp_deadline until = hp_sys_after(PATIENCE);
    while (!atomic_load(&shared->asleep)) {
        if (hp_sys_now() > until) return false;
        hp_sys_sched_yield();
    }
    hp_sys_sleep(hp_sys_after(SETTLE));
    return true;
}

/* -EAGAIN when the sleep may have been over before the stop. */
static int stop_and_continue(struct shared *shared, int child) {
    int status = 0;
    hp_sys_kill(child, falls_asleep(shared) ? SIGSTOP : SIGKILL);
    const int met = hp_sys_wait4(child, &status, WUNTRACED | EVERY_CHILD, 0);
    const int64_t late = hp_sys_now() - shared->began;
    if (met != child || !WIFSTOPPED(status)) return -EAGAIN; /* and it is gone */
    hp_sys_kill(child, SIGCONT);
    hp_sys_wait4(child, 0, EVERY_CHILD, 0);
    return late < shared->seen.length ? 0 : -EAGAIN;
}

static void parent_of_sleeper(struct shared *shared) {
    die_with_parent();
    const int child = hp_sys_fork(0, 0);
    if (!child) sleeper(shared);
    shared->code = child < 0 ? child : stop_and_continue(shared, child);
    hp_sys_exit(0);
}

/* A sleep that was over before the stop because it was too short needed no stop to be seen. */
static bool ended_early(const struct stopped *seen) {
    return seen->slept && seen->slept < seen->length;
}

int stop_a_sleep(int64_t length, struct stopped *seen) {
    void *page;
    int code =
        hp_sys_mmap(0, sizeof(struct shared), READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0, &page);
    if (code) return code;
    struct shared *shared = page;
    shared->seen.length = length;
    shared->code = -ECHILD; /* stays when the child does not live to say otherwise */
    const int child = hp_sys_fork(0, 0);
    if (!child) parent_of_sleeper(shared);
    code = child < 0 ? child : hp_sys_wait4(child, 0, EVERY_CHILD, 0);
    *seen = shared->seen;
    if (code > 0) code = shared->code == -EAGAIN && ended_early(seen) ? 0 : shared->code;
    hp_sys_munmap(page, sizeof *shared);
    return code;
}
