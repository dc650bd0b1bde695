/* SPDX-License-Identifier: MIT */
/* A poller beside raw edge-triggered epoll: deliveries, registrations, wakes, a wait with a timer.
 * A hop is one delivery with a read and a write in it; both sides have the same descriptors, which
 * are registered afresh for each round, outside the time. */
#include <fcntl.h>
#include <hardpan.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench.h"

enum { MOST = 10000, ROOM = 128, HOPS = 400, CALLS = 400, WAKES = 400 };

static volatile long sink;

/* Byte i goes from `from` to `to`; a token is a byte on its way. */
struct pair {
    int from, to;
};
static struct pair pairs[MOST];
static int pair_count, active;

static void close_pairs(void) {
    for (int i = 0; i < pair_count; i++) {
        close(pairs[i].from);
        if (pairs[i].to != pairs[i].from) close(pairs[i].to);
    }
    pair_count = 0;
}

static void start(int running) {
    active = running;
    for (int i = 0; i < active; i++) sink = write(pairs[i * (pair_count / active)].from, "x", 1);
}

static void use_pipes(int count, int running) {
    close_pairs();
    for (; pair_count < count; pair_count++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) exit(1);
        pairs[pair_count] = (struct pair){ends[1], ends[0]};
    }
    start(running);
}

/* Both ends of each socket pair are watched, and what comes in at one goes out by the same: so it
 * bounces between the two. */
static void use_sockets(int count, int running) {
    close_pairs();
    for (; pair_count < count; pair_count += 2) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) exit(1);
        pairs[pair_count] = (struct pair){ends[0], ends[0]};
        pairs[pair_count + 1] = (struct pair){ends[1], ends[1]};
    }
    start(running);
}

static void hop(const struct pair *pair) {
    char byte;
    sink = read(pair->to, &byte, 1);
    sink = write(pair->from, &byte, 1);
}

static double hops_theirs(void) {
    struct epoll_event room[ROOM];
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < pair_count; i++) {
        struct epoll_event event = {EPOLLIN | EPOLLRDHUP | EPOLLET, {.ptr = &pairs[i]}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i].to, &event);
    }
    const double began = bench_now();
    for (int hops = 0; hops < HOPS;) {
        const int found = epoll_wait(epoll, room, ROOM, -1);
        for (int i = 0; i < found; i++) hop(room[i].data.ptr);
        hops += found;
    }
    const double time = bench_now() - began;
    close(epoll);
    return time / HOPS;
}

static double hops_ours(void) {
    struct hp_event room[ROOM];
    struct hp_poller *poller;
    struct hp_batch batch;
    hp_token token;
    hp_poller_open(&poller, 0);
    hp_batch_open(&batch, poller, room, ROOM);
    for (int i = 0; i < pair_count; i++)
        hp_poller_add(poller, pairs[i].to, HP_POLL_READABLE | HP_POLL_EDGE, &pairs[i], &token);
    const double began = bench_now();
    for (int hops = 0; hops < HOPS;) {
        const struct hp_event *event;
        hops += hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event)) hop(event->data);
    }
    const double time = bench_now() - began;
    hp_poller_close(poller);
    return time / HOPS;
}

/* ---- Registrations --------------------------------------------------------------------------- */

static int register_fd, ready_fd, raw_epoll;
static struct hp_poller *registrar;

static double register_theirs(void) {
    struct epoll_event event = {EPOLLIN, {.u64 = 7}};
    const double began = bench_now();
    for (int i = 0; i < CALLS; i++) {
        sink = epoll_ctl(raw_epoll, EPOLL_CTL_ADD, register_fd, &event);
        sink = epoll_ctl(raw_epoll, EPOLL_CTL_DEL, register_fd, &event);
    }
    return (bench_now() - began) / CALLS;
}
static double register_ours(void) {
    hp_token token = 0;
    const double began = bench_now();
    for (int i = 0; i < CALLS; i++) {
        sink = hp_poller_add(registrar, register_fd, HP_POLL_READABLE, 0, &token);
        sink = hp_poller_remove(registrar, token, 0, HP_FOREVER);
    }
    return (bench_now() - began) / CALLS;
}

/* ---- Wakes: two threads on one processor, each wakes the other ------------------------------- */

static int raw_epolls[2], raw_events[2];
static struct hp_poller *sleepers[2];

static void on_one_processor(void) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void ring_theirs(int side) {
    const uint64_t one = 1;
    sink = write(raw_events[side], &one, sizeof one);
}
static void sleep_theirs(int side) {
    struct epoll_event event;
    uint64_t count;
    sink = epoll_wait(raw_epolls[side], &event, 1, -1);
    sink = read(raw_events[side], &count, sizeof count);
}
static void sleep_ours(struct hp_batch *batch) {
    const struct hp_event *event;
    do hp_batch_wait(batch, HP_FOREVER);
    while (!hp_batch_next(batch, &event));
}

