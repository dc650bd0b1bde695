/* SPDX-License-Identifier: MIT */
/* Linux on riscv64: ECALL.
 *
 *   number   1    2    3    4    5    6     answer   destroyed
 *   a7       a0   a1   a2   a3   a4   a5    a0       a7 (see below); with V: v0-v31, vl, vtype
 *
 * a7 is in/out: for a call that restarts through restart_syscall the kernel
 * (arch/riscv/kernel/signal.c) writes __NR_restart_syscall into it and the caller gets that back,
 * as on aarch64. All vector state is lost over any call (Documentation/arch/riscv/vector.rst). The
 * error range is [-4095, -1]. A restart backs pc up by 4. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

/* gcc 12 takes -march=rv64gcv, knows none of its registers, and so keeps nothing in them. vl and
 * vtype have no name for clang; both compilers take them for changed after any asm. */
#if defined(__riscv_vector) && (defined(__clang__) || __GNUC__ >= 13)
#define HP_ARCH_DESTROYED                                                                          \
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", \
        "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", \
        "v28", "v29", "v30", "v31", "memory"
#else
#define HP_ARCH_DESTROYED "memory"
#endif

HP_INLINE long arch_call0(long nr) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0");
    __asm__ volatile("ecall" : "=r"(a0), "+r"(a7) : : HP_ARCH_DESTROYED);
    return a0;
}
HP_INLINE long arch_call1(long nr, long a) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a7) : : HP_ARCH_DESTROYED);
    return a0;
}
HP_INLINE long arch_call2(long nr, long a, long b) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a7) : "r"(a1) : HP_ARCH_DESTROYED);
    return a0;
}
HP_INLINE long arch_call3(long nr, long a, long b, long c) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a7) : "r"(a1), "r"(a2) : HP_ARCH_DESTROYED);
    return a0;
}
HP_INLINE long arch_call4(long nr, long a, long b, long c, long d) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a7) : "r"(a1), "r"(a2), "r"(a3) : HP_ARCH_DESTROYED);
    return a0;
}
HP_INLINE long arch_call5(long nr, long a, long b, long c, long d, long e) {
    register long a7 __asm__("a7") = nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a7)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4)
                     : HP_ARCH_DESTROYED);
    return a0;
}

/* The six-register call, leaving in *nr what a7 held afterwards. */
HP_INLINE long arch_call6_kept(long *nr, long a, long b, long c, long d, long e, long f) {
    register long a7 __asm__("a7") = *nr;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a7)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
                     : HP_ARCH_DESTROYED);
    *nr = a7;
    return a0;
}
HP_INLINE long arch_call6(long nr, long a, long b, long c, long d, long e, long f) {
    return arch_call6_kept(&nr, a, b, c, d, e, f);
}
HP_INLINE long arch_observe(long *nr, const long a[6]) {
    return arch_call6_kept(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
