/* SPDX-License-Identifier: MIT */
/* A kqueue that is played on Linux, for the logic of src/poll/kqueue.c. What it is told to do, and
 * what it counted. */
#ifndef FAKE_KQUEUE_H
#define FAKE_KQUEUE_H

#include <stdbool.h>

struct fake_orders {
    unsigned interrupts;   /* so many of the next kevents answer EINTR, their changes made */
    unsigned unborn;       /* so many of the next kqueues are made without EVFILT_USER */
    unsigned refusal;      /* the change that is to answer ENOMEM: 1 is the next; 0 for none */
    bool zombies_are_gone; /* as macOS has it: ESRCH for a child that is not yet reaped */
};

struct fake_counts {
    /* kqueues; close-on-exec from birth; made under the fork lock */
    unsigned made, marked, locked;
    unsigned added, deleted, refused, fetched; /* changes; events */
};

extern struct fake_orders fake_orders;
extern struct fake_counts fake_counts;

#endif
