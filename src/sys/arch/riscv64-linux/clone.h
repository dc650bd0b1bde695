/* SPDX-License-Identifier: MIT */
/* Linux on riscv64: a clone whose child begins with a function.
 *
 * The child has every register of its parent but a0 (0) and sp. So what it needs waits in s2 and
 * s3, which the kernel leaves alone, and it never comes back to the code behind. s0 and ra are 0
 * there: nobody's frame lies above its own. */
#ifndef HP_SYS_CLONE_H
#define HP_SYS_CLONE_H

#include "syscall.h"

/* clone takes the word that is cleared after the thread pointer. */
enum { ARCH_CLONE_WORD_FIRST = 0 };

HP_INLINE long arch_clone(long nr, const long a[6], void (*function)(void *), void *argument) {
    /* Read first: what a sanitizer does at a read would destroy a register that is already set. */
    const long first = a[0], second = a[1], third = a[2], fourth = a[3], fifth = a[4];
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = first;
    register long a1 __asm__("a1") = second;
    register long a2 __asm__("a2") = third;
    register long a3 __asm__("a3") = fourth;
    register long a4 __asm__("a4") = fifth;
    register void (*s2)(void *) __asm__("s2") = function;
    register void *s3 __asm__("s3") = argument;
    __asm__ volatile("ecall\n\t"
                     "bnez a0, 1f\n\t"
                     "mv s0, zero\n\t"
                     "mv ra, zero\n\t"
                     "mv a0, s3\n\t"
                     "jalr s2\n\t"
                     "mv a0, zero\n\t"
                     "li a7, 93\n\t" /* exit, of one thread: touches no stack */
                     "ecall\n\t"
                     "ebreak\n"
                     "1:"
                     : "+r"(a0), "+r"(a7)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(s2), "r"(s3)
                     : HP_ARCH_DESTROYED);
    return a0;
}

#endif
