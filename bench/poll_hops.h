/* SPDX-License-Identifier: MIT */
/* The same pipes for each loop, a byte on its way through each active one, and for each delivery a
 * read and a write; and hardpan's side of it. All are level-triggered, as the others are used. */
#ifndef HP_POLL_HOPS_H
#define HP_POLL_HOPS_H

#include <fcntl.h>
#include <hardpan.h>
#include <unistd.h>

#include "bench.h"

enum { MOST = 1000, ROOM = 128, HOPS = 400 };

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

/* Few deliveries, and many. */
static void beside(const struct bench *peers, int count) {
    bench_head("poll, a hop through 1 pipe, beside");
    use_pipes(1, 1);
    for (int i = 0; i < count; i++) bench_run(&peers[i]);
    bench_head("poll, a hop, 1,000 pipes, 100 active");
    use_pipes(MOST, 100);
    for (int i = 0; i < count; i++) bench_run(&peers[i]);
}

#endif
