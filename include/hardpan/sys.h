/* SPDX-License-Identifier: MIT */
/* hardpan/sys.h - the one door to the kernel: named calls, -errno, restarts done right.
 *
 * For every function here, unless it says otherwise:
 *   answer   0 or a count or a descriptor, or -errno. EINTR never comes back; what is done instead
 *            is the function's class (enum hp_eintr), data in one table that hp_sys_call_row reads.
 *   safety   any thread, any signal handler, after vfork, before main; not a cancellation point
 *            through the raw door.
 *   cost     one system call and nothing else; the wrapper is the instruction, its register moves
 *            and at most one compare.
 *   memory   nothing is kept: every pointer is the caller's, before and after.
 *   flags    are the kernel's own, from the system's headers (<fcntl.h>, <sys/mman.h>,
 *            <sys/epoll.h>).
 * A function that makes a descriptor makes it close-on-exec, atomically, without being asked. */
#ifndef HARDPAN_SYS_H
#define HARDPAN_SYS_H

#include <hardpan/base.h>

HP_EXTERN_C_BEGIN

struct epoll_event;
struct iovec;
struct msghdr;
struct pollfd;
struct rusage;
struct sockaddr;

/* ---- The table of calls ---------------------------------------------------------------------- */

enum hp_eintr {
    HP_EINTR_NONE,       /* the kernel never answers EINTR */
    HP_EINTR_RETRY,      /* called again with the same arguments */
    HP_EINTR_NEVER,      /* not called again: the work is done (close) */
    HP_EINTR_DEADLINE,   /* called again with what is left until the deadline */
    HP_EINTR_BACKGROUND, /* goes on without the caller (connect): the answer is -EINPROGRESS */
    HP_EINTR_NOCHANGES   /* called again without its changes, which were applied (kevent) */
};

struct hp_call_row {
    const char *name;
    /* on this system; -1: it has no such call, the wrapper answers -ENOSYS */
    int number;
    unsigned char registers; /* how many argument registers are loaded */
    unsigned char eintr;     /* enum hp_eintr */
};

/* Row `index` of the table, or NULL past its end. Static storage. No system call. */
HP_API const struct hp_call_row *hp_sys_call_row(size_t index);

/* The name of an enum hp_eintr, "retry" and so on; NULL for any other number. */
HP_API const char *hp_sys_eintr_name(int eintr);

/* Which door this library was built with: "raw" or "libc". */
HP_API const char *hp_sys_door(void);

/* What this room did beside the plain call, since the program began. Relaxed counters, never
 * reset. */
struct hp_sys_totals {
    uint64_t retries; /* calls entered again after a signal */
    /* clock readings that needed a system call, for want of a vDSO that answers */
    uint64_t clock_calls;
    /* epoll waits rounded up to a millisecond, for want of epoll_pwait2 (Linux 5.11) */
    uint64_t millisecond_waits;
};
HP_API void hp_sys_stats(struct hp_sys_totals *totals);

/* ---- Any call, by number --------------------------------------------------------------------- */

/* One entry, no retry: EINTR does come back. The number register is loaded afresh at each entry (on
 * aarch64 and riscv64 the kernel may hand it back changed). Not counted and not failed by test
 * builds. */
HP_API long hp_sys_call(long number, long a, long b, long c, long d, long e, long f);

/* The same, with *number replaced by what the number register held when the kernel came back: on
 * aarch64 and riscv64 that is the number of restart_syscall after a stop and continue of a sleep,
 * elsewhere the answer itself. Through the libc door the register cannot be seen and *number stays.
 * For `hardpan doctor` and the restart suite. */
HP_API long hp_sys_observe(long *number, const long arguments[6]);

/* ---- Errors ---------------------------------------------------------------------------------- */

/* "ENOMEM" and a text such as "out of memory, or ...", for -ENOMEM or ENOMEM alike, and for the
 * HP_E* codes. NULL for a number that this system does not use. Static storage; no system call; no
 * locale. */
HP_API const char *hp_error_name(int code);
HP_API const char *hp_error_text(int code);

/* ---- Time ------------------------------------------------------------------------------------ */

/* CLOCK_MONOTONIC, in nanoseconds. Through the vDSO where the kernel maps one that answers (no
 * system call; the first use reads the auxiliary vector), else one clock_gettime, counted in
 * clock_calls. Never fails on a kernel that has the clock; elsewhere -errno. vDSO code runs on the
 * caller's stack. */
HP_API int64_t hp_sys_now(void);

/* Deadline `nanoseconds` from now; HP_FOREVER when that does not fit. Negative counts as 0. */
HP_API hp_deadline hp_sys_after(int64_t nanoseconds);

/* Sleeps until the deadline. 0. Entered again after every handler (class DEADLINE), with the same
 * absolute time. clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME); on 32-bit systems Linux 5.1.
 * HP_FOREVER sleeps for good. */
HP_API int hp_sys_sleep(hp_deadline deadline);

