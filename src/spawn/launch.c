/* SPDX-License-Identifier: MIT */
/* A start by a launcher, as its caller sees it. Several may be on their way in one channel, so that
 * a launcher finds the next when it has done one. Who waits, waits for the word that the kernel
 * clears when its child executes. Then it reads the answer: they come in the order of the
 * questions, so who has the turn to read finds whose an answer is at the head of the row. */
#include <poll.h>
#include <sched.h>

#include "channel.h"

static void finish(struct hp_channel *channel, int pidfd, int answer) {
    struct hp_start *start = channel->first;
    channel->first = start->later;
    __atomic_store_n(&channel->row, channel->row - 1, __ATOMIC_RELAXED);
    start->pidfd = pidfd;
    start->answer = answer;
    __atomic_store_n(&start->done, 1, __ATOMIC_RELEASE);
}

/* A launcher that ended in the middle. A child that it has begun is this process's child all the
 * same, and not reaped: its number is right. */
static void give_up(struct hp_channel *channel) {
    __atomic_store_n(&channel->gone, true, __ATOMIC_RELAXED);
    while (channel->first) {
        const int pid = channel->first->pid;
        const int pidfd = pid > 0 ? hp_sys_pidfd_open(pid, 0) : -1;
        finish(channel, pidfd < 0 ? -1 : pidfd, pid > 0 ? 0 : pid < 0 ? pid : -EPIPE);
    }
}

static bool has_ended(const struct hp_channel *channel) {
    return !__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE);
}

/* It cannot be heard (ENOMEM, a filter), and may be at work on what its callers have. */
static void end_launcher(struct hp_channel *channel) {
    hp_lock(&channel->lock);
    __atomic_store_n(&channel->gone, true, __ATOMIC_RELAXED);
    hp_unlock(&channel->lock);
    while (!has_ended(channel)) {
        hp_channel_send(channel->ours, 0, 0, 0);
        hp_sys_futex_wait_kernel(&channel->ended, 1, hp_sys_after(HP_START_LOOK));
    }
}

/* By who has the turn. An answer that was on its way when the launcher was given up is too late. */
static void read_answer(struct hp_channel *channel) {
    struct hp_start *start = 0;
    int fds[HP_CARGO_MAX];
    const int count = hp_channel_receive(channel->ours, &start, fds);
    if (count < 0 && count != -EPIPE) end_launcher(channel);
    hp_lock(&channel->lock);
    if (count < 0)
        give_up(channel);
    else if (channel->first)
        finish(channel, count ? fds[0] : -1, start->answer);
    else if (count)
        hp_sys_close(fds[0]);
    hp_unlock(&channel->lock);
}

/* UINT32_MAX: the launcher is gone. */
static unsigned row_of(const struct hp_channel *channel) {
    const bool gone = __atomic_load_n(&channel->gone, __ATOMIC_RELAXED);
    return gone ? UINT32_MAX : __atomic_load_n(&channel->row, __ATOMIC_RELAXED);
}

static uint32_t told(const struct hp_channel *channel) {
    return __atomic_load_n(&channel->told, __ATOMIC_ACQUIRE);
}

static bool is_done(const struct hp_start *start) {
    return __atomic_load_n(&start->done, __ATOMIC_ACQUIRE);
}

/* A poll that fails has seen nothing, and says no more than that: who has the time reads all the
 * same. While a child that has not yet executed has a copy of its end, a launcher that is gone is
 * not seen to be. */
static bool has_answer(struct hp_channel *channel, hp_deadline deadline) {
    struct pollfd poll = {.fd = channel->ours, .events = POLLIN};
    for (;;) {
        const bool is_last = has_ended(channel);
        const hp_deadline until = hp_start_next_look(is_last ? HP_NOW : deadline);
        const int answer = hp_sys_poll(&poll, 1, until);
        if (answer != 0) return answer > 0 || deadline == HP_FOREVER;
        if (is_last) break;
        if (until == deadline) return false;
    }
    hp_lock(&channel->lock);
    give_up(channel);
    hp_unlock(&channel->lock);
    return false;
}

/* Reads an answer, or waits until somebody else has. Whoever had the turn tells the others, after
 * it: they look for what they want, and for the turn. `seen`: what was told before the caller
 * looked. False: not by the deadline. */
static bool advance(struct hp_channel *channel, uint32_t seen, hp_deadline deadline) {
    if (!hp_lock_try(&channel->turn))
        return hp_sys_futex_wait(&channel->told, seen, deadline) == 0 || deadline == HP_FOREVER;
    const bool is_late = told(channel) != seen,
               is_there = !is_late && has_answer(channel, deadline);
    if (is_there) read_answer(channel);
    hp_unlock(&channel->turn);
    __atomic_fetch_add(&channel->told, 1, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&channel->told, INT32_MAX);
    return is_late || is_there || row_of(channel) == UINT32_MAX;
}

