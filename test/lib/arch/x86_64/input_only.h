/* SPDX-License-Identifier: MIT */
/* The wrapper that declares the number register input only does not exist here: number and answer
 * are one register, so no compiler can believe that the number outlives a call. */
#ifndef HP_TEST_INPUT_ONLY_H
#define HP_TEST_INPUT_ONLY_H

enum { INPUT_ONLY_EXISTS = 0 };

static inline long input_only(long number, const long a[6]) {
    (void)number, (void)a;
    return -1;
}

#endif
