/* SPDX-License-Identifier: MIT */
/* Linux on aarch64: a clone whose child begins with a function.
 *
 * The child has every register of its parent but x0 (0) and sp. So what it needs waits in x19 and
 * x20, which the kernel leaves alone, and it never comes back to the code behind. x29 and x30 are
 * 0 there: nobody's frame lies above its own. */
#ifndef HP_SYS_CLONE_H
#define HP_SYS_CLONE_H

#include "syscall.h"

/* clone takes the word that is cleared after the thread pointer. */
enum { ARCH_CLONE_WORD_FIRST = 0 };

HP_INLINE long arch_clone(long nr, const long a[6], void (*function)(void *), void *argument) {
    /* Read first: what a sanitizer does at a read would destroy a register that is already set. */
    const long first = a[0], second = a[1], third = a[2], fourth = a[3], fifth = a[4];
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;
    register long x3 __asm__("x3") = fourth;
    register long x4 __asm__("x4") = fifth;
    register void (*x19)(void *) __asm__("x19") = function;
    register void *x20 __asm__("x20") = argument;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x30, xzr\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "mov x0, xzr\n\t"
                     "mov x8, #93\n\t" /* exit, of one thread: touches no stack */
                     "svc #0\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(x0), "+r"(x8)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x19), "r"(x20)
                     : HP_ARCH_DESTROYED, "cc");
    return x0;
}

#endif
