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
 *   kernel   where no version is named, every Linux since 2.6.28 has the call. On i386 sockets are
 *            Linux 4.3's; shared memory, futexes, poll, clocks and sleep are 5.1's.
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

/* What this room did beside the plain call, since the program began. */
struct hp_sys_totals {
    uint64_t retries; /* calls entered again after a signal */
    /* clock readings that needed a system call, for want of a vDSO that answers */
    uint64_t clock_calls;
    /* epoll waits rounded up to a millisecond, for want of epoll_pwait2 (Linux 5.11) */
    uint64_t millisecond_waits;
};

/* How often this room did more than the plain call, since the program began. Relaxed counters,
 * never reset. No call. */
HP_API void hp_sys_stats(struct hp_sys_totals *totals);

/* ---- Any call, by number --------------------------------------------------------------------- */

/* Any call, by its number. One entry, no retry: EINTR does come back. The number register is loaded
 * afresh at each entry (on aarch64 and riscv64 the kernel may hand it back changed). Not counted
 * and not failed by test builds. */
HP_API long hp_sys_call(long number, long a, long b, long c, long d, long e, long f);

/* hp_sys_call, with *number replaced by what the number register held when the kernel came back: on
 * aarch64 and riscv64 that is the number of restart_syscall after a stop and continue of a sleep,
 * elsewhere the answer itself. Through the libc door the register cannot be seen and *number stays.
 * For `hardpan doctor` and the restart suite. */
HP_API long hp_sys_observe(long *number, const long arguments[6]);

/* ---- Errors ---------------------------------------------------------------------------------- */

/* The name of an error, "ENOMEM" for -ENOMEM and ENOMEM alike, and of the HP_E* codes. NULL for a
 * number that this system does not use. Static storage; no system call. */
HP_API const char *hp_error_name(int code);

/* What an error means, in English, such as "out of memory, or ...". Takes what hp_error_name takes,
 * and is NULL where that is. Static storage; no system call; no locale. */
HP_API const char *hp_error_text(int code);

/* ---- Time ------------------------------------------------------------------------------------ */

/* The time of CLOCK_MONOTONIC, in nanoseconds. Through the vDSO where the kernel maps one that
 * answers (no system call; the first use reads the auxiliary vector), else one clock_gettime,
 * counted in clock_calls. Never fails on a kernel that has the clock; elsewhere -errno. vDSO code
 * runs on the caller's stack. */
HP_API int64_t hp_sys_now(void);

/* Deadline `nanoseconds` from now; HP_FOREVER when that does not fit. Negative counts as 0. */
HP_API hp_deadline hp_sys_after(int64_t nanoseconds);

/* Sleeps until the deadline, and answers 0. Entered again after every handler (class DEADLINE),
 * with the same absolute time. clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME); on 32-bit systems
 * Linux 5.1. HP_FOREVER sleeps for good. */
HP_API int hp_sys_sleep(hp_deadline deadline);

/* ---- Memory: the calls themselves. What to do with them is hardpan/vm.h. --------------------- */

/* Maps memory or a file. *out is the address on success and untouched on error. offset is in bytes,
 * a multiple of the page size (on i386 of 4096, and below 16 TiB; -EINVAL otherwise). The address
 * is not compared with the one asked for: that is vm's business. */
HP_API int hp_sys_mmap(void *address, size_t length, int protection, int flags, int fd,
                       int64_t offset, void **out);

/* Unmaps whatever is mapped in the range. -ENOMEM: to cut a mapping in two would need one more than
 * vm.max_map_count. */
HP_API int hp_sys_munmap(void *address, size_t length);

/* Sets what may be done with mapped pages (PROT_*). -ENOMEM where the range has a hole: what lies
 * before it has been changed. -EACCES: a file's mode, SELinux or PaX forbids it. */
HP_API int hp_sys_mprotect(void *address, size_t length, int protection);

/* Gives the kernel advice on pages (MADV_*), some of which it follows as an order. -EINVAL for
 * advice that it does not know; -ENOMEM where the range has a hole, with the rest done. */
HP_API int hp_sys_madvise(void *address, size_t length, int advice);

/* madvise for `count` ranges of the process that the descriptor stands for. Bytes advised, which
 * may be fewer than asked for. Linux 5.10. */
HP_API long hp_sys_process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice,
                                   unsigned flags);

/* Which pages are resident: one byte a page, of which bit 0 counts. -ENOMEM where the range has a
 * hole. */
HP_API int hp_sys_mincore(void *address, size_t length, unsigned char *resident);

/* Grows, shrinks or moves a mapping. *out is where it is now; untouched on error. All five
 * arguments, always: musl's mremap drops the fifth unless MREMAP_FIXED is set. */