/* ---- Memory: the calls themselves. What to do with them is hardpan/vm.h. --------------------- */

/* *out is the address on success and untouched on error. offset is in bytes, a multiple of the page
 * size (on i386 of 4096, and below 16 TiB; -EINVAL otherwise). The address is not compared with the
 * one asked for: that is vm's business. */
HP_API int hp_sys_mmap(void *address, size_t length, int protection, int flags, int fd,
                       int64_t offset, void **out);
HP_API int hp_sys_munmap(void *address, size_t length);
HP_API int hp_sys_mprotect(void *address, size_t length, int protection);
HP_API int hp_sys_madvise(void *address, size_t length, int advice);
/* Bytes advised, which may be fewer than asked for. Linux 5.10. */
HP_API long hp_sys_process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice,
                                   unsigned flags);
HP_API int hp_sys_mincore(void *address, size_t length, unsigned char *resident);
/* All five arguments, always: musl's mremap drops the fifth unless MREMAP_FIXED is set. */
HP_API int hp_sys_mremap(void *old, size_t old_length, size_t new_length, int flags,
                         void *new_address, void **out);
HP_API int hp_sys_mlock(const void *address, size_t length);
HP_API int hp_sys_munlock(const void *address, size_t length);
HP_API int hp_sys_mseal(void *address, size_t length, unsigned long flags); /* Linux 6.10 */
HP_API int hp_sys_mbind(void *address, size_t length, int mode, const unsigned long *nodes,
                        unsigned long bits, unsigned flags);
HP_API int hp_sys_shmget(int key, size_t length, int flags);
HP_API int hp_sys_shmat(int id, const void *address, int flags, void **out);
HP_API int hp_sys_shmdt(const void *address);
HP_API int hp_sys_shmctl(int id, int command, void *buffer);

/* ---- Descriptors ----------------------------------------------------------------------------- */

HP_API long hp_sys_read(int fd, void *buffer, size_t length);
HP_API long hp_sys_write(int fd, const void *buffer, size_t length);
/* Adds O_CLOEXEC. */
HP_API int hp_sys_openat(int directory, const char *path, int flags, unsigned mode);
/* Once, whatever the answer: the descriptor is gone on Linux even when a signal came (EINTR counts
 * as 0). */
HP_API int hp_sys_close(int fd);
HP_API int64_t hp_sys_lseek(int fd, int64_t offset, int whence);
HP_API long hp_sys_getdents64(int fd, void *buffer, size_t length);
HP_API long hp_sys_readlinkat(int directory, const char *path, char *buffer, size_t length);
HP_API int hp_sys_unlinkat(int directory, const char *path, int flags);
HP_API int hp_sys_ftruncate(int fd, int64_t length);
HP_API int hp_sys_ioctl(int fd, unsigned long request, void *argument);
HP_API int hp_sys_fcntl(int fd, int command, long argument);
/* dup without close-on-exec is what the name says; hp_sys_dup3 adds O_CLOEXEC. -EINVAL when from ==
 * to. */
HP_API int hp_sys_dup_leaky(int fd);
HP_API int hp_sys_dup3(int from, int to);
HP_API int hp_sys_pipe2(int fds[2], int flags); /* adds O_CLOEXEC */
/* Linux 5.9; its flags 5.11 */
HP_API int hp_sys_close_range(unsigned first, unsigned last, unsigned flags);
/* adds MFD_CLOEXEC; Linux 3.17 */
HP_API int hp_sys_memfd_create(const char *name, unsigned flags);

/* ---- Polling --------------------------------------------------------------------------------- */

HP_API int hp_sys_epoll_create1(int flags); /* adds EPOLL_CLOEXEC */
HP_API int hp_sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
/* Events found, 0 at the deadline. Nanoseconds through epoll_pwait2 (Linux 5.11); where the kernel
 * has none the wait is rounded up to a millisecond through epoll_pwait, which is remembered and
 * counted in millisecond_waits. Cost: one clock reading and one call per entry; with HP_NOW or
 * HP_FOREVER no clock reading. */
HP_API int hp_sys_epoll_wait(int epoll, struct epoll_event *events, int capacity,
                             hp_deadline deadline);
/* Descriptors ready, 0 at the deadline. ppoll, with a fresh relative time at each entry. */
HP_API int hp_sys_poll(struct pollfd *fds, size_t count, hp_deadline deadline);
HP_API int hp_sys_eventfd(unsigned initial, int flags); /* adds EFD_CLOEXEC */
HP_API int hp_sys_timerfd_create(int clock, int flags); /* adds TFD_CLOEXEC */
/* adds SFD_CLOEXEC */
HP_API int hp_sys_signalfd(int fd, const void *mask, size_t bytes, int flags);
HP_API int hp_sys_inotify_init(int flags); /* adds IN_CLOEXEC */
HP_API int hp_sys_userfaultfd(int flags);  /* adds O_CLOEXEC */
/* always close-on-exec, by the kernel */
HP_API int hp_sys_io_uring_setup(unsigned entries, void *parameters);
/* The BSDs' calls; -ENOSYS on Linux. kevent is entered again with no changes after a signal: the
 * changes have been applied by then. The kqueue is made close-on-exec by a second call, before the
 * descriptor is handed out. */
