/* SPDX-License-Identifier: MIT */
/* What this room counts, what it found missing, and what it is told to do without. */
#include "spawn.h"

struct hp_spawn_totals hp_spawn_counters;
static unsigned lacking, forced;

bool hp_spawn_has(unsigned bit) {
    const unsigned lacks = __atomic_load_n(&lacking, __ATOMIC_RELAXED) |
                           __atomic_load_n(&forced, __ATOMIC_RELAXED) | hp_spawn_system.lacks;
    return !(lacks & bit);
}

void hp_spawn_lack(unsigned bit) { __atomic_fetch_or(&lacking, bit, __ATOMIC_RELAXED); }

void hp_spawn_force(unsigned missing) {
    __atomic_store_n(&forced, missing, __ATOMIC_RELAXED);
    __atomic_store_n(&lacking, 0, __ATOMIC_RELAXED);
}

const char *hp_spawn_has_name(unsigned bit) {
    static const char *const names[] = {"clone3", "cgroup", "pidfd", "vm",     "range_flag",
                                        "range",  "proc",   "wait",  "signal", "posix"};
    for (size_t i = 0; i < HP_COUNT(names); i++)
        if (bit == 1u << i) return names[i];
    return 0;
}

void hp_spawn_stats(struct hp_spawn_totals *totals) {
    const uint64_t *from = (const uint64_t *)&hp_spawn_counters;
    uint64_t *to = (uint64_t *)totals;
    for (size_t i = 0; i < sizeof *totals / sizeof *to; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
_Static_assert(sizeof(struct hp_spawn_totals) % sizeof(uint64_t) == 0, "counters and nothing else");