HP_API int hp_sys_mremap(void *old, size_t old_length, size_t new_length, int flags,
                         void *new_address, void **out);

/* Brings pages in and keeps them in memory. -ENOMEM: RLIMIT_MEMLOCK, or a hole in the range. */
HP_API int hp_sys_mlock(const void *address, size_t length);

/* Lets locked pages be swapped out again. Locks do not nest. */
HP_API int hp_sys_munlock(const void *address, size_t length);

/* Forbids that mappings are changed or unmapped for the rest of the process. Linux 6.10, 64-bit. */
HP_API int hp_sys_mseal(void *address, size_t length, unsigned long flags);

/* Sets on which NUMA nodes pages are to lie; `bits` is the length of the mask `nodes`. -ENOSYS
 * where the kernel is built without NUMA. */
HP_API int hp_sys_mbind(void *address, size_t length, int mode, const unsigned long *nodes,
                        unsigned long bits, unsigned flags);

/* Makes or finds a segment of shared memory (System V): its id. */
HP_API int hp_sys_shmget(int key, size_t length, int flags);

/* Maps a segment of shared memory. *out is the address; untouched on error. */
HP_API int hp_sys_shmat(int id, const void *address, int flags, void **out);

/* Unmaps a segment, by the address that hp_sys_shmat gave. */
HP_API int hp_sys_shmdt(const void *address);

/* Asks about a segment, changes or removes it (IPC_*). */
HP_API int hp_sys_shmctl(int id, int command, void *buffer);

/* ---- Descriptors ----------------------------------------------------------------------------- */

/* Reads from a descriptor: the bytes read, 0 at the end. */
HP_API long hp_sys_read(int fd, void *buffer, size_t length);

/* Writes to a descriptor: the bytes written, which may be fewer than asked for. */
HP_API long hp_sys_write(int fd, const void *buffer, size_t length);

/* Opens a file: its descriptor. Adds O_CLOEXEC. `mode` counts with O_CREAT and O_TMPFILE. */
HP_API int hp_sys_openat(int directory, const char *path, int flags, unsigned mode);

/* Closes, once, whatever the answer: the descriptor is gone on Linux even when a signal came (EINTR
 * counts as 0). */
HP_API int hp_sys_close(int fd);

/* Moves the position of an open file: the new one, in bytes, 64 bits on every system. */
HP_API int64_t hp_sys_lseek(int fd, int64_t offset, int whence);

/* Reads entries of a directory (struct linux_dirent64): the bytes filled in, 0 at the end. */
HP_API long hp_sys_getdents64(int fd, void *buffer, size_t length);

/* What a symbolic link says: its length, cut at `length`, and no 0 byte behind it. */
HP_API long hp_sys_readlinkat(int directory, const char *path, char *buffer, size_t length);

/* Removes a name; a directory's with AT_REMOVEDIR. */
HP_API int hp_sys_unlinkat(int directory, const char *path, int flags);

/* Sets the length of a file, in bytes, 64 bits on every system. */
HP_API int hp_sys_ftruncate(int fd, int64_t length);

/* A request to a device or a file system; what it answers is the request's own. No close-on-exec is
 * added to a descriptor that one makes. */
HP_API int hp_sys_ioctl(int fd, unsigned long request, void *argument);

/* Asks about a descriptor or changes it (F_*). F_DUPFD makes a copy without close-on-exec, as the
 * name says: F_DUPFD_CLOEXEC is the other. */
HP_API int hp_sys_fcntl(int fd, int command, long argument);

/* dup, without close-on-exec as the name says: the copy's number. */
HP_API int hp_sys_dup_leaky(int fd);

/* Makes `to` a copy of `from`, which replaces what `to` was. Adds O_CLOEXEC. -EINVAL when from ==
 * to. */
HP_API int hp_sys_dup3(int from, int to);

/* Makes a pipe: fds[0] to read, fds[1] to write. Adds O_CLOEXEC. */
HP_API int hp_sys_pipe2(int fds[2], int flags);

/* Closes all descriptors from `first` to `last`, or marks them close-on-exec. Linux 5.9;
 * CLOSE_RANGE_CLOEXEC 5.11. */
HP_API int hp_sys_close_range(unsigned first, unsigned last, unsigned flags);

/* Makes a file in memory that has no path: its descriptor. Adds MFD_CLOEXEC. Linux 3.17. */
HP_API int hp_sys_memfd_create(const char *name, unsigned flags);

/* ---- Polling --------------------------------------------------------------------------------- */

/* Makes an epoll: its descriptor. Adds EPOLL_CLOEXEC. */
HP_API int hp_sys_epoll_create1(int flags);

/* Adds a descriptor to an epoll, changes what is wanted of it, or removes it (EPOLL_CTL_*). -EPERM:
 * it is of a kind that is always ready, such as a regular file. */
