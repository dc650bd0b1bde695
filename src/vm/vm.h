/* SPDX-License-Identifier: MIT */
/* What the files of this room share. */
#ifndef HP_VM_VM_H
#define HP_VM_VM_H

#include <errno.h>
#include <hardpan/sys.h>
#include <hardpan/vm.h>
#include <sys/mman.h>

#include "base.h"
#include "flags.h"
#include "sys.h"

/* One flag discipline for every reservation: a NORESERVE mapping never merges with an accounted one
 * (modes 0 and 1), so a single page mapped otherwise would cost two mappings for good. */
enum { RESERVATION = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };

/* What may be asked for where no node can be named. */
enum {
    HP_VM_FLAGS_WITHOUT_NODE = HP_VM_NO_DUMP | HP_VM_NO_FORK | HP_VM_WIPE_ON_FORK | HP_VM_HUGE |
                               HP_VM_NO_HUGE | HP_VM_STRICT | HP_VM_RACE_OK | HP_VM_TELL_ZERO
};

/* What is there and not forced away; probes at the first use. */
unsigned hp_vm_features(void);
void hp_vm_lack(unsigned feature);
void hp_vm_forget(void);       /* of test builds: the next use probes again */
extern size_t hp_vm_page_size; /* 0 until it was asked for */
size_t hp_vm_page_ask(void);
HP_INLINE size_t hp_vm_page(void) {
    const size_t page = __atomic_load_n(&hp_vm_page_size, __ATOMIC_RELAXED);
    return __builtin_expect(page != 0, 1) ? page : hp_vm_page_ask();
}
size_t hp_vm_huge_page(void);

extern struct hp_vm_totals hp_vm_counters;
HP_INLINE void hp_vm_count(uint64_t *counter, uint64_t n) {
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* For the two that every commit and decommit passes: without a lock, which is more than all else
 * the wrapper does. Two threads at the same moment may count as one. */
HP_INLINE void hp_vm_tally(uint64_t *counter, uint64_t n) {
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

/* What is held, in one word, because every reserve and release counts it: how many regions in the
 * low 24 bits, pages of 4 KiB above. Up before the call and down again if it fails: a locked add
 * right after a call takes 15 to 35 ns (seen on 6.18, in a guest), before it a third of that. */
enum { HELD_REGION = 1, HELD_PAGES_SHIFT = 24, HELD_PAGE_SHIFT = 12 };
extern uint64_t hp_vm_held;
HP_INLINE uint64_t hp_vm_held_pages(size_t size) {
    return (uint64_t)(size >> HELD_PAGE_SHIFT) << HELD_PAGES_SHIFT;
}
HP_INLINE void hp_vm_hold(size_t size) {
    hp_vm_count(&hp_vm_held, hp_vm_held_pages(size) + HELD_REGION);
}
HP_INLINE void hp_vm_let_go(size_t size) {
    hp_vm_count(&hp_vm_held, -(hp_vm_held_pages(size) + HELD_REGION));
}

/* -EINVAL unless [at, at + size) is whole pages of the region. Almost without branches: kernels
 * clear the branch history, and until the next call each branch costs what a cold one does. */
HP_INLINE int hp_vm_check(const struct hp_vm_region *region, const void *at, size_t size) {
    const uintptr_t low = (uintptr_t)at - (uintptr_t)region->base;
    const bool inside = (low <= region->size) & (size <= region->size - low);
    const bool whole = hp_is_aligned((uintptr_t)at | size, hp_vm_page());
    return (inside & whole & (size != 0)) ? 0 : -EINVAL;
}

/* From here on [low, high) may hold something else than the kernel's zeroes (HP_VM_TELL_ZERO). */
void hp_vm_use(struct hp_vm_region *region, uintptr_t low, uintptr_t high);

/* The placement ladder: `flags` only for HP_VM_RACE_OK. */
int hp_vm_climb(uintptr_t at, size_t size, unsigned flags, int *rung);

/* All of it mapped or all of it free? Positive: what was asked; 0: not; or an error. */
int hp_vm_is_all(const struct hp_vm_view *view, uintptr_t low, size_t size, int mapped);

/* Puts the region's attributes on a range of it. The flags that were not granted. */
unsigned hp_vm_attribute(const struct hp_vm_region *region, void *at, size_t size);

/* Makes a region of a reservation that is held: its attributes. Releases it again when
 * HP_VM_STRICT cannot be met. */
int hp_vm_take(struct hp_vm_region *region, uintptr_t at, size_t size,
               const struct hp_vm_request *request, int rung);

/* Reserved again by a fresh mapping over one's own: refunds the charge. On failure the range is
 * still owned, else HP_ELOST. */
int hp_vm_remap(struct hp_vm_region *region, void *at, size_t size);

/* Before the call: one that fails half-way has left guards in its first mappings. */
HP_INLINE void hp_vm_set_guarded(struct hp_vm_region *region) {
    __atomic_store_n(&region->guarded, 1, __ATOMIC_RELAXED);
}

#endif
