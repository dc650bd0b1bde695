/* SPDX-License-Identifier: MIT */
/* Wrong on purpose; codegen.sh must say so. SYSENTER outside the vDSO: a restarted call comes
 * back to the vDSO's landing pad with a stack that it did not make. */
#include "../../../src/sys/arch/i386-linux/syscall.h"

static inline long fast_call1(long nr, long a) {
    __asm__ volatile("sysenter" : "+a"(nr) : "b"(a) : "memory");
    return nr;
}
#define arch_call1 fast_call1
