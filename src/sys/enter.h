/* SPDX-License-Identifier: MIT */
/* How a wrapper enters: through the gate, again as often as its row in calls.def says. */
#ifndef HP_SYS_ENTER_H
#define HP_SYS_ENTER_H

#include "calls.h"
#include "error.h"
#include "gate.h"
#include "sys.h"

/* Enters again until the answer is another than EINTR; each entry is counted. A signal is rare: out
 * of line and in tail position, so that the way without one saves no register and stays the bare
 * instruction and one compare. Hidden by name, or i386 would go through its offset table. */
__attribute__((cold, visibility("hidden"))) long hp_sys_retry(enum hp_call call, long a, long b,
                                                              long c, long d, long e, long f);
void hp_sys_count_retry(void);

HP_INLINE long enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    const long answer = gate_enter(call, a, b, c, d, e, f);
    const int meaning = hp_call_rows[call].eintr;
    if (meaning == HP_EINTR_NONE || __builtin_expect(answer != -HP_EINTR, 1)) return answer;
    switch (meaning) {
    case HP_EINTR_RETRY: return hp_sys_retry(call, a, b, c, d, e, f);
    case HP_EINTR_NEVER: return 0;
    case HP_EINTR_BACKGROUND: return -HP_EINPROGRESS;
    default: return answer; /* DEADLINE, NOCHANGES: the wrapper's own loop knows the deadline */
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

HP_INLINE int pointer_answer(long answer, void **out) {
    if (hp_sys_is_error(answer)) return (int)answer;
    *out = (void *)answer;
    return 0;
}

#endif
