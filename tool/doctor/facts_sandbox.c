/* SPDX-License-Identifier: MIT */
/* A filter that does not know a call should answer ENOSYS; many answer EPERM, and fallbacks written
 * for old kernels never run. Each call here gets arguments that no kernel accepts, and none of them
 * asks for a right first. */
#include "probe.h"

#include <errno.h>

/* One number on every architecture since Linux 5.0, so here they are written down. */
static const struct call {
    const char *name;
    long number, a, b, c, d;
} calls[] = {
    {"pidfd_send_signal", 424, -1, 0, 0, ~0L},
    {"pidfd_open", 434, -1, ~0L, 0, 0},
    {"clone3", 435, 0, 0, 0, 0},
    {"close_range", 436, 1, 0, 0, 0},
    {"openat2", 437, -1, 0, 0, 0},
    {"pidfd_getfd", 438, -1, -1, ~0L, 0},
    {"faccessat2", 439, -1, 0, ~0L, ~0L},
    {"process_madvise", 440, -1, 0, 0, 0},
    {"epoll_pwait2", 441, -1, 0, 0, 0},
    {"landlock_create_ruleset", 444, 0, 0, 1, 0},
    {"memfd_secret", 447, ~0L, 0, 0, 0},
    {"process_mrelease", 448, -1, ~0L, 0, 0},
    {"futex_waitv", 449, 0, 0, ~0L, 0},
    {"cachestat", 451, -1, 0, 0, ~0L},
    {"fchmodat2", 452, -1, 0, 0, ~0L},
    {"futex_wake", 454, 0, 0, 0, ~0L},
    {"statmount", 457, 0, 0, 0, ~0L},
    {"mseal", 462, 1, 0, ~0L, 0},
};

static bool is_denied(const struct call *call) {
    const long answer = hp_sys_call(call->number, call->a, call->b, call->c, call->d, 0, 0);
    return answer == -EPERM || answer == -EACCES;
}

static void denied(struct finding *f) {
    struct list list = {0};
    for (size_t i = 0; i < COUNT(calls); i++)
        if (is_denied(&calls[i])) list_add(&list, "%s", calls[i].name);
    if (!list.count)
        return found(f, STATUS_OK, "none of %zu newer calls is answered with EPERM", COUNT(calls));
    found(f, STATUS_WRONG, "EPERM where ENOSYS is meant, from %u of %zu: %s", list.count,
          COUNT(calls), list.text);
    todo(f, "Give the filter the default SCMP_ACT_ERRNO(ENOSYS) for calls newer than itself; in "
            "Docker: update it.");
}

static const struct fact rows[] = {
    {"sandbox.denied", "Newer calls, each with arguments that every kernel refuses as invalid.",
     "Programs fall back when a call is missing, not when it is forbidden: a sandbox that says "
     "EPERM stops what would "
     "have run on an older kernel.",
     denied},
};

FAMILY(sandbox, "what a filter forbids");