static bool collect(struct hp_start *start, hp_deadline deadline) {
    for (bool in_time = true; !is_done(start);) { /* then the channel may be closed already */
        const uint32_t seen = told(start->channel);
        if (is_done(start)) break;
        if (!in_time) return false;
        in_time = advance(start->channel, seen, deadline);
    }
    return true;
}

/* The answer comes before the execution, mostly: when that has been, it is there or about to come.
 * Until then it is looked from time to time whether the launcher is still there. */
int hp_launch_collect(struct hp_start *start, hp_deadline deadline) {
    const bool stays = start->plan->flags & HP_SPAWN_SUSPENDED;
    for (;;) {
        const hp_deadline until = hp_start_next_look(deadline);
        if (stays || hp_start_await(start, until)) break;
        if (collect(start, HP_NOW) && start->answer < 0) return 0;
        if (until == deadline) return -ETIMEDOUT;
    }
    return collect(start, deadline) ? 0 : -ETIMEDOUT;
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

/* The one with the shortest row; NULL if no launcher is left. */
static struct hp_channel *choose(struct hp_launcher *launcher) {
    const unsigned first = __atomic_fetch_add(&launcher->next, 1, __ATOMIC_RELAXED);
    struct hp_channel *best = 0;
    unsigned shortest = UINT32_MAX;
    for (unsigned i = 0; i < launcher->count && shortest; i++) {
        struct hp_channel *channel = launcher->channels[(first + i) % launcher->count];
        const unsigned row = row_of(channel);
        if (row >= shortest) continue;
        shortest = row;
        best = channel;
    }
    return best;
}

/* Answers that nobody asked for yet are read, so that the launcher does not wait to give them. */
static void make_room(struct hp_channel *channel) {
    const uint32_t seen = told(channel);
    const unsigned row = row_of(channel);
    if (row >= HP_CHANNEL_ROW_MAX && row != UINT32_MAX) advance(channel, seen, HP_FOREVER);
}

static unsigned load(const struct hp_start *start, int *fds) {
    unsigned count = 0;
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->parent[i] != HP_SPAWN_NULL) fds[count++] = start->parent[i];
    for (unsigned i = 0; i < HP_EXTRAS; i++)
        if (start->extra[i] >= 0) fds[count++] = start->extra[i];
    return count;
}

/* A thread that is waked may take its waker's processor until it sleeps, and its child after it: a
 * caller that only wanted to send was kept that long in one start of ten, on a busy machine in half
 * of them (60 us, seen on 6.18 with 2 processors). A batch thread waits for its turn. So a launcher
 * becomes one for a caller that does not wait, and an ordinary one for a caller that does; while it
 * sleeps, for what it has begun is what it was. If that is refused, not again. */
static void take_policy(struct hp_channel *channel, struct hp_start *start) {
    const int none = 0, wanted = start->plan->flags & HP_SPAWN_ASYNC ? SCHED_BATCH : SCHED_OTHER;
    const bool may = channel->policy == SCHED_OTHER || channel->policy == SCHED_BATCH;
    if (may && channel->policy != wanted && channel->row == 0) {
        const int answer = hp_sys_sched_setscheduler(channel->thread, wanted, &none);
        if (answer == 0 || wanted == SCHED_BATCH) channel->policy = answer ? answer : wanted;
    }
    start->leaves_batch = channel->policy == SCHED_BATCH;
}

/* -EAGAIN: its row is long, or its launcher is gone: look again. */
static int put_in_row(struct hp_channel *channel, struct hp_start *start) {
    int fds[HP_CARGO_MAX];
    start->channel = channel;
    start->later = 0;
    start->done = 0;
    start->pid = 0;
    if (channel->gone || channel->row >= HP_CHANNEL_ROW_MAX) return -EAGAIN;
    take_policy(channel, start);
    const int answer = hp_channel_send(channel->ours, start, fds, load(start, fds));
    if (answer < 0) return answer;
    if (channel->first)
        channel->last->later = start;
    else
        channel->first = start;
    channel->last = start;
    __atomic_store_n(&channel->row, channel->row + 1, __ATOMIC_RELAXED);
    return 0;
}

static int send_to(struct hp_channel *channel, struct hp_start *start) {
    hp_lock(&channel->lock);
    const int answer = put_in_row(channel, start);
    if (answer == -EPIPE) give_up(channel);
    hp_unlock(&channel->lock);
    return answer;
}

int hp_launch_send(struct hp_launcher *launcher, struct hp_start *start) {
    int answer = check(launcher);
    while (answer == 0) {
        struct hp_channel *channel = choose(launcher);
        if (!channel) return -EPIPE;
        make_room(channel);
        answer = send_to(channel, start);
        if (answer == 0) break;
        if (answer == -EAGAIN || answer == -EPIPE) answer = 0;
    }
    if (answer == 0 && !(start->plan->flags & HP_SPAWN_ASYNC)) hp_launch_collect(start, HP_FOREVER);
    return answer;
}
