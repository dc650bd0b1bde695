/* SPDX-License-Identifier: MIT */
/* Starts on macOS: by posix_spawn, whose kernel makes the child and copies nothing. What it cannot
 * say, and what it answered with an error, goes by fork: the copied child takes the steps that all
 * systems share and tells which of them failed, and its last is a posix_spawn that replaces it. By
 * either way the kernel closes what is not named.
 *
 * Compile-checked, and its logic checked on Linux under the tests of this room against a
 * posix_spawn that is played (test/spawn/played_darwin.c); not run on macOS. */
#include <signal.h>

#include "child.h"
#include "orders.h"
#include "spawn.h"

enum { SAYS = HP_SPAWN_SESSION | HP_SPAWN_GROUP | HP_SPAWN_SUSPENDED | HP_SPAWN_DIRECTORY };
enum { ACTIONS = HP_START_MOVES + HP_SPAWN_FDS_MAX + 3 };

const struct hp_spawn_system hp_spawn_system = {
    .lacks_flags = HP_SPAWN_CGROUP | HP_SPAWN_ASYNC | HP_SPAWN_FILE,
    .lacks = HP_SPAWN_HAS_CLONE3 | HP_SPAWN_HAS_CGROUP | HP_SPAWN_HAS_PIDFD |
             HP_SPAWN_HAS_RANGE_FLAG | HP_SPAWN_HAS_PROC | HP_SPAWN_HAS_WAIT | HP_SPAWN_HAS_SIGNAL,
    .lacks_death = true,
};

/* ---- What is asked for ----------------------------------------------------------------------- */

static bool enters(const struct hp_spawn_plan *plan) {
    return plan->cwd || plan->flags & HP_SPAWN_DIRECTORY;
}

/* Whether a path that is not absolute is looked for before the directory is entered or after is
 * not promised. */
static bool is_absolute(const struct hp_spawn_plan *plan) {
    char path[HP_SPAWN_PATH_MAX];
    for (unsigned n = 0; hp_search(plan, n, path) > 0; n++)
        if (path[0] != '/') return false;
    return true;
}

/* The leader of a session can be in no other group. */
static bool can_say(const struct hp_spawn_plan *plan) {
    const unsigned both = HP_SPAWN_SESSION | HP_SPAWN_GROUP;
    return !(plan->flags & ~(unsigned)SAYS) && (plan->flags & both) != both && !plan->limit_count &&
           !plan->ignored && (!enters(plan) || is_absolute(plan));
}

static unsigned put_directory(const struct hp_start *start, struct hp_action *actions) {
    unsigned count = 0;
    if (start->plan->flags & HP_SPAWN_DIRECTORY)
        actions[count++] =
            (struct hp_action){.kind = HP_ACTION_ENTER, .from = start->extra[HP_EXTRA_DIRECTORY]};
    if (start->plan->cwd)
        actions[count++] = (struct hp_action){.kind = HP_ACTION_GO, .path = start->plan->cwd};
    return count;
}

/* What waited on the scratch number was named, so it would stay. */
static unsigned put_moves(const struct hp_start *start, struct hp_action *actions) {
    unsigned count = 0;
    bool is_used = false;
    for (unsigned i = 0; i < start->move_count; i++) {
        const struct hp_move *move = &start->moves[i];
        const int kind = move->from == move->to ? HP_ACTION_INHERIT : HP_ACTION_COPY;
        actions[count++] = (struct hp_action){.kind = kind, .from = move->from, .to = move->to};
        is_used |= move->to == start->scratch;
    }
    if (is_used)
        actions[count++] = (struct hp_action){.kind = HP_ACTION_CLOSE, .to = start->scratch};
    return count;
}

static unsigned put_nulls(const struct hp_start *start, struct hp_action *actions) {
    unsigned count = 0;
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->parent[i] == HP_SPAWN_NULL)
            actions[count++] =
                (struct hp_action){.kind = HP_ACTION_NULL, .to = start->plan->fds[i].child};
    return count;
}

