/* SPDX-License-Identifier: MIT */
/* Between a caller and a launcher: a pair of sockets, because only those carry descriptors from one
 * table to another. Everything else is in memory that both have; a message is a pointer. */
#ifndef HP_SPAWN_CHANNEL_H
#define HP_SPAWN_CHANNEL_H

#include <sys/socket.h>

#include "spawn.h"

enum {
    HP_CHANNEL_ROW_MAX = 16, /* starts on their way */
    HP_CARGO_MAX = HP_SPAWN_FDS_MAX + HP_EXTRAS
};

/* Lies at the low end of the launcher's stack. */
struct hp_channel {
    struct hp_stack stack;
    int ours, theirs;    /* the ends: each in its own table */
    uint32_t ready;      /* 1: the launcher has its table; 2: it could not */
    uint32_t ended;      /* 0 when the thread is no more */
    int thread;          /* its number */
    struct hp_lock turn; /* of the one who reads an answer; not waited for */
    uint32_t told;       /* how often there was a turn: this is waited for */
    struct hp_lock lock;
    /* under the lock: what was sent and not answered, in that order; the launcher is gone */
    struct hp_start *first, *last;
    unsigned row;
    bool gone;
    int policy; /* of the thread; one that is neither ordinary nor batch is left alone */
};

/* A message, and room for its descriptors. */
struct hp_cargo {
    struct msghdr message;
    struct iovec piece;
    struct hp_start *start;
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(sizeof(int) * HP_CARGO_MAX)];
    } control;
};

/* channel.c. Send: 0 or -errno. Receive: how many descriptors, in fds[HP_CARGO_MAX]; -EPIPE when
 * the other end is closed. NULL in the place of a start: the launcher is to end. */
int hp_channel_send(int socket, struct hp_start *start, const int *fds, unsigned count);
int hp_channel_receive(int socket, struct hp_start **start, int *fds);

/* serve.c: what a launcher does; `argument` is its channel. */
void hp_launcher_serve(void *argument);

#endif
