/* SPDX-License-Identifier: MIT */
/* Counters of what happened beside the plain call, and what this kernel was found to lack. */
#ifndef HP_SYS_STATS_H
#define HP_SYS_STATS_H

#include "sys.h"

/* Aligned by name: i386 aligns 64 bits to 4 bytes, where a counter over two cache lines would be
 * neither atomic to load nor, for clang, free of libatomic. */
typedef uint64_t hp_counter __attribute__((aligned(8)));

/* The fields of struct hp_sys_totals. */
extern struct hp_sys_counters {
    hp_counter retries, clock_calls, millisecond_waits;
} hp_sys_counters;

HP_INLINE void hp_sys_count(hp_counter *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

enum hp_lack { LACKS_EPOLL_PWAIT2 = 1 };

extern unsigned hp_sys_lacking;
HP_INLINE bool hp_sys_lacks(enum hp_lack call) {
    return __atomic_load_n(&hp_sys_lacking, __ATOMIC_RELAXED) & call;
}
void hp_sys_learn(enum hp_lack call);
void hp_sys_forget(void); /* of test builds: what was learnt is unknown again */

#endif
