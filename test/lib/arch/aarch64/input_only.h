/* SPDX-License-Identifier: MIT */
/* The wrapper as C libraries write it, with x8 an input only. It is wrong: see
 * src/sys/arch/aarch64-linux/syscall.h. In a loop the compiler loads x8 once, and after a stop and
 * continue it holds the number of restart_syscall. */
#ifndef HP_TEST_INPUT_ONLY_H
#define HP_TEST_INPUT_ONLY_H

enum { INPUT_ONLY_EXISTS = 1 };

static inline __attribute__((always_inline)) long input_only(long number, const long a[6]) {
    register long x8 __asm__("x8") = number;
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
    return x0;
}

#endif
