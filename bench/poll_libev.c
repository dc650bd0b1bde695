/* SPDX-License-Identifier: MIT */
/* Deliveries beside libev, in a program of its own: libev has functions of libevent's names too,
 * and in one program with it never comes back from its loop (4.33). */
#include <ev.h>

#include "poll_hops.h"

static ev_io watchers[MOST];
static void on_event(struct ev_loop *loop, ev_io *watcher, int events) {
    (void)events;
    if (!hop((int)(watcher - watchers))) ev_break(loop, EVBREAK_ALL);
}
static double by_libev(void) {
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    hops = 0;
    for (int i = 0; i < pipes; i++) {
        ev_io_init(&watchers[i], on_event, to[i], EV_READ);
        ev_io_start(loop, &watchers[i]);
    }
    const double began = bench_now();
    ev_run(loop, 0);
    const double time = bench_now() - began;
    for (int i = 0; i < pipes; i++) ev_io_stop(loop, &watchers[i]);
    ev_loop_destroy(loop);
    return time / HOPS;
}

int main(void) {
    const struct bench peer = {"libev", by_libev, ours, 1, 0};
    beside(&peer, 1);
    return 0;
}
