/* SPDX-License-Identifier: MIT */
/* The few flags that this room adds or reads itself, as FreeBSD numbers them (sys/sys/fcntl.h,
 * socket.h, time.h). Those of calls that FreeBSD has not are 0: the wrapper answers -ENOSYS before
 * they matter. */
#ifndef HP_SYS_FLAGS_H
#define HP_SYS_FLAGS_H

enum {
    FLAG_CLOEXEC = 0x100000, /* O_CLOEXEC */
    FLAG_SOCK_CLOEXEC = 0x10000000,
    FLAG_MFD_CLOEXEC = 1,
    FLAG_CMSG_CLOEXEC = 0x40000,
    FLAG_KQUEUE_CLOEXEC = 1,
    FLAG_CLOCK_MONOTONIC = 4,
    FLAG_TIMER_ABSTIME = 1,
    FLAG_FUTEX_WAIT_BITSET = 0,
    FLAG_FUTEX_WAIT_SHARED = 0,
    FLAG_FUTEX_WAKE = 0,
    FLAG_FUTEX_WAKE_SHARED = 0,
    FLAG_FUTEX_ANY = 0,
    FLAG_CLONE_VM = 0,
    FLAG_SETFD = 2, /* F_SETFD */
    FLAG_FD_CLOEXEC = 1
};

enum { KERNEL_SIGSET_BYTES = 16 };

/* Does a connect that a signal ended go on without its caller? To a local socket it never waits: a
 * full queue is ECONNREFUSED at once (unix(4)). */
static inline int connect_goes_on(const void *address, unsigned length) {
    (void)address;
    (void)length;
    return 1;
}

#endif
