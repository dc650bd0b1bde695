/* SPDX-License-Identifier: MIT */
/* What a handler can see of the call that it interrupted, riscv64: number a7 (x17), argument 4 a3
 * (x13). */
#ifndef HP_TEST_CONTEXT_H
#define HP_TEST_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The kernel has backed the program counter up over ECALL, which may lie on a 2-byte boundary. */
static inline bool context_restarts(const ucontext_t *context, long number) {
    const uint16_t *at = (const uint16_t *)context->uc_mcontext.__gregs[REG_PC];
    return at[0] == 0x0073 && at[1] == 0x0000 && (long)context->uc_mcontext.__gregs[17] == number;
}

static inline void context_spoil_fourth(ucontext_t *context, long value) {
    context->uc_mcontext.__gregs[13] = (unsigned long)value;
}

#endif
