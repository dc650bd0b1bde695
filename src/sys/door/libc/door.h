/* SPDX-License-Identifier: MIT */
/* The libc door: the same calls through the C library's functions, with the same -errno answers.
 * For systems where the library is the only stable way in (NetBSD, OpenBSD, Darwin), and selectable
 * on Linux, where calls that a C library has no function for go through its syscall().
 *
 * What it cannot do that the raw door can: libc's functions may be cancellation points, and they
 * touch thread-local errno, so a thread without a libc's thread structure must not come here. errno
 * is put back after every call. */
#ifndef HP_SYS_DOOR_H
#define HP_SYS_DOOR_H

#include "calls.h"

#define HP_DOOR_NAME "libc"

/* A call uses what lies in thread-local storage. */
enum { HP_DOOR_IS_BARE = 0 };

long door_libc(enum hp_call call, const long a[6]);
long door_observe(long *nr, const long a[6]);

HP_INLINE long door_enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    const long all[6] = {a, b, c, d, e, f};
    return door_libc(call, all);
}

#endif
