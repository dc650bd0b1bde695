/* SPDX-License-Identifier: MIT */
/* What a child does to itself that each system has in its own way: here as OpenBSD has it. */
#ifndef HP_SYS_CHILD_H
#define HP_SYS_CHILD_H

#include "sys.h"

#include <errno.h>

/* Signals there are, and 64-bit words that the set of them takes or is read into. */
enum { CHILD_SIGNALS = 32, CHILD_SIGNAL_WORDS = 1 };

/* What its count of resident memory is in, in bytes. */
enum { CHILD_MEMORY_UNIT = 1024 };

/* Can it execute a descriptor, and be ended with its parent? */
enum { CHILD_HAS_FILE = 0, CHILD_HAS_DEATH = 0 };

HP_INLINE int child_copy(int from, int to) { return hp_sys_dup2(from, to); }

/* Nobody forks in between: a child has one thread. */
HP_INLINE int child_copy_marked(int from, int to) {
    const int answer = hp_sys_dup2(from, to);
    return answer < 0 ? answer : hp_sys_fcntl(to, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);
}

HP_INLINE int child_limit(int resource, const uint64_t pair[2]) {
    return hp_sys_setrlimit(resource, pair);
}

/* Refused before there is a child. */
HP_INLINE int child_execute_file(int file, const char *const *argv, const char *const *envp) {
    (void)file, (void)argv, (void)envp;
    return -ENOSYS;
}

HP_INLINE int child_die_with_parent(int signal) {
    (void)signal;
    return -ENOSYS;
}

/* Only launchers are ever batch threads. */
HP_INLINE int child_leave_batch(void) { return 0; }

#endif
