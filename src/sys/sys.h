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

#endif