static unsigned flags_of(const struct hp_spawn_plan *plan) {
    return (plan->flags & HP_SPAWN_SESSION ? (unsigned)HP_ORDERS_SESSION : 0) |
           (plan->flags & HP_SPAWN_GROUP ? (unsigned)HP_ORDERS_GROUP : 0) |
           (plan->flags & HP_SPAWN_SUSPENDED ? (unsigned)HP_ORDERS_SUSPENDED : 0);
}

static uint64_t bit(int signal) { return (uint64_t)1 << (signal - 1); }

static int order_all(struct hp_start *start) {
    const struct hp_spawn_plan *plan = start->plan;
    struct hp_action actions[ACTIONS];
    unsigned count = put_directory(start, actions);
    count += put_moves(start, actions + count);
    count += put_nulls(start, actions + count);
    const struct hp_orders orders = {.flags = flags_of(plan),
                                     .group = plan->group,
                                     .defaults = ~(plan->kept | bit(SIGKILL) | bit(SIGSTOP)),
                                     .blocked = plan->blocked,
                                     .actions = actions,
                                     .count = count};
    return hp_sys_orders_make(&start->made, &orders);
}

/* All else is done when it comes to this. What is hidden is closed by the execution. */
int hp_execute_ready(struct hp_start *start) {
    const struct hp_spawn_plan *plan = start->plan;
    struct hp_action actions[HP_START_WISHES];
    unsigned count = 0;
    for (unsigned i = 0; i < start->kept_count; i++)
        if (start->kept[i] != start->line)
            actions[count++] = (struct hp_action){.kind = HP_ACTION_INHERIT, .to = start->kept[i]};
    const unsigned suspended = flags_of(plan) & HP_ORDERS_SUSPENDED;
    const struct hp_orders orders = {.flags = HP_ORDERS_REPLACE | suspended,
                                     .blocked = plan->blocked,
                                     .actions = actions,
                                     .count = count};
    return hp_sys_orders_make(&start->made, &orders);
}

void hp_execute_done(struct hp_start *start) { hp_sys_orders_drop(&start->made); }

/* ---- The ways there -------------------------------------------------------------------------- */

static int spawn(const struct hp_start *start, const char *path) {
    const struct hp_spawn_plan *plan = start->plan;
    return hp_sys_posix_spawn(&start->made, path, (void *)plan->argv, (void *)plan->envp);
}

static int spawn_any(const struct hp_start *start) {
    char path[HP_SPAWN_PATH_MAX];
    int answer = -ENOENT;
    for (unsigned n = 0;; n++) {
        const int found = hp_search(start->plan, n, path);
        if (found == 0) return answer;
        answer = found < 0 ? found : spawn(start, path);
        if (answer >= 0 || !hp_search_goes_on(answer)) return answer;
    }
}

static bool by_posix_spawn(struct hp_start *start) {
    hp_start_compile(start);
    if (order_all(start) < 0) return false;
    start->rung = HP_SPAWN_POSIX;
    start->pid = spawn_any(start);
    hp_sys_orders_drop(&start->made);
    if (start->pid < 0) return false;
    hp_spawn_count(&hp_spawn_counters.posix);
    return true;
}

/* A copied child that replaces itself is on its way when its parent hears of it, and may be told to
 * go on before it has stopped: only what failed by posix_spawn, and will again, is tried so. */
int hp_start_run(struct hp_start *start) {
    const bool says = hp_spawn_has(HP_SPAWN_HAS_POSIX) && can_say(start->plan);
    start->joins_cgroup = false;
    if (!says && start->plan->flags & HP_SPAWN_SUSPENDED) return -EOPNOTSUPP;
    return says && by_posix_spawn(start) ? 0 : hp_start_fork(start);
}

/* It is its program, and is stopped before the first instruction of that. One that failed is not
 * there to be told. */
void hp_start_go(struct hp_start *start) {
    if (!start->report->error.stage) hp_sys_kill(start->pid, SIGCONT);
}

int hp_execute(const struct hp_start *start, const char *path) { return spawn(start, path); }

int hp_close_others(const struct hp_start *start) {
    (void)start;
    return HP_CLOSED_BY_RANGE;
}
