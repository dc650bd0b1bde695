/* SPDX-License-Identifier: MIT */
/* A fresh mapping over one's own: what gives a commit charge back, and the one step in which memory
 * can be lost. */
#include "fresh.h"

/* A MAP_FIXED that failed may have unmapped what was there (mainline up to 6.1, Rosetta). Then the
 * place is taken back at once, by the ladder, so that a thread that was quicker keeps what it
 * mapped. */
static int take_back(uintptr_t at, size_t size, int error) {
    int rung;
    const int there = hp_vm_is_all(0, at, size, 1);
    if (there > 0) return error;
    const int answer = hp_vm_climb(at, size, 0, &rung);
    if (answer == -EEXIST && there < 0) return error; /* nobody could look: it is still there */
    if (answer < 0) return HP_ELOST;
    hp_vm_count(&hp_vm_counters.retaken, 1);
    return 0;
}

int hp_vm_remap(struct hp_vm_region *region, void *at, size_t size) {
    uintptr_t got;
    int answer = hp_vm_map_at((uintptr_t)at, size, MAP_FIXED, &got);
    if (answer < 0) answer = take_back((uintptr_t)at, size, answer);
    if (answer < 0) return answer;
    hp_vm_count(&hp_vm_counters.decommit_remapped, 1);
    const unsigned missed = hp_vm_attribute(region, at, size);
    if (missed) {
        __atomic_fetch_or(&region->missed, missed, __ATOMIC_RELAXED);
        __atomic_fetch_and(&region->flags, ~missed, __ATOMIC_RELAXED);
    }
    return 0;
}
