/* SPDX-License-Identifier: MIT */
/* posix_spawn of macOS, which has a session (10.15), a directory (10.15) and a child that keeps
 * nothing of what it is not told to keep (10.7). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include "child.h"
#include "orders.h"

_Static_assert(sizeof(posix_spawnattr_t) == sizeof(void *), "a pointer");
_Static_assert(sizeof(posix_spawn_file_actions_t) == sizeof(void *), "a pointer");

static int add(posix_spawn_file_actions_t *actions, const struct hp_action *action) {
    switch (action->kind) {
    case HP_ACTION_COPY: return posix_spawn_file_actions_adddup2(actions, action->from, action->to);
    case HP_ACTION_INHERIT: return posix_spawn_file_actions_addinherit_np(actions, action->to);
    case HP_ACTION_CLOSE: return posix_spawn_file_actions_addclose(actions, action->to);
    case HP_ACTION_NULL:
        return posix_spawn_file_actions_addopen(actions, action->to, "/dev/null", O_RDWR, 0);
    case HP_ACTION_ENTER: return posix_spawn_file_actions_addfchdir_np(actions, action->from);
    case HP_ACTION_GO: return posix_spawn_file_actions_addchdir_np(actions, action->path);
    default: return EINVAL;
    }
}

static int add_all(posix_spawn_file_actions_t *actions, const struct hp_orders *orders) {
    int error = 0;
    for (unsigned i = 0; i < orders->count && !error; i++)
        error = add(actions, &orders->actions[i]);
    return error;
}

static short flags_of(const struct hp_orders *orders) {
    int flags = POSIX_SPAWN_CLOEXEC_DEFAULT | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (orders->flags & HP_ORDERS_REPLACE) flags |= POSIX_SPAWN_SETEXEC;
    if (orders->flags & HP_ORDERS_SUSPENDED) flags |= POSIX_SPAWN_START_SUSPENDED;
    if (orders->flags & HP_ORDERS_SESSION) flags |= POSIX_SPAWN_SETSID;
    if (orders->flags & HP_ORDERS_GROUP) flags |= POSIX_SPAWN_SETPGROUP;
    return (short)flags;
}

static sigset_t set_of(uint64_t signals) {
    sigset_t set;
    sigemptyset(&set);
    for (int number = 1; number <= CHILD_SIGNALS; number++)
        if (signals >> (number - 1) & 1) sigaddset(&set, number);
    return set;
}

static int set_all(posix_spawnattr_t *attributes, const struct hp_orders *orders) {
    const sigset_t defaults = set_of(orders->defaults), blocked = set_of(orders->blocked);
    int error = posix_spawnattr_setflags(attributes, flags_of(orders));
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &defaults);
    if (!error) error = posix_spawnattr_setsigmask(attributes, &blocked);
    if (!error) error = posix_spawnattr_setpgroup(attributes, orders->group);
    return error;
}

static int make(struct hp_orders_made *made, const struct hp_orders *orders) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int error = posix_spawnattr_init(&attributes);
    if (error) return error;
    error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        error = set_all(&attributes, orders);
        if (!error) error = add_all(&actions, orders);
        if (error) posix_spawn_file_actions_destroy(&actions);
    }
    if (error) posix_spawnattr_destroy(&attributes);
    *made = (struct hp_orders_made){attributes, actions};
    return error;
}

/* These answer with the error; some say it in errno too. */
int hp_sys_orders_make(struct hp_orders_made *made, const struct hp_orders *orders) {
    const int kept = errno, error = make(made, orders);
    errno = kept;
    return -error;
}

void hp_sys_orders_drop(struct hp_orders_made *made) {
    const int kept = errno;
    posix_spawn_file_actions_destroy(&made->actions);
    posix_spawnattr_destroy(&made->attributes);
    errno = kept;
}

int hp_sys_posix_spawn(const struct hp_orders_made *made, const char *path, const char *const *argv,
                       const char *const *envp) {
    const int kept = errno;
    pid_t pid = 0;
    const int error = posix_spawn(&pid, path, &made->actions, &made->attributes,
                                  (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
    errno = kept;
    return error ? -error : pid;
}

/* Deprecated here since 10.15, and no longer what it was. */
int hp_sys_vfork_run(void (*function)(void *), void *argument) {
    (void)function, (void)argument;
    return -ENOSYS;
}
