/* SPDX-License-Identifier: MIT */
/* Deliveries beside other people's loops: the same pipes, a byte on its way through each active
 * one, and for each delivery a read and a write. All are level-triggered, as theirs are used. */
#include <event2/event.h>
#include <fcntl.h>
#include <hardpan.h>
#include <unistd.h>
#include <uv.h>

#include "bench.h"

enum { MOST = 1000, ROOM = 128, HOPS = 4000 };

static int from[MOST], to[MOST], pipes, hops;
static volatile long sink;

static void use_pipes(int count, int active) {
    for (int i = 0; i < pipes; i++) sink = close(from[i]) + close(to[i]);
    for (pipes = 0; pipes < count; pipes++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) exit(1);
        to[pipes] = ends[0];
        from[pipes] = ends[1];
    }
    for (int i = 0; i < active; i++) sink = write(from[i * (count / active)], "x", 1);
}

static int hop(int i) {
    char byte;
    sink = read(to[i], &byte, 1);
    sink = write(from[i], &byte, 1);
    return ++hops < HOPS;
}

static double ours(void) {
    struct hp_event room[ROOM];
    struct hp_poller *poller;
    struct hp_batch batch;
    hp_token token;
    hops = 0;
    hp_poller_open(&poller, 0);
    hp_batch_open(&batch, poller, room, ROOM);
    for (intptr_t i = 0; i < pipes; i++)
        hp_poller_add(poller, to[i], HP_POLL_READABLE, (void *)i, &token);
    const double began = bench_now();
    while (hops < HOPS) {
        const struct hp_event *event;
        hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event)) hop((int)(intptr_t)event->data);
    }
    const double time = bench_now() - began;
    hp_poller_close(poller);
    return time / HOPS;
}

static uv_poll_t uv_polls[MOST];
static void on_uv(uv_poll_t *poll, int status, int events) {
    (void)status, (void)events;
    if (!hop((int)(poll - uv_polls))) uv_stop(poll->loop);
}
static double by_libuv(void) {
    uv_loop_t loop;
    hops = 0;
    uv_loop_init(&loop);
    for (int i = 0; i < pipes; i++) {
        uv_poll_init(&loop, &uv_polls[i], to[i]);
        uv_poll_start(&uv_polls[i], UV_READABLE, on_uv);
    }
    const double began = bench_now();
    uv_run(&loop, UV_RUN_DEFAULT);
    const double time = bench_now() - began;
    for (int i = 0; i < pipes; i++) uv_close((uv_handle_t *)&uv_polls[i], 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return time / HOPS;
}

static struct event_base *base;
static void on_event(evutil_socket_t fd, short what, void *i) {
    (void)fd, (void)what;
    if (!hop((int)(intptr_t)i)) event_base_loopbreak(base);
}
static double by_libevent(void) {
    static struct event *events[MOST];
    hops = 0;
    base = event_base_new();
    for (intptr_t i = 0; i < pipes; i++) {
        events[i] = event_new(base, to[i], EV_READ | EV_PERSIST, on_event, (void *)i);
        event_add(events[i], 0);
    }
    const double began = bench_now();
    event_base_dispatch(base);
    const double time = bench_now() - began;
    for (int i = 0; i < pipes; i++) event_free(events[i]);
    event_base_free(base);
    return time / HOPS;
}

int main(void) {
    const struct bench peers[] = {{"libuv", by_libuv, ours, 1, 0},
                                  {"libevent", by_libevent, ours, 1, 0}};
    bench_head("poll, a hop through 1 pipe, beside");
    use_pipes(1, 1);
    for (int i = 0; i < 2; i++) bench_run(&peers[i]);
    bench_head("poll, a hop, 1,000 pipes, 100 active");
    use_pipes(MOST, 100);
    for (int i = 0; i < 2; i++) bench_run(&peers[i]);
    return 0;
}
