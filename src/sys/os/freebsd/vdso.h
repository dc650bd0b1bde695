/* SPDX-License-Identifier: MIT */
/* FreeBSD shares its time through AT_TIMEKEEP's own structure, not through functions: the clock is
 * a call. */
#ifndef HP_SYS_VDSO_H
#define HP_SYS_VDSO_H

#define HP_VDSO_CLOCK ""

static inline void *hp_vdso_find(const char *name) {
    (void)name;
    return 0;
}

#endif
