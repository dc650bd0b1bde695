/* SPDX-License-Identifier: MIT */
/* A call that waits, in a thread of its own, struck by signals to a handler installed with
 * SA_RESTART. SIGURG, because a process that does not handle it ignores it: one that comes late,
 * after the handler is gone, does nothing. */
#ifndef STORM_H
#define STORM_H

/* So many signals, half a millisecond apart, and no more: under an emulator a call that is
 * interrupted all the time gets nowhere (qemu-user 7.2). */
enum { STORM_FEEDS = 3 };

/* What is waited for: `wait` makes the call, and `feed`, in the handler of signal STORM_FEEDS,
 * gives it what it waits for, by async-signal-safe calls only; NULL when it ends by itself. */
struct storm {
    long (*wait)(void);
    void (*feed)(void);
};

/* 0 with the answer of `wait` and how many signals were handled; -ETIMEDOUT when the call was
 * fed and never came back; otherwise why it could not be tried: -EBUSY after such a call, whose
 * thread still waits, or what refused the thread or the signal. */
int storm_run(const struct storm *storm, long *answer, unsigned *struck);

#endif
