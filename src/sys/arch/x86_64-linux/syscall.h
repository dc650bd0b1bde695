/* SPDX-License-Identifier: MIT */
/* Linux on x86-64: the SYSCALL instruction.
 *
 *   number   1     2     3     4     5     6     answer        destroyed
 *   rax      rdi   rsi   rdx   r10   r8    r9    rax           rcx (return address), r11 (flags)
 *
 * The answer is an error when it lies in [-4095, -1]. A restarted call begins with rip backed up
 * over the instruction and every argument register as it was; the number is reloaded into rax by
 * the kernel, so it may be input only: rax is overwritten by the answer anyhow. INT $0x80 from
 * 64-bit code would enter the 32-bit table: never used. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

#define HP_ARCH_DESTROYED "rcx", "r11", "memory"

HP_INLINE long arch_call0(long nr) {
    __asm__ volatile("syscall" : "+a"(nr) : : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call1(long nr, long a) {
    __asm__ volatile("syscall" : "+a"(nr) : "D"(a) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call2(long nr, long a, long b) {
    __asm__ volatile("syscall" : "+a"(nr) : "D"(a), "S"(b) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call3(long nr, long a, long b, long c) {
    __asm__ volatile("syscall" : "+a"(nr) : "D"(a), "S"(b), "d"(c) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call4(long nr, long a, long b, long c, long d) {
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "+a"(nr) : "D"(a), "S"(b), "d"(c), "r"(r10) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call5(long nr, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall"
                     : "+a"(nr)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call6(long nr, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(nr)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : HP_ARCH_DESTROYED);
    return nr;
}

/* As arch_call6, and leaves in *nr what the number register held afterwards: here the answer
 * itself. */
HP_INLINE long arch_observe(long *nr, const long a[6]) {
    *nr = arch_call6(*nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return *nr;
}

#endif
