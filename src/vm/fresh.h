/* SPDX-License-Identifier: MIT */
/* Memory that nothing was in before: the mmap that the reservations of this room come from. */
#ifndef HP_VM_FRESH_H
#define HP_VM_FRESH_H

#include "map.h"
#include "vm.h"

/* A reservation, with more flags: *got is not compared with what was asked for. */
HP_INLINE int hp_vm_map_at(uintptr_t at, size_t size, int flags, uintptr_t *got) {
    const long answer = hp_sys_map((void *)at, size, PROT_NONE, RESERVATION | flags);
    if (__builtin_expect(hp_sys_is_error(answer), 0)) return (int)answer;
    *got = (uintptr_t)answer;
    return 0;
}
/* Wherever the kernel likes. */
HP_INLINE int hp_vm_map(size_t size, uintptr_t *got) { return hp_vm_map_at(0, size, 0, got); }

#endif
