/* SPDX-License-Identifier: MIT */
/* Processes. Nothing is kept about them here: a number that is remembered is wrong after a raw
 * clone. */
#include "enter.h"
#include "flags.h"

int hp_sys_getpid(void) { return (int)ENTER0(getpid); }

int hp_sys_getppid(void) { return (int)ENTER0(getppid); }

int hp_sys_gettid(void) { return (int)ENTER0(gettid); }

int hp_sys_sched_yield(void) { return (int)ENTER0(sched_yield); }

int hp_sys_fork(unsigned long flags, int *pidfd) {
    if (flags & FLAG_CLONE_VM) return -HP_EINVAL;
    return (int)ENTER5(clone, flags, 0, pidfd, 0, 0);
}

int hp_sys_clone3(void *arguments, size_t size) {
    const uint64_t *flags = arguments; /* the first field of struct clone_args */
    if (arguments && size >= sizeof *flags && *flags & FLAG_CLONE_VM) return -HP_EINVAL;
    return (int)ENTER2(clone3, arguments, size);
}

int hp_sys_wait4(int pid, int *status, int options, struct rusage *usage) {
    return (int)ENTER4(wait4, pid, status, options, usage);
}

int hp_sys_waitid(int type, int id, void *info, int options, struct rusage *usage) {
    return (int)ENTER5(waitid, type, id, info, options, usage);
}

void hp_sys_exit(int status) {
    for (;;) ENTER1(exit_group, status);
}

int hp_sys_kill(int pid, int signal) { return (int)ENTER2(kill, pid, signal); }

int hp_sys_tgkill(int process, int thread, int signal) {
    return (int)ENTER3(tgkill, process, thread, signal);
}

int hp_sys_pidfd_open(int pid, unsigned flags) { return (int)ENTER2(pidfd_open, pid, flags); }

int hp_sys_pidfd_send_signal(int pidfd, int signal, void *info, unsigned flags) {
    return (int)ENTER4(pidfd_send_signal, pidfd, signal, info, flags);
}

int hp_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return (int)ENTER5(prctl, option, a, b, c, d);
}

int hp_sys_prlimit(int pid, int resource, const void *fresh, void *old) {
    return (int)ENTER4(prlimit64, pid, resource, fresh, old);
}

int hp_sys_personality(unsigned long persona) { return (int)ENTER1(personality, persona); }

int hp_sys_unshare(int flags) { return (int)ENTER1(unshare, flags); }

int hp_sys_uname(void *name) { return (int)ENTER1(uname, name); }

long hp_sys_getrandom(void *buffer, size_t length, unsigned flags) {
    return ENTER3(getrandom, buffer, length, flags);
}
