/* SPDX-License-Identifier: MIT */
/* Launchers come and go. */
#include <sched.h>

#include "channel.h"

enum {
    THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
             CLONE_CHILD_CLEARTID
};

static int begin_thread(struct hp_channel *channel) {
    const uint64_t all = ~(uint64_t)0;
    uint64_t mask = 0;
    channel->ended = 1;
    hp_sys_sigmask(&all, &mask);
    const int answer = hp_sys_clone_run(THREAD, channel->stack.low + channel->stack.size, 0,
                                        &channel->ended, hp_launcher_serve, channel);
    hp_sys_sigmask(&mask, 0);
    if (answer < 0) return answer;
    channel->thread = answer;
    channel->policy = hp_sys_sched_getscheduler(answer);
    while (!__atomic_load_n(&channel->ready, __ATOMIC_ACQUIRE))
        hp_sys_futex_wait(&channel->ready, 0, HP_FOREVER);
    return channel->ready == 1 ? 0 : -EAGAIN;
}

static void await_end(struct hp_channel *channel) {
    while (__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE))
        hp_sys_futex_wait_kernel(&channel->ended, 1, HP_FOREVER);
}

/* It is told: while a forked child has a copy of our end, it would not see that it is closed. */
static void end_channel(struct hp_channel *channel, bool is_here) {
    const struct hp_stack stack = channel->stack;
    if (is_here) hp_channel_send(channel->ours, 0, 0, 0);
    hp_sys_close(channel->ours);
    if (is_here) await_end(channel);
    hp_spawn_stack_give(&stack);
}

static int open_channel(struct hp_channel *channel) {
    int ends[2];
    int answer = hp_sys_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
    if (answer < 0) return answer;
    channel->ours = ends[0];
    channel->theirs = ends[1];
    answer = begin_thread(channel);
    hp_sys_close(ends[1]);
    if (answer == 0) return 0;
    hp_sys_close(ends[0]);
    if (channel->ready) await_end(channel);
    return answer;
}

static int add(struct hp_launcher *launcher) {
    struct hp_stack stack;
    int answer = hp_spawn_stack_take(&stack);
    if (answer < 0) return answer;
    struct hp_channel *channel = (struct hp_channel *)stack.low;
    *channel = (struct hp_channel){.stack = stack};
    answer = open_channel(channel);
    if (answer < 0) {
        hp_spawn_stack_give(&stack);
        return answer;
    }
    launcher->channels[launcher->count++] = channel;
    return 0;
}

int hp_launcher_open(struct hp_launcher *launcher, unsigned threads) {
    if (threads == 0 || threads > HP_LAUNCHER_THREADS_MAX) return -EINVAL;
    *launcher = (struct hp_launcher){.pid = hp_sys_getpid()};
    hp_sys_getresuid(launcher->ids);
    hp_sys_getresgid(launcher->ids + 3);
    while (launcher->count < threads) {
        const int answer = add(launcher);
        if (answer == 0) continue;
        hp_launcher_close(launcher);
        return answer;
    }
    return 0;
}

/* The locks are kept: nobody is to come any more. */
static int lock_all(struct hp_launcher *launcher) {
    for (unsigned i = 0; i < launcher->count; i++) {
        struct hp_channel *channel = launcher->channels[i];
        const bool locked = hp_lock_try(&channel->lock);
        if (locked && !channel->row) continue;
        if (locked) hp_unlock(&channel->lock);
        while (i--) hp_unlock(&((struct hp_channel *)launcher->channels[i])->lock);
        return -EBUSY;
    }
    return 0;
}

int hp_launcher_close(struct hp_launcher *launcher) {
    const bool is_here = launcher->pid == hp_sys_getpid();
    if (is_here) {
        const int answer = lock_all(launcher);
        if (answer < 0) return answer;
    }
    while (launcher->count) end_channel(launcher->channels[--launcher->count], is_here);
    return 0;
}
