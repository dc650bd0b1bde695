/* SPDX-License-Identifier: MIT */
/* Linux on i386: a clone whose child begins with a function.
 *
 * Five arguments take every register but ebp, which the child has like its parent: it points at
 * what the child needs, in a frame that both can read. The child's stack is aligned as the ABI has
 * it before a call. */
#ifndef HP_SYS_CLONE_H
#define HP_SYS_CLONE_H

#include "base.h"

/* clone takes the word that is cleared after the thread pointer. */
enum { ARCH_CLONE_WORD_FIRST = 0 };

HP_INLINE long arch_clone(long nr, const long a[6], void (*function)(void *), void *argument) {
    const long three[3] = {nr, (long)function, (long)argument};
    long answer = (long)three;
    __asm__ volatile("push %%ebp\n\t"
                     "mov %%eax, %%ebp\n\t"
                     "mov (%%ebp), %%eax\n\t"
                     "int $0x80\n\t"
                     "test %%eax, %%eax\n\t"
                     "jnz 1f\n\t"
                     "mov 4(%%ebp), %%eax\n\t"
                     "mov 8(%%ebp), %%edx\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "and $-16, %%esp\n\t"
                     "sub $12, %%esp\n\t"
                     "push %%edx\n\t"
                     "call *%%eax\n\t"
                     "xor %%ebx, %%ebx\n\t"
                     "mov $1, %%eax\n\t" /* exit, of one thread: touches no stack */
                     "int $0x80\n\t"
                     "hlt\n"
                     "1:\n\t"
                     "pop %%ebp"
                     : "+a"(answer)
                     : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), "m"(three)
                     : "memory", "cc");
    return answer;
}

#endif
