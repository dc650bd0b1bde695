/* SPDX-License-Identifier: MIT */
/* Wrong on purpose; codegen.sh must say so. No look at the carry flag: errors come back as
 * answers. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

HP_INLINE long arch_call_pair(long nr, long a, long b, long c, long d, long e, long f,
                              long *second) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(nr), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b)
                     : "rcx", "r11", "cc", "memory");
    *second = c;
    return nr;
}

#include "arity.h"

#endif
