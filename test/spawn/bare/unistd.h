/* SPDX-License-Identifier: MIT */
/* What the port names of <unistd.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_UNISTD_H
#define BARE_UNISTD_H

int vfork(void) __attribute__((returns_twice));
int fork(void);
int dup2(int from, int to);
#ifdef __FreeBSD__
void closefrom(int first);
int fexecve(int file, char *const *argv, char *const *envp);
#else
int closefrom(int first);
#endif

#endif
