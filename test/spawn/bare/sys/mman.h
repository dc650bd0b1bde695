/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <sys/mman.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SYS_MMAN_H
#define BARE_SYS_MMAN_H

enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_ANON = 0x1000 };

#endif
