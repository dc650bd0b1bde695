/* SPDX-License-Identifier: MIT */
/* What a handler can see of the call that it interrupted, aarch64: number x8, argument 4 x3. */
#ifndef HP_TEST_CONTEXT_H
#define HP_TEST_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* The kernel has backed the program counter up over SVC #0: the call begins anew after the
 * handler. */
static inline bool context_restarts(const ucontext_t *context, long number) {
    const uint32_t *at = (const uint32_t *)context->uc_mcontext.pc;
    return *at == 0xd4000001 && (long)context->uc_mcontext.regs[8] == number;
}

static inline void context_spoil_fourth(ucontext_t *context, long value) {
    context->uc_mcontext.regs[3] = (unsigned long)value;
}

#endif
