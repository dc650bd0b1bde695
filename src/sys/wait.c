/* SPDX-License-Identifier: MIT */
/* Calls that wait until a deadline. Each entry gets what is left of it, so no signal can stretch
 * the wait. */
#include "enter.h"
#include "flags.h"
#include "stats.h"

const struct hp_kernel_time *hp_time_left(hp_deadline deadline, struct hp_kernel_time *left) {
    if (deadline == HP_FOREVER) return 0;
    const int64_t now = deadline > 0 ? hp_sys_now() : 0;
    *left = hp_kernel_time(deadline > now ? deadline - now : 0);
    return left;
}

int hp_sys_sleep(hp_deadline deadline) {
    const struct hp_kernel_time until = hp_kernel_time(deadline > 0 ? deadline : 0);
    for (;;) {
        const int answer =
            (int)ENTER4(clock_nanosleep, FLAG_CLOCK_MONOTONIC, FLAG_TIMER_ABSTIME, &until, 0);
        if (answer != -HP_EINTR) return answer;
        hp_sys_count_retry();
    }
}

int hp_sys_poll(struct pollfd *fds, size_t count, hp_deadline deadline) {
    for (;;) {
        struct hp_kernel_time left;
        const int answer =
            (int)ENTER5(ppoll, fds, count, hp_time_left(deadline, &left), 0, KERNEL_SIGSET_BYTES);
        if (answer != -HP_EINTR) return answer;
        hp_sys_count_retry();
    }
}

/* Rounded up: a wait that ends early would have the caller spin until its deadline. */
static int64_t milliseconds(const struct hp_kernel_time *left) {
    return left ? left->sec * 1000 + (left->nsec + 999999) / 1000000 : -1;
}

__attribute__((cold, noinline)) static int epoll_rounded(int epoll, struct epoll_event *events,
                                                         int capacity,
                                                         const struct hp_kernel_time *left) {
    hp_sys_count(&hp_sys_counters.millisecond_waits);
    const int64_t wanted = milliseconds(left);
    return (int)ENTER6(epoll_pwait, epoll, events, capacity,
                       wanted < INT32_MAX ? wanted : INT32_MAX, 0, KERNEL_SIGSET_BYTES);
}

/* EINVAL is also what a bad capacity gets, or a descriptor that is no epoll: the call is missing
 * only where the older one takes the same arguments. */
static int epoll_doubted(int epoll, struct epoll_event *events, int capacity,
                         const struct hp_kernel_time *left) {
    const int answer = epoll_rounded(epoll, events, capacity, left);
    if (answer >= 0) hp_sys_learn(LACKS_EPOLL_PWAIT2);
    return answer;
}

/* Filters answer what they do not know with each of these. */
static bool is_refusal(int answer) {
    return answer == -HP_ENOSYS || answer == -HP_EPERM || answer == -HP_EINVAL ||
           answer == -HP_E2BIG;
}

static int epoll_once(int epoll, struct epoll_event *events, int capacity,
                      const struct hp_kernel_time *left) {
    if (!hp_sys_lacks(LACKS_EPOLL_PWAIT2)) {
        const int answer =
            (int)ENTER6(epoll_pwait2, epoll, events, capacity, left, 0, KERNEL_SIGSET_BYTES);
        if (__builtin_expect(answer >= 0, 1) || !is_refusal(answer)) return answer;
        if (answer == -HP_EINVAL) return epoll_doubted(epoll, events, capacity, left);
        hp_sys_learn(LACKS_EPOLL_PWAIT2);
    }
    return epoll_rounded(epoll, events, capacity, left);
}

/* Nothing was found, or it went wrong. epoll_pwait counts to 24 days: a longer wait ends there with
 * nothing, and goes on. Apart, so that a wait that finds something saves few registers. */
__attribute__((cold, noinline)) static int epoll_again(int epoll, struct epoll_event *events,
                                                       int capacity, hp_deadline deadline,
                                                       int answer) {
    for (;;) {
        struct hp_kernel_time kept;
        const struct hp_kernel_time *left = hp_time_left(deadline, &kept);
        if (answer == -HP_EINTR)
            hp_sys_count_retry();
        else if (answer != 0 || !left || (left->sec | left->nsec) == 0)
            return answer;
        answer = epoll_once(epoll, events, capacity, left);
    }
}

int hp_sys_epoll_wait(int epoll, struct epoll_event *events, int capacity, hp_deadline deadline) {
    struct hp_kernel_time kept;
    const struct hp_kernel_time *left =
        __builtin_expect(deadline == HP_FOREVER, 1) ? 0 : hp_time_left(deadline, &kept);
    const int answer = epoll_once(epoll, events, capacity, left);
    if (__builtin_expect(answer > 0, 1)) return answer;
    return epoll_again(epoll, events, capacity, deadline, answer);
}

/* Its changes have been applied when EINTR comes (kqueue(2) of FreeBSD and NetBSD): given again,
 * EV_ADD would re-arm what has fired, and EV_DELETE fail. */
int hp_sys_kevent(int kqueue, const void *changes, int change_count, void *events, int capacity,
                  hp_deadline deadline) {
    for (;;) {
        struct hp_kernel_time left;
        const int answer = (int)ENTER6(kevent, kqueue, changes, change_count, events, capacity,
                                       hp_time_left(deadline, &left));
        if (answer != -HP_EINTR) return answer;
        changes = 0;
        change_count = 0;
        hp_sys_count_retry();
    }
}

static int futex_wait(const uint32_t *word, int operation, uint32_t value, hp_deadline deadline) {
    const struct hp_kernel_time until = hp_kernel_time(deadline > 0 ? deadline : 0);
    for (;;) {
        const int answer = (int)ENTER6(futex, word, operation, value,
                                       deadline == HP_FOREVER ? 0 : &until, 0, FLAG_FUTEX_ANY);
        if (answer != -HP_EINTR) return answer == -HP_EAGAIN ? 0 : answer;
        hp_sys_count_retry();
    }
}

int hp_sys_futex_wait(const uint32_t *word, uint32_t value, hp_deadline deadline) {
    return futex_wait(word, FLAG_FUTEX_WAIT_BITSET, value, deadline);
}

int hp_sys_futex_wait_kernel(const uint32_t *word, uint32_t value, hp_deadline deadline) {
    return futex_wait(word, FLAG_FUTEX_WAIT_SHARED, value, deadline);
}

int hp_sys_membarrier(int command) { return (int)ENTER2(membarrier, command, 0); }

int hp_sys_futex_wake(const uint32_t *word, int count) {
    return (int)ENTER6(futex, word, FLAG_FUTEX_WAKE, count, 0, 0, 0);
}

int hp_sys_futex_wake_kernel(const uint32_t *word, int count) {
    return (int)ENTER6(futex, word, FLAG_FUTEX_WAKE_SHARED, count, 0, 0, 0);
}
