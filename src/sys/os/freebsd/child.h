/* SPDX-License-Identifier: MIT */
/* What a child does to itself that each system has in its own way: here as FreeBSD has it. */
#ifndef HP_SYS_CHILD_H
#define HP_SYS_CHILD_H

/* Signals there are, and 64-bit words that the set of them takes or is read into.
 * The realtime ones are 65 to 126. */
enum { CHILD_SIGNALS = 128, CHILD_SIGNAL_WORDS = 2 };

/* What its count of resident memory is in, in bytes. */
enum { CHILD_MEMORY_UNIT = 1024 };

/* Can it execute a descriptor, and be ended with its parent? */
enum { CHILD_HAS_FILE = 1, CHILD_HAS_DEATH = 1 };

#include "child_bsd.h"

#endif
