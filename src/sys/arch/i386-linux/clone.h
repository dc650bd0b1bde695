/* SPDX-License-Identifier: MIT */
/* Linux on i386: a clone whose child begins with a function.
 *
 * Five arguments take every register but ebp. The fourth is a thread pointer, which clone without
 * CLONE_SETTLS does not look at, nor clone3 at anything behind its second: there the function
 * waits, and its argument in ebp. Not in memory: a thread may come to look when its maker's frame
 * is gone. The child's stack is aligned as the ABI has it before a call. */
#ifndef HP_SYS_CLONE_H
#define HP_SYS_CLONE_H

#include "base.h"

/* clone takes the word that is cleared after the thread pointer. */
enum { ARCH_CLONE_WORD_FIRST = 0 };

HP_INLINE long arch_clone(long nr, const long a[6], void (*function)(void *), void *argument) {
    const long pair[2] = {nr, (long)argument};
    long answer = (long)pair;
    __asm__ volatile("push %%ebp\n\t"
                     "mov 4(%%eax), %%ebp\n\t"
                     "mov (%%eax), %%eax\n\t"
                     "int $0x80\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "and $-16, %%esp\n\t"
                     "sub $12, %%esp\n\t"
                     "push %%ebp\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%%esi\n\t"
                     "xor %%ebx, %%ebx\n\t"
                     "mov $1, %%eax\n\t" /* exit, of one thread: touches no stack */
                     "int $0x80\n\t"
                     "hlt\n"
                     "1:\n\t"
                     "pop %%ebp"
                     : "+a"(answer)
                     : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(function), "D"(a[4]), "m"(pair)
                     : "memory", "cc");
    return answer;
}

#endif
