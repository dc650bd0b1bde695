/* SPDX-License-Identifier: MIT */
/* Linux on i386: INT $0x80.
 *
 *   number   1     2     3     4     5     6     answer   destroyed
 *   eax      ebx   ecx   edx   esi   edi   ebp   eax      nothing else
 *
 * Never SYSENTER: a restart comes back to the landing pad inside the vDSO, not to the instruction
 * after ours, so only the vDSO's own code may use it. INT $0x80 restarts by backing eip up over
 * itself, and the kernel puts the number back into eax. The error range is [-4095, -1]; addresses
 * above 2 GiB are negative numbers and no errors.
 *
 * ebp is the frame pointer of many builds, so the sixth argument is handed over through the stack
 * and ebp is put back.
 *
 * Not for a function that both realigns its stack and uses alloca: clang 14 addresses such a frame
 * through esi and does not put it back after the asm (LLVM issue 17204). None here does both. */
#ifndef HP_SYS_SYSCALL_H
#define HP_SYS_SYSCALL_H

#include "base.h"

#define HP_ARCH_DESTROYED "memory"

HP_INLINE long arch_call0(long nr) {
    __asm__ volatile("int $0x80" : "+a"(nr) : : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call1(long nr, long a) {
    __asm__ volatile("int $0x80" : "+a"(nr) : "b"(a) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call2(long nr, long a, long b) {
    __asm__ volatile("int $0x80" : "+a"(nr) : "b"(a), "c"(b) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call3(long nr, long a, long b, long c) {
    __asm__ volatile("int $0x80" : "+a"(nr) : "b"(a), "c"(b), "d"(c) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call4(long nr, long a, long b, long c, long d) {
    __asm__ volatile("int $0x80" : "+a"(nr) : "b"(a), "c"(b), "d"(c), "S"(d) : HP_ARCH_DESTROYED);
    return nr;
}
HP_INLINE long arch_call5(long nr, long a, long b, long c, long d, long e) {
    __asm__ volatile("int $0x80"
                     : "+a"(nr)
                     : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : HP_ARCH_DESTROYED);
    return nr;
}

/* eax points at {number, argument 6} on the way in: every other register is spoken for. */
HP_INLINE long arch_call6(long nr, long a, long b, long c, long d, long e, long f) {
    const long pair[2] = {nr, f};
    long answer = (long)pair;
    __asm__ volatile("push %%ebp\n\t"
                     "mov 4(%%eax), %%ebp\n\t"
                     "mov (%%eax), %%eax\n\t"
                     "int $0x80\n\t"
                     "pop %%ebp"
                     : "+a"(answer)
                     : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "m"(pair)
                     : HP_ARCH_DESTROYED);
    return answer;
}

/* As arch_call6, and leaves in *nr what the number register held afterwards: here the answer
 * itself. */
HP_INLINE long arch_observe(long *nr, const long a[6]) {
    *nr = arch_call6(*nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return *nr;
}

#endif
