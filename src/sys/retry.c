/* SPDX-License-Identifier: MIT */
/* The way of a call that a signal ended, apart from the wrappers so that they stay a few
 * instructions. */
#include "enter.h"

long hp_sys_retry(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    long answer;
    do {
        hp_sys_count_retry();
        answer = gate_enter(call, a, b, c, d, e, f);
    } while (answer == -HP_EINTR);
    return answer;
}
