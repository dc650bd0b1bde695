/* SPDX-License-Identifier: MIT */
/* Wrong on purpose; codegen.sh must say so. Everything destroyed, after INT $0x80 too: right, and
 * slower than it need be. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

HP_INLINE long arch_call_pair(long nr, long a, long b, long c, long d, long e, long f,
                              long *second) {
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("int $0x80\n\t"
                     "jnc 1f\n\t"
                     "neg %0\n"
                     "1:"
                     : "+a"(nr), "+d"(c), "+c"(d), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b)
                     : "r10", "r11", "cc", "memory");
    *second = c;
    return nr;
}

#include "arity.h"

#endif
