/* SPDX-License-Identifier: MIT */
/* mmap without a file, in line: a reservation has 30 ns to spare. Of them a return costs 10, for
 * the kernel's own calls have pushed this one's address out of the processor's memory of returns
 * (seen on 6.18, in a guest), and an address that is passed by way of memory another 10. */
#ifndef HP_SYS_MAP_H
#define HP_SYS_MAP_H

#include "enter.h"

/* Answers as the kernel does: the address, or -errno. */
HP_INLINE long hp_sys_map(void *address, size_t length, int protection, int flags) {
    return ENTER6(mmap, address, length, protection, flags, -1, 0);
}

#endif
