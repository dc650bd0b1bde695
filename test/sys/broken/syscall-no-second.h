/* SPDX-License-Identifier: MIT */
/* Wrong on purpose; codegen.sh must say so. The second result is not known to be one: rdx goes in
 * only, so the compiler believes that argument 3 is still there. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

HP_INLINE long arch_call_pair(long nr, long a, long b, long c, long d, long e, long f,
                              long *second) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall\n\t"
                     "jnc 1f\n\t"
                     "neg %0\n"
                     "1:"
                     : "+a"(nr), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "cc", "memory");
    *second = c;
    return nr;
}

#include "arity.h"

#endif
