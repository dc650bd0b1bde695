/* SPDX-License-Identifier: MIT */
/* What this room counts, and what it holds: kept together, so that a test can ask which way was
 * taken. */
#include "vm.h"

struct hp_vm_totals hp_vm_counters; /* `regions` and `reserved` of it are kept in hp_vm_held */
uint64_t hp_vm_held;

void hp_vm_stats(struct hp_vm_totals *totals) {
    const uint64_t *from = (const uint64_t *)&hp_vm_counters;
    uint64_t *to = (uint64_t *)totals;
    for (size_t i = 0; i < sizeof *totals / sizeof *to; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    const uint64_t held = __atomic_load_n(&hp_vm_held, __ATOMIC_RELAXED);
    totals->regions = held & ((1u << HELD_PAGES_SHIFT) - 1);
    totals->reserved = held >> HELD_PAGES_SHIFT << HELD_PAGE_SHIFT;
}
_Static_assert(sizeof(struct hp_vm_totals) % sizeof(uint64_t) == 0, "counters and nothing else");
