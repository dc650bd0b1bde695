/* SPDX-License-Identifier: MIT */
/* FreeBSD on amd64: INT $0x80, for the releases whose SYSCALL path loses r10 when a call restarts
 * (8.x up to 8.4, 9.0, 9.1; see ../x86_64-freebsd/syscall.h). Chosen at build time; slower (275 ns
 * against 126 ns in Go issue 9627), and kernels without COMPAT_FREEBSD32 do not have it at all.
 *
 *   number   1     2     3     4     5     6     answer    second   error   destroyed
 *   rax      rdi   rsi   rdx   rcx   r8    r9    rax       rdx      CF=1    rdx (the rest
 *                                                                           comes back)
 *
 * From a 64-bit process it is a 64-bit call (the argument fetch follows the process, not the
 * entry). Argument 4 is in rcx: there is no instruction here that needs rcx for the return
 * address. */
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
                     : "+a"(nr), "+d"(c)
                     : "D"(a), "S"(b), "c"(d), "r"(r8), "r"(r9)
                     : "cc", "memory");
    *second = c;
    return nr;
}

#include "arity.h"

#endif
