/* SPDX-License-Identifier: MIT */
/* Linux on x86-64: a clone whose child begins with a function.
 *
 * The child has every register of its parent but rax (0) and rsp. So what it needs waits in r12 and
 * r13, which the kernel leaves alone, and it never comes back to the code behind. Its stack is
 * aligned as the ABI wants it before a call. */
#ifndef HP_SYS_CLONE_H
#define HP_SYS_CLONE_H

#include "base.h"

/* clone takes the word that is cleared before the thread pointer. */
enum { ARCH_CLONE_WORD_FIRST = 1 };

HP_INLINE long arch_clone(long nr, const long a[6], void (*function)(void *), void *argument) {
    /* Read first: what a sanitizer does at a read would destroy a register that is already set. */
    const long rdi = a[0], rsi = a[1], rdx = a[2], fourth = a[3], fifth = a[4];
    register long r10 __asm__("r10") = fourth;
    register long r8 __asm__("r8") = fifth;
    register void (*r12)(void *) __asm__("r12") = function;
    register void *r13 __asm__("r13") = argument;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "and $-16, %%rsp\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "xor %%edi, %%edi\n\t"
                     "mov $60, %%eax\n\t" /* exit, of one thread: touches no stack */
                     "syscall\n\t"
                     "hlt\n"
                     "1:"
                     : "+a"(nr)
                     : "D"(rdi), "S"(rsi), "d"(rdx), "r"(r10), "r"(r8), "r"(r12), "r"(r13)
                     : "rcx", "r11", "memory", "cc");
    return nr;
}

#endif