HP_API int hp_sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);

/* Waits for an epoll's events: how many were found, 0 at the deadline. Nanoseconds through
 * epoll_pwait2 (Linux 5.11); where the kernel has none the wait is rounded up to a millisecond
 * through epoll_pwait, which is remembered and counted in millisecond_waits. Cost: one clock
 * reading and one call per entry; with HP_NOW or HP_FOREVER no clock reading. */
HP_API int hp_sys_epoll_wait(int epoll, struct epoll_event *events, int capacity,
                             hp_deadline deadline);

/* Waits for descriptors: how many are ready, 0 at the deadline. ppoll, with a fresh relative time
 * at each entry. */
HP_API int hp_sys_poll(struct pollfd *fds, size_t count, hp_deadline deadline);

/* Makes a counter to be waited for: its descriptor. Adds EFD_CLOEXEC. */
HP_API int hp_sys_eventfd(unsigned initial, int flags);

/* Makes a timer to be waited for: its descriptor. Adds TFD_CLOEXEC. */
HP_API int hp_sys_timerfd_create(int clock, int flags);

/* Makes a descriptor that reads signals, or with fd other than -1 changes which. `mask` is the
 * kernel's set and `bytes` its length (8 on Linux). Adds SFD_CLOEXEC. */
HP_API int hp_sys_signalfd(int fd, const void *mask, size_t bytes, int flags);

/* Makes a watcher of files: its descriptor. Adds IN_CLOEXEC. */
HP_API int hp_sys_inotify_init(int flags);

/* Makes a descriptor that hears of page faults. Adds O_CLOEXEC. Linux 4.3. -EPERM without rights
 * where vm.unprivileged_userfaultfd is 0, unless UFFD_USER_MODE_ONLY is asked for (5.11). */
HP_API int hp_sys_userfaultfd(int flags);

/* Makes a ring of `entries`: its descriptor, which the kernel itself makes close-on-exec.
 * `parameters` is struct io_uring_params, read and written. Linux 5.1. */
HP_API int hp_sys_io_uring_setup(unsigned entries, void *parameters);

/* Makes a kqueue, as on the BSDs; -ENOSYS on Linux. Made close-on-exec by a second call, before the
 * descriptor is handed out: what another thread executes between the two inherits it. */
HP_API int hp_sys_kqueue(void);

/* Waits for a kqueue's events: how many, 0 at the deadline. After a signal it is entered again with
 * what is left, and with no changes: those have been applied by then. -ENOSYS on Linux. */
HP_API int hp_sys_kevent(int kqueue, const void *changes, int change_count, void *events,
                         int capacity, hp_deadline deadline);

/* Waits while *word holds `value`. 0 when it no longer does or a wake came (also a spurious one),
 * -ETIMEDOUT at the deadline. Private futexes, CLOCK_MONOTONIC (FUTEX_WAIT_BITSET): the deadline is
 * the kernel's own, nothing is recomputed. */
HP_API int hp_sys_futex_wait(const uint32_t *word, uint32_t value, hp_deadline deadline);

/* Wakes up to `count` waiters; how many it woke. */
HP_API int hp_sys_futex_wake(const uint32_t *word, int count);

/* ---- Sockets --------------------------------------------------------------------------------- */

/* Makes a socket: its descriptor. Adds SOCK_CLOEXEC. */
HP_API int hp_sys_socket(int family, int type, int protocol);

/* Makes two sockets that are connected with each other. Adds SOCK_CLOEXEC. */
HP_API int hp_sys_socketpair(int family, int type, int protocol, int fds[2]);

/* Connects a socket. A signal does not stop that: it goes on, and this answers -EINPROGRESS, as for
 * a non-blocking socket. Wait until the socket is writable, then read SO_ERROR: a second call would
 * answer -EALREADY. Only local (unix) sockets on Linux, which wait for room in the listener, and
 * those of vsock do not go on by themselves: there this call is entered again, and waits on. */
HP_API int hp_sys_connect(int fd, const struct sockaddr *address, unsigned length);

/* Takes a connection from a listener's queue: its descriptor. Adds SOCK_CLOEXEC. Entered again
 * after a signal with the same arguments, so a timeout set on the socket itself (SO_RCVTIMEO) then
 * begins anew. To wait with a deadline use hp_sys_poll. */
HP_API int hp_sys_accept4(int fd, struct sockaddr *address, unsigned *length, int flags);

/* Sends data: the bytes sent. A timeout of the socket (SO_SNDTIMEO) begins anew after a signal.
 * SIGPIPE comes unless MSG_NOSIGNAL is asked for. */
HP_API long hp_sys_sendto(int fd, const void *data, size_t length, int flags,
                          const struct sockaddr *address, unsigned address_length);

