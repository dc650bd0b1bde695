/* SPDX-License-Identifier: MIT */
/* The auxiliary vector, asked of the kernel, so that no libc is needed and it works before main. */
#ifndef HP_SYS_AUXV_H
#define HP_SYS_AUXV_H

enum { AUXV_PAGE_SIZE = 6, AUXV_RANDOM = 25, AUXV_VDSO = 33 };

/* The value of one entry, 0 when there is none or it cannot be read. Cost: prctl(PR_GET_AUXV)
 * (Linux 6.4), else open, read and close of /proc/self/auxv. */
unsigned long hp_auxv(unsigned long type);

#endif
