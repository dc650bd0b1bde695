/* SPDX-License-Identifier: MIT */
/* What a plan may not say. */
#include "spawn.h"

enum { FLAGS = (HP_SPAWN_ASYNC << 1) - 1, SIGNALS = 64, NICE_LOW = -20, NICE_HIGH = 19 };

static bool is_map_entry(const struct hp_spawn_plan *plan, unsigned i) {
    const struct hp_spawn_fd *entry = &plan->fds[i];
    if (entry->child < 0 || (entry->parent < 0 && entry->parent != HP_SPAWN_NULL)) return false;
    for (unsigned other = 0; other < i; other++)
        if (plan->fds[other].child == entry->child) return false;
    return true;
}

static int check_map(const struct hp_spawn_plan *plan, int *index) {
    if (plan->fd_count > HP_SPAWN_FDS_MAX) return -EINVAL;
    for (unsigned i = 0; i < plan->fd_count; i++) {
        *index = (int)i;
        if (!is_map_entry(plan, i)) return -EINVAL;
    }
    *index = 0;
    return 0;
}

/* A terminal belongs to sessions, and only their leader takes one. */
static bool is_terminal_right(unsigned flags) {
    return !(flags & HP_SPAWN_TERMINAL) || flags & HP_SPAWN_SESSION;
}

/* What any system could do, and this one cannot. */
static bool is_possible(const struct hp_spawn_plan *plan) {
    return !(plan->flags & hp_spawn_system.lacks_flags) &&
           !(plan->death_signal && hp_spawn_system.lacks_death);
}

/* A death signal that comes from the thread's end must be asked for by one that stays. */
bool hp_plan_needs_launcher(const struct hp_spawn_plan *plan) {
    return plan->flags & HP_SPAWN_ASYNC || (plan->death_signal && hp_spawn_system.death_is_thread);
}

/* Only a launcher is there for as long as the process is; only it is another thread. The bay is one
 * start's until the child has left the table. */
static bool is_way_right(const struct hp_spawn_plan *plan) {
    if (hp_plan_needs_launcher(plan) &&
        (!plan->launcher || (plan->way && plan->way != HP_SPAWN_LAUNCHER)))
        return false;
    switch (plan->way) {
    case 0:
    case HP_SPAWN_HERE: return true;
    case HP_SPAWN_BAY: return plan->bay && !(plan->flags & HP_SPAWN_SUSPENDED);
    case HP_SPAWN_LAUNCHER: return plan->launcher;
    default: return false;
    }
}

static bool is_right(const struct hp_spawn_plan *plan) {
    const bool has_file = plan->flags & HP_SPAWN_FILE || plan->path;
    const bool nice = plan->nice >= NICE_LOW && plan->nice <= NICE_HIGH;
    return !(plan->flags & ~(unsigned)FLAGS) && has_file && plan->argv && plan->argv[0] &&
           plan->group >= 0 && nice && plan->death_signal >= 0 && plan->death_signal <= SIGNALS &&
           is_terminal_right(plan->flags) && is_way_right(plan);
}

int hp_plan_check(const struct hp_spawn_plan *plan, int *index) {
    *index = 0;
    if (!is_possible(plan)) return -EOPNOTSUPP;
    return is_right(plan) ? check_map(plan, index) : -EINVAL;
}

static const char *after(const char *string, const char *prefix) {
    while (*prefix)
        if (*string++ != *prefix++) return 0;
    return string;
}

const char *hp_spawn_path(char *const *envp) {
    for (; envp && *envp; envp++)
        if (after(*envp, "PATH=")) return after(*envp, "PATH=");
    return "/bin:/usr/bin";
}