static void *answer_theirs(void *none) {
    on_one_processor();
    for (int i = 0; i < WAKES; i++) {
        sleep_theirs(1);
        ring_theirs(0);
    }
    return none;
}
static void *answer_ours(void *none) {
    struct hp_event room[ROOM];
    struct hp_batch batch;
    on_one_processor();
    hp_batch_open(&batch, sleepers[1], room, ROOM);
    for (int i = 0; i < WAKES; i++) {
        sleep_ours(&batch);
        hp_poller_wake(sleepers[0]);
    }
    hp_batch_close(&batch);
    return none;
}

static double wake_theirs(void) {
    pthread_t other;
    pthread_create(&other, 0, answer_theirs, 0);
    const double began = bench_now();
    for (int i = 0; i < WAKES; i++) {
        ring_theirs(1);
        sleep_theirs(0);
    }
    const double time = bench_now() - began;
    pthread_join(other, 0);
    return time / WAKES;
}
static double wake_ours(void) {
    struct hp_event room[ROOM];
    struct hp_batch batch;
    pthread_t other;
    hp_batch_open(&batch, sleepers[0], room, ROOM);
    pthread_create(&other, 0, answer_ours, 0);
    const double began = bench_now();
    for (int i = 0; i < WAKES; i++) {
        hp_poller_wake(sleepers[1]);
        sleep_ours(&batch);
    }
    const double time = bench_now() - began;
    pthread_join(other, 0);
    hp_batch_close(&batch);
    return time / WAKES;
}

/* ---- A wait with a timer that is set anew each time ------------------------------------------ */

static double timed_theirs(void) {
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event event = {EPOLLIN, {.u64 = 7}};
    epoll_ctl(raw_epoll, EPOLL_CTL_ADD, timer, &event);
    epoll_ctl(raw_epoll, EPOLL_CTL_ADD, ready_fd, &event);
    const double began = bench_now();
    for (int i = 0; i < CALLS; i++) {
        const struct itimerspec later = {.it_value = {3600, i}};
        timerfd_settime(timer, 0, &later, 0);
        sink = epoll_wait(raw_epoll, &event, 1, -1);
    }
    const double time = (bench_now() - began) / CALLS;
    epoll_ctl(raw_epoll, EPOLL_CTL_DEL, ready_fd, 0);
    close(timer);
    return time;
}
static double timed_ours(void) {
    struct hp_event room[ROOM];
    struct hp_batch batch;
    const struct hp_event *event;
    hp_token token, ready;
    hp_batch_open(&batch, registrar, room, ROOM);
    hp_poller_add_timer(registrar, HP_FOREVER, 0, &token);
    hp_poller_add(registrar, ready_fd, HP_POLL_READABLE, 0, &ready);
    const double began = bench_now();
    for (int i = 0; i < CALLS; i++) {
        hp_poller_set_timer(registrar, token, hp_sys_after(3600000000000 + i));
        sink = hp_batch_wait(&batch, HP_FOREVER);
        sink = hp_batch_next(&batch, &event);
    }
    const double time = (bench_now() - began) / CALLS;
    hp_poller_remove(registrar, ready, &batch, HP_NOW);
    hp_poller_remove(registrar, token, &batch, HP_NOW);
    hp_batch_close(&batch);
    return time;
}

static const struct bench one = {"a hop through 1 pipe", hops_theirs, hops_ours, 1.05, 0},
                          some = {"a hop, 1,000 pipes, 100 active", hops_theirs, hops_ours, 1.05,
                                  0},
                          many = {"a hop, 10,000 sockets, 100 active", hops_theirs, hops_ours, 1.05,
                                  0},
                          others[] = {
                              {"add and remove", register_theirs, register_ours, 1.1, 0},
                              {"wake there and back", wake_theirs, wake_ours, 1.1, 0},
                              {"a timed wait, by timerfd", timed_theirs, timed_ours, 1, 0},
};

static void raw_sleeper(int side) {
    struct epoll_event event = {EPOLLIN, {.u64 = 7}};
    raw_epolls[side] = epoll_create1(EPOLL_CLOEXEC);
    raw_events[side] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_ctl(raw_epolls[side], EPOLL_CTL_ADD, raw_events[side], &event);
    hp_poller_open(&sleepers[side], 0);
}

int main(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    register_fd = eventfd(0, EFD_CLOEXEC);
    ready_fd = eventfd(1, EFD_CLOEXEC);
    raw_epoll = epoll_create1(EPOLL_CLOEXEC);
    if (hp_poller_open(&registrar, 0) < 0) return 1;
    raw_sleeper(0);
    raw_sleeper(1);
    on_one_processor();
    bench_head("poll, beside raw edge-triggered epoll");
    use_pipes(1, 1);
    bench_run(&one);
    use_pipes(1000, 100);
    bench_run(&some);
    use_sockets(MOST, 100);
    bench_run(&many);
    close_pairs();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) bench_run(&others[i]);
    return 0;
}
