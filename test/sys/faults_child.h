/* SPDX-License-Identifier: MIT */
/* The rows of faults.c that a child needs before it executes, with arguments to be known again. */
#ifndef FAULTS_CHILD_H
#define FAULTS_CHILD_H

/* clang-format off */
static long by_rt_sigaction(void) { return hp_sys_sigaction(1, P(2), P(3)); }
static long by_rt_sigprocmask(void) { return hp_sys_sigmask(P(1), P(2)); }
static long by_chdir(void) { return hp_sys_chdir(P(1)); }
static long by_fchdir(void) { return hp_sys_fchdir(1); }
static long by_umask(void) { return hp_sys_umask(1); }
static long by_setsid(void) { return hp_sys_setsid(); }
static long by_setpgid(void) { return hp_sys_setpgid(1, 2); }
static long by_sched_setscheduler(void) { return hp_sys_sched_setscheduler(1, 2, P(4)); }
static long by_sched_getscheduler(void) { return hp_sys_sched_getscheduler(1); }
static long by_setpriority(void) { return hp_sys_setpriority(1, 2, 3); }
static long by_setgroups(void) { return hp_sys_setgroups(1, P(2)); }
static long by_setresgid(void) { return hp_sys_setresgid(1, 2, 3); }
static long by_setresuid(void) { return hp_sys_setresuid(1, 2, 3); }
static long by_getresgid(void) { return hp_sys_getresgid(P(4)); }
static long by_getresuid(void) { return hp_sys_getresuid(P(4)); }
static long by_execve(void) { return hp_sys_execve(P(1), P(2), P(3)); }
static long by_execveat(void) { return hp_sys_execveat(1, P(2), P(3), P(4), 5); }

#define CHILD_ROWS \
    ROW(rt_sigaction, 1, 2, 3, KERNEL_SIGSET_BYTES), \
    ROW(rt_sigprocmask, 2, 1, 2, KERNEL_SIGSET_BYTES), \
    ROW(chdir, 1), ROW(fchdir, 1), ROW(umask, 1), ROW(setsid), \
    ROW(setpgid, 1, 2), ROW(setpriority, 1, 2, 3), \
    ROW(sched_setscheduler, 1, 2, 4), ROW(sched_getscheduler, 1), \
    ROW(setgroups, 1, 2), ROW(setresgid, 1, 2, 3), ROW(setresuid, 1, 2, 3), \
    ROW(getresgid, 4, 8, 12), ROW(getresuid, 4, 8, 12), \
    ROW(execve, 1, 2, 3), ROW(execveat, 1, 2, 3, 4, 5)
/* clang-format on */

#endif
