/* SPDX-License-Identifier: MIT */
/* The call as C libraries write it, with a7 an input only, in the loops that a retry makes of it.
 * It is wrong: see src/sys/arch/riscv64-linux/syscall.h. The compiler believes that a7 still holds
 * the number after the call and loads it once; after a stop and continue it holds the number of
 * restart_syscall. a7 is declared outside the loop because whether a compiler takes the load out
 * by itself is its own affair: of a wrapper inlined into these loops gcc 12 did so at -O2, at -O3
 * in one of the two, and clang 14 in neither. */
#ifndef HP_TEST_INPUT_ONLY_H
#define HP_TEST_INPUT_ONLY_H

#include <errno.h>

enum { INPUT_ONLY_EXISTS = 1 };

/* Each of them once, however it ends; how many ended with EINTR. */
static unsigned input_only_each(long number, long all[][6], unsigned rounds) {
    register long a7 __asm__("a7") = number;
    unsigned interrupted = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const long *a = all[i];
        register long a0 __asm__("a0") = a[0];
        register long a1 __asm__("a1") = a[1];
        register long a2 __asm__("a2") = a[2];
        register long a3 __asm__("a3") = a[3];
        register long a4 __asm__("a4") = a[4];
        register long a5 __asm__("a5") = a[5];
        __asm__ volatile("ecall"
                         : "+r"(a0)
                         : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                         : "memory");
        interrupted += a0 == -EINTR;
    }
    return interrupted;
}

/* Until it ends otherwise than with EINTR, or `most` times; how many times. */
static unsigned input_only_until(long number, const long a[6], unsigned most, long *answer) {
    register long a7 __asm__("a7") = number;
    unsigned calls = 0;
    do {
        register long a0 __asm__("a0") = a[0];
        register long a1 __asm__("a1") = a[1];
        register long a2 __asm__("a2") = a[2];
        register long a3 __asm__("a3") = a[3];
        register long a4 __asm__("a4") = a[4];
        register long a5 __asm__("a5") = a[5];
        __asm__ volatile("ecall"
                         : "+r"(a0)
                         : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                         : "memory");
        *answer = a0;
    } while (++calls < most && *answer == -EINTR);
    return calls;
}

#endif
