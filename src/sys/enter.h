/* SPDX-License-Identifier: MIT */
/* How a wrapper enters: through the gate, again as often as its row in calls.def says. */
#ifndef HP_SYS_ENTER_H
#define HP_SYS_ENTER_H

#include "calls.h"
#include "error.h"
#include "gate.h"
#include "sys.h"

/* Out of line: a signal is rare, and the way without one stays the bare instruction and one
 * compare. */
void hp_sys_count_retry(void);

HP_INLINE long enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    long answer = gate_enter(call, a, b, c, d, e, f);
    switch (hp_call_rows[call].eintr) {
    case HP_EINTR_RETRY:
        while (__builtin_expect(answer == -HP_EINTR, 0)) {
            hp_sys_count_retry();
            answer = gate_enter(call, a, b, c, d, e, f);
        }
        return answer;
    case HP_EINTR_NEVER: return answer == -HP_EINTR ? 0 : answer;
    case HP_EINTR_BACKGROUND: return answer == -HP_EINTR ? -HP_EINPROGRESS : answer;
    case HP_EINTR_NOCHANGES:
        while (answer == -HP_EINTR) {
            hp_sys_count_retry();
            answer = gate_enter(call, a, 0, 0, d, e, f);
        }
        return answer;
    default: return answer; /* NONE; DEADLINE is the wrapper's own loop, which knows the deadline */
    }
}

#define ENTER0(name) enter(HP_CALL_##name, 0, 0, 0, 0, 0, 0)
#define ENTER1(name, a) enter(HP_CALL_##name, (long)(a), 0, 0, 0, 0, 0)
#define ENTER2(name, a, b) enter(HP_CALL_##name, (long)(a), (long)(b), 0, 0, 0, 0)
#define ENTER3(name, a, b, c) enter(HP_CALL_##name, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define ENTER4(name, a, b, c, d)                                                                   \
    enter(HP_CALL_##name, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define ENTER5(name, a, b, c, d, e)                                                                \
    enter(HP_CALL_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define ENTER6(name, a, b, c, d, e, f)                                                             \
    enter(HP_CALL_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* An address is an error only in the last page: on 32-bit systems good addresses are negative
 * longs. */
HP_INLINE bool is_error(long answer) {
    return (unsigned long)answer > -(unsigned long)HP_ERRNO_MAX - 1;
}

HP_INLINE int pointer_answer(long answer, void **out) {
    if (is_error(answer)) return (int)answer;
    *out = (void *)answer;
    return 0;
}

#endif
