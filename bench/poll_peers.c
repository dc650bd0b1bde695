/* SPDX-License-Identifier: MIT */
/* Deliveries beside libuv and libevent. */
#include <event2/event.h>
#include <uv.h>

#include "poll_hops.h"

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
    beside(peers, 2);
    return 0;
}
