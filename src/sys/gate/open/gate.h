/* SPDX-License-Identifier: MIT */
/* The gate of test builds: every call passes through one function, where open.c counts it, fails
 * it, follows a script or hands it to a function of the test's (open.h). */
#ifndef HP_SYS_GATE_H
#define HP_SYS_GATE_H

#include "door.h"

long gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f);

/* For a call that the door cannot make: may it be made? If not, *answer is what a rule says. */
bool gate_lets(enum hp_call call, const long a[6], long *answer);

#endif
