/* SPDX-License-Identifier: MIT */
/* The poller's kernel half. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int ready_now(int epoll) {
    struct epoll_event event = {0};
    return hp_sys_epoll_wait(epoll, &event, 1, HP_NOW);
}

/* Level: ready as long as it is readable. Edge: told once. */
static void judge_modes(struct finding *f, int epoll, int source) {
    struct epoll_event level = {.events = EPOLLIN}, edge = {.events = EPOLLIN | EPOLLET};
    const int added = hp_sys_epoll_ctl(epoll, EPOLL_CTL_ADD, source, &level);
    const int first = ready_now(epoll), second = ready_now(epoll);
    const int modified = hp_sys_epoll_ctl(epoll, EPOLL_CTL_MOD, source, &edge);
    const int once = ready_now(epoll), twice = ready_now(epoll);
    const int removed = hp_sys_epoll_ctl(epoll, EPOLL_CTL_DEL, source, 0);
    if (!added && !modified && !removed && first == 1 && second == 1 && once == 1 && twice == 0)
        return found(f, STATUS_OK, "level-triggered events repeat, edge-triggered ones come once");
    found(f, STATUS_WRONG,
          "add %d, change %d, remove %d; level told %d then %d, edge told %d then %d", added,
          modified, removed, first, second, once, twice);
    todo(f, "Use poll() here.");
}

static void epoll(struct finding *f) {
    const int epoll = hp_sys_epoll_create1(0);
    if (epoll < 0) {
        found(f, STATUS_WRONG, "epoll_create1: %s", error_word(epoll));
        return todo(f, "Use poll() here, or let the sandbox pass epoll_create1.");
    }
    const int source = hp_sys_eventfd(1, EFD_NONBLOCK);
    if (source < 0)
        blind(f, "eventfd2", source);
    else
        judge_modes(f, epoll, source), hp_sys_close(source);
    hp_sys_close(epoll);
}

static void cloexec(struct finding *f) {
    const int epoll = hp_sys_epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        found(f, STATUS_WRONG, "epoll_create1(EPOLL_CLOEXEC): %s", error_word(epoll));
        return todo(f, "epoll_create and F_SETFD under a lock that every fork takes; a foreign "
                       "fork still leaks it.");
    }
    const int flags = hp_sys_fcntl(epoll, F_GETFD, 0);
    hp_sys_close(epoll);
    if (flags >= 0 && flags & FD_CLOEXEC)
        return found(f, STATUS_OK, "epoll_create1(EPOLL_CLOEXEC) sets the flag");
    found(f, STATUS_WRONG, "epoll_create1(EPOLL_CLOEXEC) made a descriptor without the flag");
    todo(f, "Set FD_CLOEXEC by fcntl under a lock that every fork takes.");
}

enum { NAP = 200000 };

static int wait_ns(int epoll, long nanoseconds) {
    struct epoll_event event = {0};
    const struct kernel_time time = {0, nanoseconds};
    return (int)hp_sys_call(call_number("epoll_pwait2"), epoll, (long)&event, 1, (long)&time, 0, 8);
}

/* What is ready must be seen: a call that only says that nothing came is not found out by the clock
 * on a machine so busy that it takes its time over it. */
static int see_what_is_ready(int epoll) {
    const int ready = hp_sys_eventfd(1, 0);
    struct epoll_event event = {.events = EPOLLIN};
    int answer = ready < 0 ? ready : hp_sys_epoll_ctl(epoll, EPOLL_CTL_ADD, ready, &event);
    if (answer == 0) answer = wait_ns(epoll, NAP);
    if (ready >= 0) hp_sys_close(ready);
    return answer;
}

static void pwait2(struct finding *f) {
    const int epoll = hp_sys_epoll_create1(0);
    if (epoll < 0) return blind(f, "epoll_create1", epoll);
    const int seen = see_what_is_ready(epoll);
    const int64_t began = hp_sys_now();
    const int answer = seen == 1 ? wait_ns(epoll, NAP) : seen;
    const int64_t took = hp_sys_now() - began;
    hp_sys_close(epoll);
    if (seen == 1 && !answer && took >= NAP)
        return found(f, STATUS_OK, "a wait of 200 us took %lld us", (long long)took / 1000);
    if (answer < 0)
        found(f, STATUS_NOTE, "epoll_pwait2: %s", error_word(answer));
    else if (seen != 1)
        found(f, STATUS_WRONG, "said %d events when one was ready: nothing is seen", seen);
    else
        found(f, STATUS_WRONG, "said %d events too early: waits end before their time", answer);
    todo(f, "Round waits up to a millisecond and use epoll_pwait, as hp_sys_epoll_wait does.");
}

static void uring(struct finding *f) {
    unsigned char parameters[120] = {0}; /* struct io_uring_params */
    const int ring = hp_sys_io_uring_setup(1, parameters);
    if (ring < 0) {
        found(f, STATUS_NOTE, "io_uring_setup: %s", error_word(ring));
        return todo(
            f,
            "Have epoll to fall back on; sysctl kernel.io_uring_disabled or a sandbox refuses it.");
    }
    const int flags = hp_sys_fcntl(ring, F_GETFD, 0);
    hp_sys_close(ring);
    if (flags >= 0 && flags & FD_CLOEXEC)
        return found(f, STATUS_OK, "a ring can be made, and is close-on-exec");
    found(f, STATUS_WRONG, "a ring can be made, but is not close-on-exec");
    todo(f, "Set FD_CLOEXEC by fcntl under a lock that every fork takes.");
}

static const struct fact rows[] = {
    {"poll.epoll", "Level- and edge-triggered events of an eventfd that is readable.",
     "Every event loop stands on this difference: told again, or told once.", epoll},
    {"poll.cloexec", "epoll_create1 with EPOLL_CLOEXEC, then F_GETFD.",
     "A poller that a child inherits keeps every description it watches alive, and events come for "
     "closed descriptors.",
     cloexec},
    {"poll.pwait2", "What is ready, and then a wait of 200 microseconds, through epoll_pwait2.",
     "Without it every timer is rounded up to a millisecond, or costs a timerfd and two more "
     "calls.",
     pwait2},
    {"poll.uring", "A ring of one entry.",
     "Containers and hardened systems refuse io_uring; a runtime that has nothing else does not "
     "start there.",
     uring},
};

FAMILY(poll, "waiting for many things");
