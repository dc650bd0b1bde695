/* SPDX-License-Identifier: MIT */
/* What a child does to itself that each system has in its own way: here as FreeBSD has it. */
#ifndef HP_SYS_CHILD_H
#define HP_SYS_CHILD_H

#include "sys.h"

/* Signals there are, and 64-bit words that the set of them takes or is read into.
 * The realtime ones are 65 to 126. */
enum { CHILD_SIGNALS = 128, CHILD_SIGNAL_WORDS = 2 };

/* What its count of resident memory is in, in bytes. */
enum { CHILD_MEMORY_UNIT = 1024 };

/* Can it execute a descriptor, and be ended with its parent? */
enum { CHILD_HAS_FILE = 1, CHILD_HAS_DEATH = 1 };

HP_INLINE int child_copy(int from, int to) { return hp_sys_dup2(from, to); }

/* Nobody forks in between: a child has one thread. */
HP_INLINE int child_copy_marked(int from, int to) {
    const int answer = hp_sys_dup2(from, to);
    return answer < 0 ? answer : hp_sys_fcntl(to, 2 /* F_SETFD */, 1 /* FD_CLOEXEC */);
}

HP_INLINE int child_limit(int resource, const uint64_t pair[2]) {
    return hp_sys_setrlimit(resource, pair);
}

HP_INLINE int child_execute_file(int file, const char *const *argv, const char *const *envp) {
    return hp_sys_fexecve(file, argv, envp);
}

HP_INLINE int child_die_with_parent(int signal) { return hp_sys_die_with_parent(signal); }

/* Only launchers are ever batch threads. */
HP_INLINE int child_leave_batch(void) { return 0; }

#endif
