/* SPDX-License-Identifier: MIT */
/* What is done to Ready pages: discard, populate, protect, guard. */
#include "vm.h"

int hp_vm_discard(struct hp_vm_region *region, void *at, size_t size) {
    int answer = hp_vm_check(region, at, size);
    if (answer < 0) return answer;
    if (hp_vm_features() & HP_VM_HAS_FREE) {
        answer = hp_sys_madvise(at, size, ADVICE_FREE);
        if (answer == 0) return 0;
    }
    hp_vm_count(&hp_vm_counters.discard_eager, 1);
    const int lazily = answer;
    answer = hp_sys_madvise(at, size, ADVICE_DONTNEED);
    if (answer == 0 && lazily == -EINVAL)
        hp_vm_lack(HP_VM_HAS_FREE); /* locked memory refuses both */
    /* locked memory, or a kernel without madvise: contents may stay, as said */
    return answer == -EINVAL || answer == -ENOSYS ? 0 : answer;
}

/* By words: riscv64 has no atomics on bytes, and gcc 12 would call libatomic for them. */
static void touch(void *at, size_t size) {
    const size_t stride = hp_vm_page() / sizeof(uint32_t);
    for (uint32_t *word = at, *end = word + size / sizeof *word; word < end; word += stride)
        __atomic_fetch_add(word, 0, __ATOMIC_RELAXED);
    hp_vm_count(&hp_vm_counters.populate_touched, size / hp_vm_page());
}

int hp_vm_populate(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_check(region, at, size);
    if (answer < 0) return answer;
    if (hp_vm_features() & HP_VM_HAS_POPULATE)
        return hp_sys_madvise(at, size, ADVICE_POPULATE_WRITE);
    touch(at, size);
    return 0;
}

int hp_vm_protect(struct hp_vm_region *region, void *at, size_t size, int protection) {
    const int answer = hp_vm_check(region, at, size);
    if (answer < 0 || protection & ~(HP_VM_READ | HP_VM_WRITE | HP_VM_EXECUTE)) return -EINVAL;
    if (protection & HP_VM_WRITE) hp_vm_use(region, (uintptr_t)at, (uintptr_t)at + size);
    return hp_sys_mprotect(at, size, protection);
}
_Static_assert(HP_VM_READ == PROT_READ && HP_VM_WRITE == PROT_WRITE && HP_VM_EXECUTE == PROT_EXEC,
               "passed through");

int hp_vm_guard(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_check(region, at, size);
    if (answer < 0) return answer;
    if (hp_vm_features() & HP_VM_HAS_GUARD) {
        hp_vm_set_guarded(region);
        if (hp_sys_madvise(at, size, ADVICE_GUARD_INSTALL) == 0) return 0;
    }
    hp_vm_count(&hp_vm_counters.guard_protected,
                1); /* none here, or locked memory, which takes no guards */
    return hp_sys_mprotect(at, size, PROT_NONE);
}

int hp_vm_unguard(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_check(region, at, size);
    if (answer < 0 || !__atomic_load_n(&region->guarded, __ATOMIC_RELAXED)) return answer;
    return hp_sys_madvise(at, size, ADVICE_GUARD_REMOVE);
}
