/* SPDX-License-Identifier: MIT */
/* Compiled for FreeBSD/amd64 and only disassembled (codegen.sh): nothing here can run on the
 * machine that builds it. The numbers are recognisable, so that the checker knows which argument
 * stands in which register; the second call takes what the first took, so that a compiler which
 * believes the wrong clobbers would not load it again. */
#include "syscall.h"

enum { NR = 0x1f0, A = 0xa1, B = 0xb2, C = 0xc3, D = 0xd4, E = 0xe5, F = 0xf6 };

long probe_six(void);
long probe_six(void) { return arch_call6(NR, A, B, C, D, E, F); }

/* The same six twice: whatever the kernel destroyed has to be loaded again. */
long probe_twice(void);
long probe_twice(void) {
    const long first = arch_call6(NR, A, B, C, D, E, F);
    return first + arch_call6(NR, A, B, C, D, E, F);
}

/* The arguments come in registers and are wanted afterwards. */
long probe_kept(long a, long b, long c, long d, long e, long f);
long probe_kept(long a, long b, long c, long d, long e, long f) {
    const long first = arch_call6(NR, a, b, c, d, e, f);
    return first + arch_call6(NR, a, b, c, d, e, f);
}

/* pipe: the second result is written where the caller says. */
long probe_pair(long *second);
long probe_pair(long *second) { return arch_call_pair(NR, A, B, C, D, E, F, second); }

/* A retry loop with everything the same, as enter.h writes it. */
long probe_loop(void);
long probe_loop(void) {
    long answer;
    do answer = arch_call6(NR, A, B, C, D, E, F);
    while (answer == -4);
    return answer;
}
