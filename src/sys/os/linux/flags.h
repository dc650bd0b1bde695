/* SPDX-License-Identifier: MIT */
/* The few flags that this room adds or reads itself, so that it needs no libc header (include/uapi
 * of Linux). */
#ifndef HP_SYS_FLAGS_H
#define HP_SYS_FLAGS_H

enum {
    FLAG_CLOEXEC = 02000000, /* O_, EPOLL_, EFD_, TFD_, SFD_ and IN_CLOEXEC are one number here */
    FLAG_SOCK_CLOEXEC = 02000000,
    FLAG_MFD_CLOEXEC = 1,
    FLAG_KQUEUE_CLOEXEC = 0, /* no such call */
    FLAG_CMSG_CLOEXEC = 0x40000000,
    FLAG_CLOCK_MONOTONIC = 1,
    FLAG_TIMER_ABSTIME = 1,
    FLAG_FUTEX_WAIT_BITSET = 9 | 128, /* FUTEX_PRIVATE_FLAG */
    FLAG_FUTEX_WAIT_SHARED = 9,
    FLAG_FUTEX_WAKE = 1 | 128,
    FLAG_FUTEX_WAKE_SHARED = 1,
    FLAG_FUTEX_ANY = -1,
    FLAG_CLONE_VM = 0x100,
    FLAG_CLONE_THREAD = 0x10000,
    FLAG_SETFD = 2, /* F_SETFD */
    FLAG_FD_CLOEXEC = 1
};

/* The kernel's own sigset_t, not the C library's. */
enum { KERNEL_SIGSET_BYTES = 8 };

enum { FAMILY_LOCAL = 1, FAMILY_VSOCK = 40 };

/* Does a connect that a signal ended go on without its caller? Not to a local socket: it waited for
 * room in the listener's queue, and nothing has begun (measured: doc/restart.md). Nor to a virtual
 * machine's: the kernel takes it back (vsock_connect in net/vmw_vsock/af_vsock.c, not run here). */
static inline int connect_goes_on(const void *address, unsigned length) {
    unsigned short family = 0;
    if (length >= sizeof family) __builtin_memcpy(&family, address, sizeof family);
    return family != FAMILY_LOCAL && family != FAMILY_VSOCK;
}

#endif
