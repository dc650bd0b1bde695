/* SPDX-License-Identifier: MIT */
/* FreeBSD on amd64: the SYSCALL instruction.
 *
 *   number   1     2     3     4     5     6     answer    second   error   destroyed
 *   rax      rdi   rsi   rdx   r10   r8    r9    rax       rdx      CF=1    rcx, r11, rdx;
 *                                                                           r8, r9, r10 zeroed
 *
 * With the carry flag set rax is +errno; it becomes -errno here. The second result (pipe, fork) is
 * in rdx, which is written on success only. The fast return path zeroes r8, r9 and r10
 * (sys/amd64/amd64/exception.S): the clobbers of Linux, copied here, are wrong code.
 *
 * Restart: releases up to 8.4 and 9.1 brought rdi, rsi, rdx and rax back and not r10 (9.x: nor r8,
 * r9), so a wait4 that was restarted lost its rusage argument and answered EFAULT (PR
 * amd64/182161). Fixed in the kernel since (cpu_set_syscall_retval asks for a full register restore
 * on ERESTART): 9.3, 10.0 and every later release have it. Programs for the releases before are
 * built with the folder x86_64-freebsd-int80 in front of this one. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

/* One body for any number of arguments: what is not passed costs nothing the kernel would not
 * destroy anyhow. */
HP_INLINE long arch_call_pair(long nr, long a, long b, long c, long d, long e, long f,
                              long *second) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall\n\t"
                     "jnc 1f\n\t"
                     "neg %0\n"
                     "1:"
                     : "+a"(nr), "+d"(c), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b)
                     : "rcx", "r11", "cc", "memory");
    *second = c;
    return nr;
}

#include "arity.h"

#endif
