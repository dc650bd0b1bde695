/* SPDX-License-Identifier: MIT */
/* The call as C libraries write it, with x8 an input only, in the loops that a retry makes of it.
 * It is wrong: see src/sys/arch/aarch64-linux/syscall.h. The compiler believes that x8 still holds
 * the number after the call and loads it once; after a stop and continue it holds the number of
 * restart_syscall. x8 is declared outside the loop because whether a compiler takes the load out
 * by itself is its own affair: of a wrapper inlined into these loops gcc 12 did so at -O2, at -O3
 * in one of the two, and clang 14 in neither. */
#ifndef HP_TEST_INPUT_ONLY_H
#define HP_TEST_INPUT_ONLY_H

#include <errno.h>

enum { INPUT_ONLY_EXISTS = 1 };

/* Each of them once, however it ends; how many ended with EINTR. */
static unsigned input_only_each(long number, long all[][6], unsigned rounds) {
    register long x8 __asm__("x8") = number;
    unsigned interrupted = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const long *a = all[i];
        register long x0 __asm__("x0") = a[0];
        register long x1 __asm__("x1") = a[1];
        register long x2 __asm__("x2") = a[2];
        register long x3 __asm__("x3") = a[3];
        register long x4 __asm__("x4") = a[4];
        register long x5 __asm__("x5") = a[5];
        __asm__ volatile("svc #0"
                         : "+r"(x0)
                         : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                         : "memory");
        interrupted += x0 == -EINTR;
    }
    return interrupted;
}

/* Until it ends otherwise than with EINTR, or `most` times; how many times. */
static unsigned input_only_until(long number, const long a[6], unsigned most, long *answer) {
    register long x8 __asm__("x8") = number;
    unsigned calls = 0;
    do {
        register long x0 __asm__("x0") = a[0];
        register long x1 __asm__("x1") = a[1];
        register long x2 __asm__("x2") = a[2];
        register long x3 __asm__("x3") = a[3];
        register long x4 __asm__("x4") = a[4];
        register long x5 __asm__("x5") = a[5];
        __asm__ volatile("svc #0"
                         : "+r"(x0)
                         : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                         : "memory");
        *answer = x0;
    } while (++calls < most && *answer == -EINTR);
    return calls;
}

#endif
