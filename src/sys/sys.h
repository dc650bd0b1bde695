/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef HP_SYS_SYS_H
#define HP_SYS_SYS_H

#include <hardpan/sys.h>

#include "base.h"

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

/* Calls that the library makes and nobody else should: the first leaks, the second is a format. */

/* An epoll without close-on-exec, for kernels before epoll_create1 (2.6.27) and filters that know
 * only this one. Under hp_fork_lock (lock.h) until the flag is set. */
int hp_sys_epoll_create(int size);

/* What kind of file it is: `kind` is struct statx, 256 bytes that are one on every architecture.
 * Linux 4.11. */
int hp_sys_statx(int directory, const char *path, int flags, unsigned mask, void *kind);

#endif
