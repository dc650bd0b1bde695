/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <sys/wait.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SYS_WAIT_H
#define BARE_SYS_WAIT_H

enum { WNOHANG = 1 };
#define WIFEXITED(status) (((status)&0x7f) == 0)
#define WEXITSTATUS(status) ((status) >> 8 & 0xff)
#define WTERMSIG(status) ((status)&0x7f)
#define WCOREDUMP(status) ((status)&0x80)
enum { P_PID = 0 };

#endif
