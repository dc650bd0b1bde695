/* SPDX-License-Identifier: MIT */
/* What is played in the place of a BSD, and what of it was used. */
#ifndef PLAYED_BSD_H
#define PLAYED_BSD_H

extern struct played { unsigned kqueues, timers, processes, signals_above; } played;

#endif
