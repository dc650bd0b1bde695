/* SPDX-License-Identifier: MIT */
/* What a child does to itself that each system has in its own way: here as Linux has it. */
#ifndef HP_SYS_CHILD_H
#define HP_SYS_CHILD_H

#include <sched.h>
#include <sys/prctl.h>
#include "sys.h"

/* Signals there are, and 64-bit words of the kernel's set of them. */
enum { CHILD_SIGNALS = 64, CHILD_SIGNAL_WORDS = 1 };

HP_INLINE int child_copy(int from, int to) { return hp_sys_dup3_leaky(from, to); }
HP_INLINE int child_copy_marked(int from, int to) { return hp_sys_dup3(from, to); }

HP_INLINE int child_limit(int resource, const uint64_t pair[2]) {
    return hp_sys_prlimit(0, resource, pair, 0);
}

HP_INLINE int child_execute_file(int file, const char *const *argv, const char *const *envp) {
    return hp_sys_execveat(file, "", argv, envp, 0x1000 /* AT_EMPTY_PATH */);
}

HP_INLINE int child_die_with_parent(int signal) {
    return hp_sys_prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0);
}

HP_INLINE int child_leave_batch(void) {
    const int none = 0;
    return hp_sys_sched_setscheduler(0, SCHED_OTHER, &none);
}

#endif
