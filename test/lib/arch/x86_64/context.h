/* SPDX-License-Identifier: MIT */
/* What a handler can see of the call that it interrupted, x86-64: number rax, argument 4 r10. */
#ifndef HP_TEST_CONTEXT_H
#define HP_TEST_CONTEXT_H

#include <stdbool.h>
#include <ucontext.h>

/* The kernel has backed the program counter up over SYSCALL: the call begins anew after the
 * handler. */
static inline bool context_restarts(const ucontext_t *context, long number) {
    const unsigned char *at = (const unsigned char *)context->uc_mcontext.gregs[REG_RIP];
    return at[0] == 0x0f && at[1] == 0x05 && context->uc_mcontext.gregs[REG_RAX] == number;
}

static inline void context_spoil_fourth(ucontext_t *context, long value) {
    context->uc_mcontext.gregs[REG_R10] = value;
}

#endif
