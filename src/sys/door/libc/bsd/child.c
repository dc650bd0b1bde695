/* SPDX-License-Identifier: MIT */
/* A child through the C library of a BSD or of macOS: what the rows of the table have not. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys.h"

static int with_errno(int answer, int kept) {
    const int said = answer < 0 ? -errno : answer;
    errno = kept;
    return said;
}

int hp_sys_fork_run(void (*function)(void *), void *argument) {
    const int kept = errno;
    const int answer = fork();
    if (answer == 0) {
        function(argument);
        __builtin_trap();
    }
    return with_errno(answer, kept);
}

int hp_sys_dup2(int from, int to) {
    const int kept = errno;
    return with_errno(dup2(from, to), kept);
}

int hp_sys_setrlimit(int resource, const uint64_t pair[2]) {
    const int kept = errno;
    const struct rlimit limit = {.rlim_cur = (rlim_t)pair[0], .rlim_max = (rlim_t)pair[1]};
    return with_errno(setrlimit(resource, &limit), kept);
}

/* There is no sigtimedwait on OpenBSD and macOS. Nobody else takes it: it came to this thread. */
void hp_sys_take_back(int number) {
    sigset_t set;
    const int kept = errno;
    int taken;
    sigpending(&set);
    if (sigismember(&set, number) == 1) {
        sigemptyset(&set);
        sigaddset(&set, number);
        sigwait(&set, &taken);
    }
    errno = kept;
}
