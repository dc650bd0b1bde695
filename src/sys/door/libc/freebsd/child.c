/* SPDX-License-Identifier: MIT */
/* What a child can do on FreeBSD and on no other BSD. */
#include <sys/procctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <unistd.h>

#include "sys.h"

int hp_sys_fexecve(int file, const char *const *argv, const char *const *envp) {
    const int kept = errno;
    fexecve(file, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
    const int answer = -errno;
    errno = kept;
    return answer;
}

int hp_sys_die_with_parent(int signal) {
    const int kept = errno;
    const int answer = procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &signal) < 0 ? -errno : 0;
    errno = kept;
    return answer;
}
