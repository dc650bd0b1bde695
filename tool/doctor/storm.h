/* SPDX-License-Identifier: MIT */
/* Signals for one thread, half a millisecond apart, to a handler installed with SA_RESTART. SIGURG,
 * because a process that does not handle it ignores it: one that comes late, after the handler is
 * gone, does nothing. */
#ifndef STORM_H
#define STORM_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

/* The signal at which the handler feeds. */
enum { STORM_FEEDS = 3 };

struct storm {
    int thread; /* whom it strikes: the caller of storm_begin */
    atomic_bool over;
    pthread_t sender;
    int code;              /* the sender's; read after storm_end */
    sigset_t mask;         /* as it was */
    struct sigaction kept; /* as it was */
};

/* `feed` runs in the handler of signal STORM_FEEDS: it gives a blocked call what it waits for, so
 * that a call which was restarted ends. Only async-signal-safe calls. 0 or -errno; one storm at a
 * time. */
int storm_begin(struct storm *storm, void (*feed)(void));
/* 0, or why no signal could be sent. */
int storm_end(struct storm *storm);

/* Signals handled since storm_begin. */
unsigned storm_struck(void);

#endif
