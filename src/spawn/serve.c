/* SPDX-License-Identifier: MIT */
/* What a launcher does. It is a thread that the C library does not know, on a stack of 32 KiB, with
 * all signals blocked: it calls the kernel and this library's pure code, and nothing else. */
#include <sched.h>

#include "channel.h"

enum { END = 0 /* the number of its end in its own table */, RANGE_UNSHARE = 1 << 1 };

/* In /proc's order or up to the limit, where there is no close_range. */
static int empty_slowly(void) {
    static const struct hp_start none = {.kept = {END}, .kept_count = 1, .closes_now = true};
    const int answer = hp_close_others(&none);
    return answer < 0 ? answer : 0;
}

/* The range is left out of the copy: what is being closed here was never held. The numbers up to
 * the end's are, by some kernels, for the length of this call. */
static int take_table(int end) {
    int answer = hp_sys_close_range((unsigned)end + 1, ~0u, RANGE_UNSHARE);
    if (answer < 0) answer = hp_sys_unshare(CLONE_FILES);
    if (answer < 0 || end == END) return answer < 0 ? answer : empty_slowly();
    answer = hp_sys_dup3(end, END);
    return answer < 0 ? answer : empty_slowly();
}

static void say_ready(struct hp_channel *channel, uint32_t how) {
    __atomic_store_n(&channel->ready, how, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&channel->ready, 1);
}

/* The numbers that the descriptors have in this table, in the order in which they were sent. For
 * those that there was no room for the kernel has none. */
static int renumber(struct hp_start *start, const int *fds, int count) {
    int taken = 0;
    int *number[HP_CARGO_MAX];
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->parent[i] != HP_SPAWN_NULL) number[taken++] = &start->parent[i];
    for (unsigned i = 0; i < HP_EXTRAS; i++)
        if (start->extra[i] >= 0) number[taken++] = &start->extra[i];
    if (taken != count) return -EMFILE;
    while (taken--) *number[taken] = fds[taken];
    return 0;
}

/* A descriptor may be refused its place in a message (ETOOMANYREFS). Who asked is waiting, and must
 * see an answer, or the end of this thread. */
static int answer(struct hp_start *start) {
    const bool has_pidfd = start->answer == 0 && start->pidfd >= 0;
    const int pidfd = start->pidfd; /* the start is its caller's when this was sent */
    int sent = hp_channel_send(END, start, &pidfd, has_pidfd);
    if (sent < 0 && has_pidfd) sent = hp_channel_send(END, start, 0, 0);
    if (has_pidfd) hp_sys_close(pidfd);
    return sent;
}

/* Who asked is waiting for the child. Where that is not to come, or came while this thread waited,
 * it is told so. */
static void tell(struct hp_start *start) {
    __atomic_store_n(&start->ended, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake_kernel(&start->ended, 1);
}

/* What was sent is closed before the answer: an end of file that the caller waits for must not come
 * later for it. */
static int serve(struct hp_start *start, const int *fds, int count) {
    start->beside = false;
    start->answer = renumber(start, fds, count);
    if (start->answer == 0) start->answer = hp_start_run(start);
    while (count--) hp_sys_close(fds[count]);
    if (start->answer < 0 || !start->beside) tell(start);
    return answer(start);
}

void hp_launcher_serve(void *argument) {
    struct hp_channel *channel = argument;
    if (take_table(channel->theirs) < 0) {
        say_ready(channel, 2);
        return;
    }
    say_ready(channel, 1);
    struct hp_start *start;
    int fds[HP_CARGO_MAX], count;
    while ((count = hp_channel_receive(END, &start, fds)) >= 0 && start)
        if (serve(start, fds, count) < 0) return;
}