/* Receives data: the bytes received, 0 at the end of a stream. A timeout of the socket
 * (SO_RCVTIMEO) begins anew after a signal. */
HP_API long hp_sys_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                            unsigned *address_length);

/* Sends pieces, an address and control data: the bytes sent. Timeouts and SIGPIPE as hp_sys_sendto.
 * The message is the kernel's: 64-bit musl's struct has padding in the place of half a length, so
 * set all of it to zero first. */
HP_API long hp_sys_sendmsg(int fd, const struct msghdr *message, int flags);

/* Receives pieces, an address and control data: the bytes received. Adds MSG_CMSG_CLOEXEC. Timeouts
 * as hp_sys_recvfrom; the message as hp_sys_sendmsg. */
HP_API long hp_sys_recvmsg(int fd, struct msghdr *message, int flags);

/* ---- Processes ------------------------------------------------------------------------------- */

/* The number of this process. Asks the kernel each time: no cache to be wrong after a raw clone. */
HP_API int hp_sys_getpid(void);

/* The number of this process's parent; 0 where its namespace does not show it. */
HP_API int hp_sys_getppid(void);

/* The number of this thread; the first one's is its process's. */
HP_API int hp_sys_gettid(void);

/* Lets another thread of the same priority run first. */
HP_API int hp_sys_sched_yield(void);

/* A copy of this process: its pid here, 0 there. `flags` are clone's, the exit signal included
 * (SIGCHLD for a fork's; 0 for a child that no SIGCHLD handler and no waitpid(-1) meets); with
 * CLONE_PIDFD *pidfd is the descriptor, otherwise pidfd is NULL. -EINVAL with CLONE_VM, which needs
 * a stack of its own. Bypasses pthread_atfork: in a program with threads the child may only call
 * what is async-signal-safe. */
HP_API int hp_sys_fork(unsigned long flags, int *pidfd);

/* As hp_sys_fork, with the kernel's struct clone_args: -EINVAL with CLONE_VM, whose child would
 * come back to a stack that it shares, or that holds no return address. The flags are read here, so
 * a bad pointer is not answered by -EFAULT. Linux 5.3. */
HP_API int hp_sys_clone3(void *arguments, size_t size);

/* Waits for a child: its pid, 0 where WNOHANG finds none that changed. -ECHILD: there is no child
 * to wait for. usage is the kernel's: on i386 its times have 32 bits, whatever the C library's
 * struct has. */
HP_API int hp_sys_wait4(int pid, int *status, int options, struct rusage *usage);

/* Waits for a child of the kind asked for (P_*), by pidfd since Linux 5.4. `info` is a siginfo_t,
 * `usage` as in hp_sys_wait4; either may be NULL. -ECHILD: there is no child to wait for. */
HP_API int hp_sys_waitid(int type, int id, void *info, int options, struct rusage *usage);

/* Ends the process and all its threads (exit_group). No atexit handler runs. Does not return. */
HP_API void hp_sys_exit(int status);

/* Sends a signal to a process or a group; signal 0 only asks whether one could. */
HP_API int hp_sys_kill(int pid, int signal);

/* Sends a signal to one thread of a process. */
HP_API int hp_sys_tgkill(int process, int thread, int signal);

/* Makes a descriptor that stands for a process. Close-on-exec by the kernel. Linux 5.3. */
HP_API int hp_sys_pidfd_open(int pid, unsigned flags);

/* Sends a signal to the process that a descriptor stands for. `info` is a siginfo_t or NULL. Linux
 * 5.1. */
HP_API int hp_sys_pidfd_send_signal(int pidfd, int signal, void *info, unsigned flags);

/* Asks about this process or thread, or changes it (PR_*). What an option does not use must be 0.
 * An answer above 0 is the option's own. */
HP_API int hp_sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                        unsigned long d);

/* Sets and tells a limit of a process; pid 0 is this one. Both are struct rlimit64, two uint64_t,
 * and either may be NULL. Linux 2.6.36. */
HP_API int hp_sys_prlimit(int pid, int resource, const void *fresh, void *old);

/* Sets how this process is run (PER_*, ADDR_*): what it was before. 0xffffffff only asks. */
HP_API int hp_sys_personality(unsigned long persona);

/* Leaves namespaces, or ends sharing with other threads (CLONE_*). */
HP_API int hp_sys_unshare(int flags);

/* The names and version of the kernel. `name` is struct utsname: 6 fields of 65 bytes on Linux. */
HP_API int hp_sys_uname(void *name);

/* Random bytes: how many, all when at most 256 are asked for. Waits until the kernel has gathered
 * enough once, after boot; with GRND_NONBLOCK that is -EAGAIN. Linux 3.17. */
HP_API long hp_sys_getrandom(void *buffer, size_t length, unsigned flags);

HP_EXTERN_C_END

#endif
