/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef HP_SYS_SYS_H
#define HP_SYS_SYS_H

#include <hardpan/sys.h>

#include "base.h"

/* An address is an error only in the last page: on 32-bit systems good addresses are negative
 * longs. */
#define HP_ERRNO_MAX 4095
HP_INLINE bool hp_sys_is_error(long answer) {
    return (unsigned long)answer > -(unsigned long)HP_ERRNO_MAX - 1;
}

/* What the kernel calls __kernel_timespec: 64 bits each on every architecture, for the calls of
 * Linux 5.1 and later. */
struct hp_kernel_time {
    int64_t sec;
    int64_t nsec;
};

HP_INLINE struct hp_kernel_time hp_kernel_time(int64_t nanoseconds) {
    const struct hp_kernel_time time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return time;
}

/* What is left until the deadline, never negative. NULL for HP_FOREVER, else left. */
const struct hp_kernel_time *hp_time_left(hp_deadline deadline, struct hp_kernel_time *left);

/* Calls that the library makes and nobody else should. */

/* An epoll without close-on-exec, for kernels before epoll_create1 (2.6.27) and filters that know
 * only this one. Under hp_fork_lock (lock.h) until the flag is set. */
int hp_sys_epoll_create(int size);

/* A kqueue that is close-on-exec from birth: kqueuex of FreeBSD 14, kqueue1 of NetBSD and
 * OpenBSD. */
int hp_sys_kqueue1(void);

/* What kind of file it is, where there is no statx: `kind` is the system's own struct stat. */
int hp_sys_fstat(int fd, void *kind);

/* A memory barrier in every thread of this process that runs, or the request for the right to one
 * (MEMBARRIER_CMD_*). Linux 4.14 for the kinds that are quick. */
int hp_sys_membarrier(int command);

/* What kind of file it is: `kind` is struct statx, 256 bytes that are one on every architecture.
 * Linux 4.11. */
int hp_sys_statx(int directory, const char *path, int flags, unsigned mask, void *kind);

/* What a child does to itself before it executes (child.c). As the kernel has them: of one thread,
 * where a C library's functions of that name tell every thread of the process. */

/* Makes `to` a copy of `from` that stays open when a program is executed. -EINVAL: they are one. */
int hp_sys_dup3_leaky(int from, int to);
/* `fresh` and `old` are the kernel's: handler, flags, where it has one a restorer, 64 signals. */
int hp_sys_sigaction(int number, const void *fresh, void *old);
/* Sets and tells which signals are blocked: CHILD_SIGNAL_WORDS of the system's child.h, all that
 * its kernel has; either may be NULL. */
int hp_sys_sigmask(const uint64_t *fresh, uint64_t *old);
int hp_sys_chdir(const char *path);
int hp_sys_fchdir(int fd);
int hp_sys_umask(unsigned mask);
int hp_sys_setsid(void);
int hp_sys_setpgid(int pid, int group);
int hp_sys_setpriority(int which, int who, int priority);
int hp_sys_sched_setscheduler(int thread, int policy, const int *priority);
int hp_sys_sched_getscheduler(int thread);
int hp_sys_setgroups(size_t count, const unsigned *groups);
int hp_sys_setresgid(unsigned real, unsigned effective, unsigned saved);
int hp_sys_setresuid(unsigned real, unsigned effective, unsigned saved);
int hp_sys_getresgid(unsigned ids[3]);
int hp_sys_getresuid(unsigned ids[3]);
int hp_sys_execve(const char *path, const char *const *argv, const char *const *envp);
int hp_sys_execveat(int directory, const char *path, const char *const *argv,
                    const char *const *envp, int flags);

/* A process or thread that runs function(argument) on a stack of its own, or on a copy of this one
 * if there is none, and ends, if that comes back, as a thread does. Its pid, here. Nothing of the C
 * library knows of it: the function may use nothing that lies in thread-local storage, which is the
 * caller's. By clone3 with the kernel's struct clone_args, and by clone with its flags, the top of
 * the stack, a place for a pidfd, and a word that is set to 0 and waked when it ends. */
int hp_sys_clone3_run(void *arguments, size_t size, void (*function)(void *), void *argument);
int hp_sys_clone_run(unsigned long flags, void *top, int *pidfd, uint32_t *ended,
                     void (*function)(void *), void *argument);

/* What the BSDs and macOS have in place of that, through their C library (door/libc/bsd). A child
 * that runs function(argument), which never comes back. Its pid, here: by vfork when it executes or
 * is no more, by fork at once. By vfork it is in this memory and uses the stack below the caller's,
 * but on OpenBSD, where it is a copy. -ENOSYS: no vfork that is to be used. */
int hp_sys_vfork_run(void (*function)(void *), void *argument);
int hp_sys_fork_run(void (*function)(void *), void *argument);
/* As dup3_leaky, and nothing where they are one. */
int hp_sys_dup2(int from, int to);
void hp_sys_closefrom(int first);
int hp_sys_setrlimit(int resource, const uint64_t pair[2]);
/* A signal that is blocked and pending is not any more. */
void hp_sys_take_back(int number);
/* FreeBSD: executes a descriptor; asks for a signal when the parent process ends. */
int hp_sys_fexecve(int file, const char *const *argv, const char *const *envp);
int hp_sys_die_with_parent(int signal);

/* hp_sys_futex_wait for a word that the kernel itself clears and wakes, as for clone's `ended`: it
 * wakes those who wait for shared memory. And who does so in its place. */
int hp_sys_futex_wait_kernel(const uint32_t *word, uint32_t value, hp_deadline deadline);
int hp_sys_futex_wake_kernel(const uint32_t *word, int count);

#endif
