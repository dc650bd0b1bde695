/* SPDX-License-Identifier: MIT */
/* What the port names of FreeBSD's <sys/procctl.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SYS_PROCCTL_H
#define BARE_SYS_PROCCTL_H

enum { PROC_PDEATHSIG_CTL = 11 };
int procctl(int type, long id, int command, void *data);

#endif
