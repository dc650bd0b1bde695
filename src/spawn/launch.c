/* SPDX-License-Identifier: MIT */
/* A start by a launcher, as its caller sees it. Answers come in the order of the questions, so who
 * holds a channel's lock and reads an answer finds whose it is at the head of the row. */
#include <poll.h>

#include "channel.h"

static void finish(struct hp_channel *channel, int pidfd, int answer) {
    struct hp_start *start = channel->first;
    channel->first = start->later;
    channel->row--;
    start->pidfd = pidfd;
    start->answer = answer;
    __atomic_store_n(&start->done, 1, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&start->done, INT32_MAX);
}

/* A launcher that ended in the middle. A child that it has begun is this process's child all the
 * same, and not reaped: its number is right. */
static void give_up(struct hp_channel *channel) {
    channel->gone = true;
    while (channel->first) {
        const int pid = channel->first->pid;
        const int pidfd = pid > 0 ? hp_sys_pidfd_open(pid, 0) : -1;
        finish(channel, pidfd < 0 ? -1 : pidfd, pid > 0 ? 0 : -EPIPE);
    }
}

static void read_answer(struct hp_channel *channel) {
    struct hp_start *start = 0;
    int fds[HP_CARGO_MAX];
    const int count = hp_channel_receive(channel->ours, &start, fds);
    if (count < 0)
        give_up(channel);
    else
        finish(channel, count ? fds[0] : -1, channel->first->answer);
}

static bool is_done(const struct hp_start *start) {
    return __atomic_load_n(&start->done, __ATOMIC_ACQUIRE);
}

static int wait_answer(struct hp_channel *channel, hp_deadline deadline) {
    struct pollfd poll = {.fd = channel->ours, .events = POLLIN};
    if (deadline == HP_FOREVER) return 1;
    return hp_sys_poll(&poll, 1, deadline);
}

static int collect_locked(struct hp_start *start, hp_deadline deadline) {
    while (!is_done(start)) {
        const int answer = wait_answer(start->channel, deadline);
        if (answer <= 0) return answer ? answer : -ETIMEDOUT;
        read_answer(start->channel);
    }
    return 0;
}

int hp_launch_collect(struct hp_start *start, hp_deadline deadline) {
    if (!is_done(start)) {
        if (!hp_lock_until(&start->channel->lock, deadline)) return -ETIMEDOUT;
        const int answer = collect_locked(start, deadline);
        hp_unlock(&start->channel->lock);
        if (answer < 0) return answer;
    }
    return start->answer;
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Threads that somebody forked away, or with ids that the caller no longer has, are not used. */
static int check(const struct hp_launcher *launcher) {
    unsigned ids[6];
    if (launcher->pid != hp_sys_getpid()) return -ESTALE;
    hp_sys_getresuid(ids);
    hp_sys_getresgid(ids + 3);
    return __builtin_memcmp(ids, launcher->ids, sizeof ids) ? -ESTALE : 0;
}

/* An idle one, locked; else one whose row is not long. */
static struct hp_channel *try_channels(struct hp_launcher *launcher, unsigned first, unsigned row) {
    for (unsigned i = 0; i < launcher->count; i++) {
        struct hp_channel *channel = launcher->channels[(first + i) % launcher->count];
        if (!hp_lock_try(&channel->lock)) continue;
        if (!channel->gone && channel->row <= row) return channel;
        hp_unlock(&channel->lock);
    }
    return 0;
}

/* Whoever must wait does it in the row of one, with the others that wait there. */
static struct hp_channel *wait_channel(struct hp_launcher *launcher, unsigned first) {
    for (unsigned i = 0; i < launcher->count; i++) {
        struct hp_channel *channel = launcher->channels[(first + i) % launcher->count];
        hp_lock(&channel->lock);
        while (!channel->gone && channel->row >= HP_CHANNEL_ROW_MAX) read_answer(channel);
        if (!channel->gone) return channel;
        hp_unlock(&channel->lock);
    }
    return 0;
}

static struct hp_channel *choose(struct hp_launcher *launcher, bool may_queue) {
    const unsigned first = __atomic_fetch_add(&launcher->next, 1, __ATOMIC_RELAXED);
    struct hp_channel *channel = try_channels(launcher, first, 0);
    if (!channel && may_queue) channel = try_channels(launcher, first, HP_CHANNEL_ROW_MAX - 1);
    return channel ? channel : wait_channel(launcher, first);
}

static unsigned load(const struct hp_start *start, int *fds) {
    unsigned count = 0;
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->parent[i] != HP_SPAWN_NULL) fds[count++] = start->parent[i];
    for (unsigned i = 0; i < HP_EXTRAS; i++)
        if (start->extra[i] >= 0) fds[count++] = start->extra[i];
    return count;
}

static int put_in_row(struct hp_channel *channel, struct hp_start *start) {
    int fds[HP_CARGO_MAX];
    start->channel = channel;
    start->later = 0;
    start->done = 0;
    start->pid = 0;
    const int answer = hp_channel_send(channel->ours, start, fds, load(start, fds));
    if (answer < 0) return answer;
    if (channel->first)
        channel->last->later = start;
    else
        channel->first = start;
    channel->last = start;
    channel->row++;
    return 0;
}

/* Without ASYNC the answer is waited for here, under the lock: the row was empty, or is by then. */
int hp_launch_send(struct hp_launcher *launcher, struct hp_start *start) {
    const bool async = start->plan->flags & HP_SPAWN_ASYNC;
    int answer = check(launcher);
    if (answer < 0) return answer;
    struct hp_channel *channel = choose(launcher, async);
    if (!channel) return -EPIPE;
    answer = put_in_row(channel, start);
    if (answer == 0 && !async) collect_locked(start, HP_FOREVER);
    if (answer == -EPIPE) give_up(channel);
    hp_unlock(&channel->lock);
    return answer;
}
