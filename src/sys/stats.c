/* SPDX-License-Identifier: MIT */
/* Counters that any thread and any handler may raise, so relaxed atomics and no lock. */
#include "stats.h"

#include "enter.h"

struct hp_sys_counters hp_sys_counters;
unsigned hp_sys_lacking;

void hp_sys_count_retry(void) { hp_sys_count(&hp_sys_counters.retries); }

void hp_sys_learn(enum hp_lack call) { __atomic_fetch_or(&hp_sys_lacking, call, __ATOMIC_RELAXED); }

void hp_sys_forget(void) { __atomic_store_n(&hp_sys_lacking, 0, __ATOMIC_RELAXED); }

void hp_sys_stats(struct hp_sys_totals *totals) {
    totals->retries = __atomic_load_n(&hp_sys_counters.retries, __ATOMIC_RELAXED);
    totals->clock_calls = __atomic_load_n(&hp_sys_counters.clock_calls, __ATOMIC_RELAXED);
    totals->millisecond_waits =
        __atomic_load_n(&hp_sys_counters.millisecond_waits, __ATOMIC_RELAXED);
}
