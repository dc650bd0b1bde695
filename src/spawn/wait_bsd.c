/* SPDX-License-Identifier: MIT */
/* The end of a process, on the BSDs and macOS: seen, reaped, told. Never of any child but this one.
 *
 * Its number is right for as long as nobody reaps, so whoever uses it holds the lock, and reaping
 * is done under it, without waiting. The wait is for a kqueue of the process's own, which is
 * readable when it has ended and stays so: nobody fetches what is in it. */
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "child.h"
#include "kevent.h"
#include "spawn.h"

_Static_assert((int)CHILD_SIGNALS == (int)KEV_SIGNALS, "two of the system's headers differ");

enum { ENDED_AFTER = 1 /* ms: the least that every system takes */ };

/* ---- Reaping --------------------------------------------------------------------------------- */

static int64_t nanoseconds(const struct timeval *time) {
    return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

static struct hp_exit exit_of(int status, const struct rusage *usage) {
    const bool returned = WIFEXITED(status);
    return (struct hp_exit){.code = returned ? WEXITSTATUS(status) : 0,
                            .signal = returned ? 0 : WTERMSIG(status),
                            .dumped = !returned && WCOREDUMP(status),
                            .user = nanoseconds(&usage->ru_utime),
                            .system = nanoseconds(&usage->ru_stime),
                            .memory = (int64_t)usage->ru_maxrss * CHILD_MEMORY_UNIT,
                            .faults_minor = usage->ru_minflt,
                            .faults_major = usage->ru_majflt,
                            .switches_voluntary = usage->ru_nvcsw,
                            .switches_forced = usage->ru_nivcsw};
}

int hp_reap(struct hp_process *process) {
    int status = 0;
    struct rusage usage;
    const int answer = hp_sys_wait4(process->pid, &status, WNOHANG, &usage);
    if (answer <= 0) return answer;
    process->exit = exit_of(status, &usage);
    __atomic_store_n(&process->state, HP_PROCESS_REAPED, __ATOMIC_RELAXED);
    hp_spawn_count(&hp_spawn_counters.waits_number);
    return 1;
}

/* A child that failed before its program: it has ended, or is about to. */
int hp_reap_unseen(int pid, int pidfd) {
    int status;
    (void)pidfd;
    return hp_sys_wait4(pid, &status, 0, 0);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static int watch(int kqueue, uintptr_t ident, int filter, unsigned fflags, int64_t data) {
    const struct hp_kevent change = {.ident = ident,
                                     .filter = (hp_kevent_filter)filter,
                                     .flags = KEV_ADD | KEV_ONESHOT,
                                     .fflags = fflags,
                                     .data = data};
    return hp_sys_kevent(kqueue, &change, 1, 0, 0, HP_NOW);
}

/* A child that has ended and is not reaped is ESRCH on macOS; one that is reaped has no number. It
 * is then as if they ended now. */
static int watch_process(int kqueue, const struct hp_process *process) {
    const uintptr_t pid = (uintptr_t)process->pid;
    const int answer = process->state == HP_PROCESS_REAPED
                           ? -ESRCH
                           : watch(kqueue, pid, KEV_PROC, KEV_NOTE_EXIT, 0);
    if (answer != -ESRCH) return answer;
    return watch(kqueue, pid, KEV_TIMER, 0, ENDED_AFTER);
}

/* Where it is not close-on-exec from birth no fork of this library's comes between. */
static int open_kqueue(void) {
    const int kqueue = hp_sys_kqueue1();
    if (!hp_is_refusal(kqueue)) return kqueue;
    hp_lock(&hp_fork_lock);
    const int marked = hp_sys_kqueue();
    hp_unlock(&hp_fork_lock);
    return marked;
}

/* Under the lock: what is not reaped has its number. */
static int open_watch(struct hp_process *process) {
    const int kqueue = open_kqueue();
    if (kqueue < 0) return kqueue;
    const int answer = watch_process(kqueue, process);
    if (answer < 0) {
        hp_sys_close(kqueue);
        return answer;
    }
    process->fd = kqueue;
    return kqueue;
}

int hp_process_fd(struct hp_process *process) {
    if (hp_process_state(process) < HP_PROCESS_RUNNING) return -EINVAL;
    hp_lock((struct hp_lock *)&process->lock);
    const int answer = process->fd >= 0 ? process->fd : open_watch(process);
    hp_unlock((struct hp_lock *)&process->lock);
    return answer;
}

int hp_await_end(struct hp_process *process, hp_deadline deadline) {
    const int fd = hp_process_fd(process);
    if (fd < 0) return fd;
    struct pollfd poll = {.fd = fd, .events = POLLIN};
    const int answer = hp_sys_poll(&poll, 1, deadline);
    return answer == 0 ? -ETIMEDOUT : answer;
}

int hp_process_close(struct hp_process *process) {
    if (process->state == HP_PROCESS_SUSPENDED) return -EBUSY;
    if (process->fd >= 0) hp_sys_close(process->fd);
    *process = (struct hp_process){.fd = -1};
    return 0;
}
