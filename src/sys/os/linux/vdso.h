/* SPDX-License-Identifier: MIT */
/* A function of the vDSO by its name (vdso(7)), or NULL when the kernel maps none or it has no such
 * function. */
#ifndef HP_SYS_VDSO_H
#define HP_SYS_VDSO_H

void *hp_vdso_find(const char *name);

#endif
