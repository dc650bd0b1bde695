/* SPDX-License-Identifier: MIT */
/* The raw door: the instruction itself, with as many registers loaded as the call's row says. With
 * a constant call the switch folds and nothing but the instruction is left. */
#ifndef HP_SYS_DOOR_H
#define HP_SYS_DOOR_H

#include "calls.h"
#include "error.h"
#include "syscall.h"

#define HP_DOOR_NAME "raw"

/* A call uses nothing that lies in thread-local storage. */
enum { HP_DOOR_IS_BARE = 1 };

HP_INLINE long door_enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    const long nr = hp_call_rows[call].number;
    if (nr < 0) return -HP_ENOSYS;
    switch (hp_call_rows[call].registers) {
    case 0: return arch_call0(nr);
    case 1: return arch_call1(nr, a);
    case 2: return arch_call2(nr, a, b);
    case 3: return arch_call3(nr, a, b, c);
    case 4: return arch_call4(nr, a, b, c, d);
    case 5: return arch_call5(nr, a, b, c, d, e);
    default: return arch_call6(nr, a, b, c, d, e, f);
    }
}

/* A call by number; *nr becomes what the number register held afterwards. */
HP_INLINE long door_observe(long *nr, const long a[6]) { return arch_observe(nr, a); }

#endif
