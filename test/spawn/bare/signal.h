/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <signal.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SIGNAL_H
#define BARE_SIGNAL_H

enum { SIGKILL = 9, SIGPIPE = 13, SIGTERM = 15, SIGSTOP = 17, SIGCONT = 19 };

typedef struct {
    unsigned bits[4];
} sigset_t;
int sigpending(sigset_t *set);
int sigemptyset(sigset_t *set);
int sigaddset(sigset_t *set, int number);
int sigismember(const sigset_t *set, int number);
int sigwait(const sigset_t *set, int *number);

#endif
