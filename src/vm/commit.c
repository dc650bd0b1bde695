/* SPDX-License-Identifier: MIT */
/* Commit is mprotect and never MAP_FIXED: on 6.1 a MAP_FIXED that fails for want of commit charge
 * has unmapped the reservation by then (seen at 16 GiB), and any thread may take its place. */
#include "vm.h"

/* Outside [used_low, used_high) nothing was ever committed, so the pages are the kernel's zeroes.
 * Racing commits of disjoint ranges may widen it both ways; it only grows, which takes a locked
 * exchange: kept only where it is asked for. */
static bool is_fresh(const struct hp_vm_region *region, uintptr_t low, uintptr_t high) {
    if (!(region->flags & HP_VM_TELL_ZERO)) return false;
    const uintptr_t used_low = __atomic_load_n(&region->used_low, __ATOMIC_RELAXED);
    const uintptr_t used_high = __atomic_load_n(&region->used_high, __ATOMIC_RELAXED);
    return (high <= used_low) | (low >= used_high) | (used_low == used_high);
}

static void lower(uintptr_t *bound, uintptr_t to) {
    uintptr_t is = __atomic_load_n(bound, __ATOMIC_RELAXED);
    while ((!is || to < is) &&
           !__atomic_compare_exchange_n(bound, &is, to, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static void raise(uintptr_t *bound, uintptr_t to) {
    uintptr_t is = __atomic_load_n(bound, __ATOMIC_RELAXED);
    while (to > is &&
           !__atomic_compare_exchange_n(bound, &is, to, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

void hp_vm_use(struct hp_vm_region *region, uintptr_t low, uintptr_t high) {
    if (!(region->flags & HP_VM_TELL_ZERO)) return;
    lower(&region->used_low, low);
    raise(&region->used_high, high);
}

static int remove_guards(struct hp_vm_region *region, void *at, size_t size) {
    if (!__atomic_load_n(&region->guarded, __ATOMIC_RELAXED)) return 0;
    return hp_sys_madvise(at, size, ADVICE_GUARD_REMOVE);
}

/* What a commit without guards and options has no need of, or a refusal. */
static int finish(struct hp_vm_region *region, void *at, size_t size, unsigned options,
                  int answer) {
    if (answer == 0) answer = remove_guards(region, at, size);
    if (answer < 0)
        hp_vm_tally(&hp_vm_counters.committed, -(uint64_t)size);
    else if (options & HP_VM_POPULATE)
        answer = hp_vm_populate(region, at, size);
    return answer;
}

int hp_vm_commit(struct hp_vm_region *region, void *at, size_t size, unsigned options) {
    const uintptr_t low = (uintptr_t)at, high = low + size;
    int answer = hp_vm_check(region, at, size);
    if (answer < 0 || options & ~(unsigned)HP_VM_POPULATE) return -EINVAL;
    const bool fresh = is_fresh(region, low, high);
    const unsigned more = options | __atomic_load_n(&region->guarded, __ATOMIC_RELAXED);
    hp_vm_use(region, low, high);
    hp_vm_tally(&hp_vm_counters.committed, size);
    answer = hp_sys_mprotect(at, size, PROT_READ | PROT_WRITE);
    if (__builtin_expect(((unsigned)answer | more) != 0, 0))
        answer = finish(region, at, size, options, answer);
    return answer < 0 ? answer : fresh ? HP_VM_ZERO : 0;
}
