/* SPDX-License-Identifier: MIT */
/* Linux on aarch64: SVC #0.
 *
 *   number   1    2    3    4    5    6     answer   destroyed
 *   x8       x0   x1   x2   x3   x4   x5    x0       x8 (see below); with SVE:
 *                                                    z above bit 127, p0-p15, ffr
 *
 * x8 is in/out. When a call that restarts through restart_syscall (nanosleep, a futex with a
 * timeout) is stopped and continued with no handler run, the kernel (arch/arm64/kernel/signal.c,
 * setup_restart_syscall) writes __NR_restart_syscall into x8 and the caller gets that back. A loop
 * that keeps the number in x8 then calls restart_syscall for ever: seen on 6.12 as five of six
 * sleeps skipped without an error, and as a livelock. The error range is [-4095, -1]. A restart
 * backs pc up by 4. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

/* clang 14 has no name for ffr, and keeps nothing in it over an asm. */
#ifdef __clang__
#define HP_ARCH_FFR "memory"
#else
#define HP_ARCH_FFR "ffr", "memory"
#endif

#ifdef __ARM_FEATURE_SVE
#define HP_ARCH_DESTROYED                                                                          \
    "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10", "z11", "z12", "z13", "z14", \
        "z15", "z16", "z17", "z18", "z19", "z20", "z21", "z22", "z23", "z24", "z25", "z26", "z27", \
        "z28", "z29", "z30", "z31", "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9",    \
        "p10", "p11", "p12", "p13", "p14", "p15", HP_ARCH_FFR
#else
#define HP_ARCH_DESTROYED "memory"
#endif

HP_INLINE long arch_call0(long nr) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0");
    __asm__ volatile("svc #0" : "=r"(x0), "+r"(x8) : : HP_ARCH_DESTROYED);
    return x0;
}
HP_INLINE long arch_call1(long nr, long a) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x8) : : HP_ARCH_DESTROYED);
    return x0;
}
HP_INLINE long arch_call2(long nr, long a, long b) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x8) : "r"(x1) : HP_ARCH_DESTROYED);
    return x0;
}
HP_INLINE long arch_call3(long nr, long a, long b, long c) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x8) : "r"(x1), "r"(x2) : HP_ARCH_DESTROYED);
    return x0;
}
HP_INLINE long arch_call4(long nr, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc #0" : "+r"(x0), "+r"(x8) : "r"(x1), "r"(x2), "r"(x3) : HP_ARCH_DESTROYED);
    return x0;
}
HP_INLINE long arch_call5(long nr, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x8)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                     : HP_ARCH_DESTROYED);
    return x0;
}

/* The six-register call, leaving in *nr what x8 held afterwards. */
HP_INLINE long arch_call6_kept(long *nr, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = *nr;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x8)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : HP_ARCH_DESTROYED);
    *nr = x8;
    return x0;
}
HP_INLINE long arch_call6(long nr, long a, long b, long c, long d, long e, long f) {
    return arch_call6_kept(&nr, a, b, c, d, e, f);
}
HP_INLINE long arch_observe(long *nr, const long a[6]) {
    return arch_call6_kept(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