HP_API int hp_sys_kqueue(void);
HP_API int hp_sys_kevent(int kqueue, const void *changes, int change_count, void *events,
                         int capacity, const void *timeout);

/* Returns 0 when *word no longer holds `value` or a wake came (also a spurious one), -ETIMEDOUT at
 * the deadline. Private futexes, CLOCK_MONOTONIC (FUTEX_WAIT_BITSET): the deadline is the kernel's
 * own, nothing is recomputed. */
HP_API int hp_sys_futex_wait(const uint32_t *word, uint32_t value, hp_deadline deadline);
/* Wakes up to `count` waiters; how many it woke. */
HP_API int hp_sys_futex_wake(const uint32_t *word, int count);

/* ---- Sockets --------------------------------------------------------------------------------- */

HP_API int hp_sys_socket(int family, int type, int protocol); /* adds SOCK_CLOEXEC */
/* adds SOCK_CLOEXEC */
HP_API int hp_sys_socketpair(int family, int type, int protocol, int fds[2]);
/* A signal does not stop a connect: it goes on, and this answers -EINPROGRESS, as for a
 * non-blocking socket. Wait until the socket is writable, then read SO_ERROR. Calling connect again
 * would answer -EALREADY. Only a local (unix) socket on Linux, waiting for room in the listener's
 * queue, does not go on by itself: there this call is entered again, and waits on. */
HP_API int hp_sys_connect(int fd, const struct sockaddr *address, unsigned length);
/* This one and the four below are entered again after a signal with the same arguments, so a
 * timeout set on the socket itself (SO_RCVTIMEO, SO_SNDTIMEO) then begins anew. To wait with a
 * deadline use hp_sys_poll. Adds SOCK_CLOEXEC. */
HP_API int hp_sys_accept4(int fd, struct sockaddr *address, unsigned *length, int flags);
HP_API long hp_sys_sendto(int fd, const void *data, size_t length, int flags,
                          const struct sockaddr *address, unsigned address_length);
HP_API long hp_sys_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                            unsigned *address_length);
/* The message is the kernel's: 64-bit musl's struct has padding in the place of half a length, so
 * set all of it to zero first. */
HP_API long hp_sys_sendmsg(int fd, const struct msghdr *message, int flags);
HP_API long hp_sys_recvmsg(int fd, struct msghdr *message, int flags); /* adds MSG_CMSG_CLOEXEC */

/* ---- Processes ------------------------------------------------------------------------------- */

/* asks the kernel each time: no cache to be wrong after a raw clone */
HP_API int hp_sys_getpid(void);
HP_API int hp_sys_getppid(void);
HP_API int hp_sys_gettid(void);
HP_API int hp_sys_sched_yield(void);
/* A copy of this process: its pid here, 0 there. `flags` are clone's, the exit signal included
 * (SIGCHLD for a fork's; 0 for a child that no SIGCHLD handler and no waitpid(-1) meets); with
 * CLONE_PIDFD *pidfd is the descriptor, otherwise pidfd is NULL. -EINVAL with CLONE_VM, which needs
 * a stack of its own. Bypasses pthread_atfork: in a program with threads the child may only call
 * what is async-signal-safe. */
HP_API int hp_sys_fork(unsigned long flags, int *pidfd);
/* As hp_sys_fork, with the kernel's struct clone_args: -EINVAL with CLONE_VM, whose child would
 * come back to a stack that it shares, or that holds no return address. The flags are read here, so
 * a bad pointer is not answered by -EFAULT. */
HP_API int hp_sys_clone3(void *arguments, size_t size);
/* usage is the kernel's: on i386 its times have 32 bits, whatever the C library's struct has. */
HP_API int hp_sys_wait4(int pid, int *status, int options, struct rusage *usage);
HP_API int hp_sys_waitid(int type, int id, void *info, int options, struct rusage *usage);
HP_API void hp_sys_exit(int status); /* exit_group: no atexit handler runs. Does not return. */
HP_API int hp_sys_kill(int pid, int signal);
HP_API int hp_sys_tgkill(int process, int thread, int signal);
/* Linux 5.3; always close-on-exec, by the kernel */
HP_API int hp_sys_pidfd_open(int pid, unsigned flags);
HP_API int hp_sys_pidfd_send_signal(int pidfd, int signal, void *info, unsigned flags);
HP_API int hp_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                        unsigned long d);
/* struct rlimit64: two uint64_t */
HP_API int hp_sys_prlimit(int pid, int resource, const void *fresh, void *old);
HP_API int hp_sys_personality(unsigned long persona);
HP_API int hp_sys_unshare(int flags);
HP_API int hp_sys_uname(void *name);
HP_API long hp_sys_getrandom(void *buffer, size_t length, unsigned flags);

HP_EXTERN_C_END

#endif
