/* SPDX-License-Identifier: MIT */
/* A child as macOS begins it: what posix_spawn is asked for, as data. Beyond that always: no
 * descriptor but those that an action names (POSIX_SPAWN_CLOEXEC_DEFAULT). */
#ifndef HP_SYS_ORDERS_H
#define HP_SYS_ORDERS_H

#include "sys.h"

enum hp_action_kind {
    HP_ACTION_COPY,    /* `from` to `to` */
    HP_ACTION_INHERIT, /* `to` stays */
    HP_ACTION_CLOSE,   /* `to` */
    HP_ACTION_NULL,    /* `to` becomes /dev/null, to read and write */
    HP_ACTION_ENTER,   /* the directory `from` */
    HP_ACTION_GO       /* the directory `path` */
};

struct hp_action {
    int kind, from, to;
    const char *path;
};

enum hp_orders_flag {
    HP_ORDERS_REPLACE = 1 << 0, /* no child: this process is to be the program */
    HP_ORDERS_SUSPENDED = 1 << 1,
    HP_ORDERS_SESSION = 1 << 2,
    HP_ORDERS_GROUP = 1 << 3
};

struct hp_orders {
    unsigned flags;
    int group;
    uint64_t defaults, blocked; /* bit n - 1 is signal n */
    const struct hp_action *actions;
    unsigned count;
};

/* What the C library made of orders, in memory that it allocates. */
struct hp_orders_made {
    void *attributes, *actions;
};

/* 0 or -errno; after an error there is nothing to drop. */
int hp_sys_orders_make(struct hp_orders_made *made, const struct hp_orders *orders);
void hp_sys_orders_drop(struct hp_orders_made *made);

/* The pid, or -errno; with HP_ORDERS_REPLACE it comes back with an error only. */
int hp_sys_posix_spawn(const struct hp_orders_made *made, const char *path, const char *const *argv,
                       const char *const *envp);

#endif
