/* SPDX-License-Identifier: MIT */
/* What a child does to itself between its beginning and the program that it executes. */
#include "enter.h"
#include "flags.h"

enum { SET_MASK = 2 /* SIG_SETMASK */ };

int hp_sys_dup3_leaky(int from, int to) { return (int)ENTER3(dup3, from, to, 0); }

int hp_sys_sigaction(int number, const void *fresh, void *old) {
    return (int)ENTER4(rt_sigaction, number, fresh, old, KERNEL_SIGSET_BYTES);
}

int hp_sys_sigmask(const uint64_t *fresh, uint64_t *old) {
    return (int)ENTER4(rt_sigprocmask, SET_MASK, fresh, old, KERNEL_SIGSET_BYTES);
}

int hp_sys_chdir(const char *path) { return (int)ENTER1(chdir, path); }

int hp_sys_fchdir(int fd) { return (int)ENTER1(fchdir, fd); }

int hp_sys_umask(unsigned mask) { return (int)ENTER1(umask, mask); }

int hp_sys_setsid(void) { return (int)ENTER0(setsid); }

int hp_sys_setpgid(int pid, int group) { return (int)ENTER2(setpgid, pid, group); }

int hp_sys_setpriority(int which, int who, int priority) {
    return (int)ENTER3(setpriority, which, who, priority);
}

int hp_sys_sched_setscheduler(int thread, int policy, const int *priority) {
    return (int)ENTER3(sched_setscheduler, thread, policy, priority);
}

int hp_sys_sched_getscheduler(int thread) { return (int)ENTER1(sched_getscheduler, thread); }

int hp_sys_setgroups(size_t count, const unsigned *groups) {
    return (int)ENTER2(setgroups, count, groups);
}

int hp_sys_setresgid(unsigned real, unsigned effective, unsigned saved) {
    return (int)ENTER3(setresgid, real, effective, saved);
}

int hp_sys_setresuid(unsigned real, unsigned effective, unsigned saved) {
    return (int)ENTER3(setresuid, real, effective, saved);
}

int hp_sys_getresgid(unsigned ids[3]) { return (int)ENTER3(getresgid, &ids[0], &ids[1], &ids[2]); }

int hp_sys_getresuid(unsigned ids[3]) { return (int)ENTER3(getresuid, &ids[0], &ids[1], &ids[2]); }

int hp_sys_execve(const char *path, const char *const *argv, const char *const *envp) {
    return (int)ENTER3(execve, path, argv, envp);
}

int hp_sys_execveat(int directory, const char *path, const char *const *argv,
                    const char *const *envp, int flags) {
    return (int)ENTER5(execveat, directory, path, argv, envp, flags);
}
