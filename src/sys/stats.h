/* SPDX-License-Identifier: MIT */
/* Counters of what happened beside the plain call, and what this kernel was found to lack. */
#ifndef HP_SYS_STATS_H
#define HP_SYS_STATS_H

#include "sys.h"

extern struct hp_sys_totals hp_sys_counters;

HP_INLINE void hp_sys_count(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

enum hp_lack { LACKS_EPOLL_PWAIT2 = 1 };

bool hp_sys_lacks(enum hp_lack call);
void hp_sys_learn(enum hp_lack call);
void hp_sys_forget(void); /* of test builds: what was learnt is unknown again */

#endif
