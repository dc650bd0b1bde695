/* SPDX-License-Identifier: MIT */
/* What the BSDs have and macOS has not, or not any more. */
#include <errno.h>
#include <unistd.h>

#include "sys.h"

/* The child goes on in this frame, and in others below it: it never comes back, so all that lies
 * here is as it was when the parent does. */
int hp_sys_vfork_run(void (*function)(void *), void *argument) {
    const int kept = errno;
    const int answer = vfork();
    if (answer == 0) {
        function(argument); /* NOLINT(clang-analyzer-unix.Vfork): it never comes back */
        __builtin_trap();
    }
    const int said = answer < 0 ? -errno : answer;
    errno = kept;
    return said;
}

/* It has no answer on FreeBSD; on the others it says no more than that there was none. */
void hp_sys_closefrom(int first) {
    const int kept = errno;
    closefrom(first);
    errno = kept;
}
