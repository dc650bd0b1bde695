/* SPDX-License-Identifier: MIT */
/* Child processes. The child that is made here has no exit signal: no SIGCHLD comes and no
 * waitpid(-1) meets it. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum {
    CHILD_SAYS = 7,
    PIDFD = 3,
    EVERY_CHILD = 0x40000000,
    PATIENCE = 100000000
}; /* P_PIDFD, __WALL */

static const char *pidfd_of_self(void) {
    const int self = hp_sys_pidfd_open(hp_sys_getpid(), 0);
    if (self < 0) return error_word(self);
    struct pollfd alive = {.fd = self, .events = POLLIN};
    const int ready = hp_sys_poll(&alive, 1, HP_NOW),
              sent = hp_sys_pidfd_send_signal(self, 0, 0, 0);
    hp_sys_close(self);
    if (ready) return "a living process counts as exited";
    return sent ? "no signal can be sent through it" : 0;
}

/* What the exit of a child looks like through its pidfd; NULL: as it should. */
static const char *watch_exit(int child, int pidfd) {
    struct pollfd exited = {.fd = pidfd, .events = POLLIN};
    const int ready = hp_sys_poll(&exited, 1, hp_sys_after(PATIENCE));
    siginfo_t info;
    memset(&info, 0, sizeof info);
    const int waited = hp_sys_waitid(PIDFD, pidfd, &info, WEXITED | EVERY_CHILD, 0);
    if (waited) hp_sys_wait4(child, 0, EVERY_CHILD, 0);
    if (ready != 1) return "it does not become readable at exit";
    if (waited) return "waitid does not take it";
    return info.si_status == CHILD_SAYS ? 0 : "waitid gives the wrong status";
}

static const char *pidfd_of_child(void) {
    int pidfd = -1;
    const int child = hp_sys_fork(CLONE_PIDFD, &pidfd);
    if (child < 0) return error_word(child);
    if (!child) hp_sys_exit(CHILD_SAYS);
    const char *wrong = pidfd < 0 ? "clone does not give one" : watch_exit(child, pidfd);
    if (pidfd < 0)
        hp_sys_wait4(child, 0, EVERY_CHILD, 0);
    else
        hp_sys_close(pidfd);
    return wrong;
}

static void pidfd(struct finding *f) {
    const char *self = pidfd_of_self(), *child = self ? self : pidfd_of_child();
    if (!child)
        return found(f, STATUS_OK,
                     "opened, signalled, made by clone, readable at exit, taken by waitid");
    found(f, STATUS_NOTE, "%s: %s", self ? "pidfd_open" : "a child's pidfd", child);
    todo(f, "Wait for each child by its pid, woken by SIGCHLD; never by waitpid(-1) in a library.");
}

/* Size 0 is below every version of its structure: the answer tells whether the call is there, and
 * no child is made. */
static void clone3(struct finding *f) {
    const int answer = hp_sys_clone3(0, 0);
    if (answer == -EINVAL)
        return found(f, STATUS_OK, "known: a structure of no size is refused with EINVAL");
    const bool denied = answer == -EPERM || answer == -EACCES;
    found(f, STATUS_NOTE, "clone3: %s%s", error_word(answer), denied ? ", a sandbox's answer" : "");
    todo(f, denied ? "Let the sandbox answer ENOSYS: programs that see EPERM give up instead of "
                     "using clone."
                   : "Use clone: no CLONE_CLEAR_SIGHAND, no CLONE_INTO_CGROUP.");
}

static const struct fact rows[] = {
    {"proc.pidfd",
     "A pidfd of this process and of a child without an exit signal; poll, signal, waitid.",
     "A child's exit becomes an event like any other, without SIGCHLD and without mistaking a "
     "recycled pid.",
     pidfd},
    {"proc.clone3", "clone3 with a structure of size 0.",
     "It resets handlers and places a child in its control group in the one call that makes it.",
     clone3},
};

FAMILY(proc, "child processes");
