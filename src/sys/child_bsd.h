/* SPDX-License-Identifier: MIT */
/* What a child does to itself on the BSDs and on macOS, for a child.h that has said what its system
 * has: of these one calls what the others are refused before there is a child. */
#ifndef HP_SYS_CHILD_BSD_H
#define HP_SYS_CHILD_BSD_H

#include <errno.h>

#include "sys.h"

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
    return CHILD_HAS_FILE ? hp_sys_fexecve(file, argv, envp) : -ENOSYS;
}

HP_INLINE int child_die_with_parent(int signal) {
    return CHILD_HAS_DEATH ? hp_sys_die_with_parent(signal) : -ENOSYS;
}

/* Only launchers are ever batch threads. */
HP_INLINE int child_leave_batch(void) { return 0; }

#endif
