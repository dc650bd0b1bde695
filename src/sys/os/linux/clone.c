/* SPDX-License-Identifier: MIT */
/* A clone that begins with a function. Through every door by the instruction: no function of a C
 * library could come back on another stack, and none knows clone3. A thread is for the raw door
 * alone: it would share its maker's thread-local storage, where a C library keeps errno. */
#include "clone.h"
#include "enter.h"
#include "flags.h"

/* The order of clone's arguments differs: x86-64 alone has the word before the thread pointer. */
int hp_sys_clone_run(unsigned long flags, void *top, int *pidfd, uint32_t *ended,
                     void (*function)(void *), void *argument) {
    if (flags & FLAG_CLONE_THREAD && !HP_DOOR_IS_BARE) return -HP_ENOSYS;
    const long words[2] = {(long)ended, 0};
    const long a[6] = {(long)flags,
                       (long)top,
                       (long)pidfd,
                       words[ARCH_CLONE_WORD_FIRST ? 0 : 1],
                       words[ARCH_CLONE_WORD_FIRST ? 1 : 0],
                       0};
    long answer = 0;
    if (!gate_lets(HP_CALL_clone, a, &answer)) return (int)answer;
    return (int)arch_clone(HP_NR_clone, a, function, argument);
}

int hp_sys_clone3_run(void *arguments, size_t size, void (*function)(void *), void *argument) {
    const long a[6] = {(long)arguments, (long)size, 0, 0, 0, 0};
    long answer = 0;
    if (!gate_lets(HP_CALL_clone3, a, &answer)) return (int)answer;
    return (int)arch_clone(HP_NR_clone3, a, function, argument);
}
