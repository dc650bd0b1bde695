/* SPDX-License-Identifier: MIT */
/* What a handler can see of the call that it interrupted, i386: number eax, argument 4 esi. */
#ifndef HP_TEST_CONTEXT_H
#define HP_TEST_CONTEXT_H

#include <stdbool.h>
#include <ucontext.h>

/* The kernel has backed the program counter up over INT $0x80: the call begins anew after the
 * handler. */
static inline bool context_restarts(const ucontext_t *context, long number) {
    const unsigned char *at = (const unsigned char *)context->uc_mcontext.gregs[REG_EIP];
    return at[0] == 0xcd && at[1] == 0x80 && context->uc_mcontext.gregs[REG_EAX] == number;
}

static inline void context_spoil_fourth(ucontext_t *context, long value) {
    context->uc_mcontext.gregs[REG_ESI] = value;
}

#endif
