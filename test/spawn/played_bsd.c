/* SPDX-License-Identifier: MIT */
/* What src/spawn's files for the BSDs need and Linux has not: a kqueue that watches one process, so
 * that the pidfd or the timer itself can lie where it lay; FreeBSD's signals above 64 and its
 * procctl; and OpenBSD's vfork, which copies the memory. The rest is the real thing, of the C
 * library or of the kernel. HP_PLAYED: "copies", "none" (no vfork), "zombies" (ESRCH, as macOS),
 * "unborn" (no kqueue1), parted by '+'. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "kevent.h"
#include "played_bsd.h"

struct played played;

static bool plays(const char *word) {
    const char *words = getenv("HP_PLAYED");
    return words && strstr(words, word);
}

/* ---- kqueue ---------------------------------------------------------------------------------- */

static bool has_ended(int pid) {
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid;
}

static int process_source(int pid) {
    if (plays("zombies") && has_ended(pid)) return -ESRCH;
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

static int timer_source(int64_t milliseconds) {
    const struct itimerspec once = {.it_value = {0, milliseconds * 1000000}};
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    return timerfd_settime(fd, 0, &once, 0) < 0 ? -errno : fd;
}

static long kevent_played(int kqueue, const struct hp_kevent *change) {
    const bool is_timer = change->filter == (hp_kevent_filter)KEV_TIMER;
    const bool is_end = change->filter == (hp_kevent_filter)KEV_PROC &&
                        change->fflags == KEV_NOTE_EXIT && change->flags & KEV_ADD;
    if (!is_timer && !is_end) return -EINVAL;
    played.timers += is_timer;
    played.processes += is_end;
    const int source = is_timer ? timer_source(change->data) : process_source((int)change->ident);
    if (source < 0) return source;
    dup3(source, kqueue, O_CLOEXEC);
    close(source);
    return 0;
}

static long kqueue_played(bool marked) {
    if (marked && plays("unborn")) return -ENOSYS;
    played.kqueues++;
    return eventfd(0, EFD_CLOEXEC);
}

/* ---- The rest -------------------------------------------------------------------------------- */

long __real_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f);
long __wrap_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f);
long __wrap_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    if (call == HP_CALL_kqueue) return kqueue_played(false);
    if (call == HP_CALL_kqueue1) return kqueue_played(true);
    if (call == HP_CALL_kevent) return kevent_played((int)a, (const struct hp_kevent *)b);
    if (call == HP_CALL_rt_sigaction && a > 64) {
        played.signals_above++; /* seen by the parent where the memory is one */
        return 0;
    }
    return __real_gate_enter(call, a, b, c, d, e, f);
}

int __real_hp_sys_vfork_run(void (*function)(void *), void *argument);
int __wrap_hp_sys_vfork_run(void (*function)(void *), void *argument);
int __wrap_hp_sys_vfork_run(void (*function)(void *), void *argument) {
    if (plays("none")) return -ENOSYS;
    if (!plays("copies")) return __real_hp_sys_vfork_run(function, argument);
    const long pid = syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) function(argument);
    return pid < 0 ? -errno : (int)pid;
}

int hp_sys_fexecve(int file, const char *const *argv, const char *const *envp);
int hp_sys_fexecve(int file, const char *const *argv, const char *const *envp) {
    syscall(SYS_execveat, file, "", argv, envp, AT_EMPTY_PATH);
    return -errno;
}

int hp_sys_die_with_parent(int signal);
int hp_sys_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal) < 0 ? -errno : 0; }
