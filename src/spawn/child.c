/* SPDX-License-Identifier: MIT */
/* The child between its beginning and its program, mostly in its parent's memory: it calls the
 * kernel and writes its report, and touches nothing else. All signals are blocked until the end.
 * Everything is undone by the execution or by the exit; nothing here ever comes back.
 *
 * The order: what needs rights before they are given up, what names the parent's descriptors before
 * they are moved. A limit on descriptors after them, for they may lie above it. */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "child.h"
#include "spawn.h"

enum { RANGE_UNSHARE = 1 << 1, FAILED = 127 };

__attribute__((noreturn)) static void fail(const struct hp_start *start, int stage, int answer,
                                           int index) {
    struct hp_spawn_error *error = &start->report->error;
    error->error = -answer;
    error->index = index;
    error->stage = stage;
    for (;;) hp_sys_exit(FAILED);
}

static void copy_path(char *to, const char *from) {
    size_t i = 0;
    for (; from[i] && i < HP_SPAWN_PATH_MAX - 1; i++) to[i] = from[i];
    to[i] = 0;
}

/* ---- The steps: 0 or positive, or -errno, and *index ----------------------------------------- */

static int take_table(struct hp_start *start, int *index) {
    (void)index;
    return start->leaves_from ? hp_sys_close_range(start->leaves_from, ~0u, RANGE_UNSHARE) : 0;
}

static bool is_handled(int signal) {
    struct hp_disposition now = {.handler = HP_DISPOSITION_DEFAULT};
    return hp_sys_sigaction(signal, 0, &now) == 0 && now.handler != HP_DISPOSITION_DEFAULT &&
           now.handler != HP_DISPOSITION_IGNORED;
}

/* What is to stay as the parent has it must not keep a handler, which would run in the parent's
 * memory as soon as signals are no longer blocked: clone3 has seen to that. What is ignored would
 * stay ignored through everything. */
static int take_signals(struct hp_start *start, int *index) {
    const struct hp_spawn_plan *plan = start->plan;
    for (int signal = 1; signal <= CHILD_SIGNALS; signal++) {
        const bool ignores = plan->ignored & hp_plan_bit(signal);
        const bool stays = plan->kept & hp_plan_bit(signal) && !ignores;
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        if (stays && (start->rung == HP_SPAWN_CLONE3 || !is_handled(signal))) continue;
        const struct hp_disposition fresh = {.handler = ignores ? HP_DISPOSITION_IGNORED
                                                                : HP_DISPOSITION_DEFAULT};
        *index = signal;
        const int answer = hp_sys_sigaction(signal, &fresh, 0);
        if (answer < 0) return answer;
    }
    return 0;
}

static int take_session(struct hp_start *start, int *index) {
    (void)index;
    return start->plan->flags & HP_SPAWN_SESSION ? hp_sys_setsid() : 0;
}

static int take_group(struct hp_start *start, int *index) {
    (void)index;
    return start->plan->flags & HP_SPAWN_GROUP ? hp_sys_setpgid(0, start->plan->group) : 0;
}

static int take_terminal(struct hp_start *start, int *index) {
    (void)index;
    if (!(start->plan->flags & HP_SPAWN_TERMINAL)) return 0;
    return hp_sys_ioctl(start->extra[HP_EXTRA_TERMINAL], TIOCSCTTY, 0);
}

static int take_foreground(struct hp_start *start, int *index) {
    (void)index;
    if (!(start->plan->flags & HP_SPAWN_FOREGROUND)) return 0;
    const struct hp_spawn_plan *plan = start->plan;
    int group = plan->flags & HP_SPAWN_GROUP && plan->group ? plan->group : hp_sys_getpid();
    return hp_sys_ioctl(start->extra[HP_EXTRA_TERMINAL], TIOCSPGRP, &group);
}

static int take_cgroup(struct hp_start *start, int *index) {
    (void)index;
    if (!start->joins_cgroup) return 0;
    const int file = hp_sys_openat(start->extra[HP_EXTRA_CGROUP], "cgroup.procs", O_WRONLY, 0);
    if (file < 0) return file;
    const long answer = hp_sys_write(file, "0", 1);
    hp_sys_close(file);
    return (int)answer;
}

static int take_directory(struct hp_start *start, int *index) {
    (void)index;
    const struct hp_spawn_plan *plan = start->plan;
    if (plan->flags & HP_SPAWN_DIRECTORY) {
        const int answer = hp_sys_fchdir(start->extra[HP_EXTRA_DIRECTORY]);
        if (answer < 0) return answer;
    }
    if (!plan->cwd) return 0;
    const int answer = hp_sys_chdir(plan->cwd);
    if (answer < 0) copy_path(start->report->error.path, plan->cwd);
    return answer;
}

/* Which entry of the map a move was for; -1 for what waits beside it. */
static int entry_of(const struct hp_start *start, int child) {
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->plan->fds[i].child == child) return (int)i;
    return -1;
}

static int move(const struct hp_start *start, const struct hp_move *each) {
    const bool waits = each->to == start->file || each->to == start->line;
    if (each->from == each->to) return waits ? 0 : hp_sys_fcntl(each->to, F_SETFD, 0);
    if (waits || each->to == start->scratch) return child_copy_marked(each->from, each->to);
    return child_copy(each->from, each->to);
}

static int take_fds(struct hp_start *start, int *index) {
    for (unsigned i = 0; i < start->move_count; i++) {
        const int answer = move(start, &start->moves[i]);
        *index = entry_of(start, start->moves[i].to);
        if (answer < 0) return answer;
    }
    return 0;
}

static int take_close(struct hp_start *start, int *index) {
    (void)index;
    const int answer = hp_close_others(start);
    if (answer > 0) start->report->closed_by = (uint32_t)answer;
    return answer;
}

/* Opened for each entry: the numbers that are free now may be those of other entries. */
static int put_null(int to) {
    const int null = hp_sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (null < 0) return null;
    if (null == to) return hp_sys_fcntl(null, F_SETFD, 0);
    const int answer = child_copy(null, to);
    hp_sys_close(null);
    return answer;
}

static int take_null(struct hp_start *start, int *index) {
    for (unsigned i = 0; i < start->plan->fd_count; i++) {
        if (start->parent[i] != HP_SPAWN_NULL) continue;
        *index = (int)i;
        const int answer = put_null(start->plan->fds[i].child);
        if (answer < 0) return answer;
    }
    return 0;
}

static int take_limits(struct hp_start *start, int *index) {
    for (unsigned i = 0; i < start->plan->limit_count; i++) {
        const struct hp_spawn_limit *limit = &start->plan->limits[i];
        const uint64_t pair[2] = {limit->soft, limit->hard};
        *index = (int)i;
        const int answer = child_limit(limit->resource, pair);
        if (answer < 0) return answer;
    }
    return 0;
}

static int take_nice(struct hp_start *start, int *index) {
    (void)index;
    const int answer = start->leaves_batch ? child_leave_batch() : 0;
    if (answer < 0 || !(start->plan->flags & HP_SPAWN_NICE)) return answer;
    return hp_sys_setpriority(PRIO_PROCESS, 0, start->plan->nice);
}

static int take_groups(struct hp_start *start, int *index) {
    (void)index;
    if (!(start->plan->flags & HP_SPAWN_GROUPS)) return 0;
    return hp_sys_setgroups(start->plan->group_count, start->plan->groups);
}

static int take_gid(struct hp_start *start, int *index) {
    (void)index;
    const unsigned gid = start->plan->gid;
    return start->plan->flags & HP_SPAWN_GID ? hp_sys_setresgid(gid, gid, gid) : 0;
}

static int take_uid(struct hp_start *start, int *index) {
    (void)index;
    const unsigned uid = start->plan->uid;
    return start->plan->flags & HP_SPAWN_UID ? hp_sys_setresuid(uid, uid, uid) : 0;
}

static int take_umask(struct hp_start *start, int *index) {
    (void)index;
    return start->plan->flags & HP_SPAWN_UMASK ? hp_sys_umask(start->plan->umask) : 0;
}

/* After the ids, whose change takes it back. If the parent is gone by now nobody would send it: the
 * child does, and it comes when signals are no longer blocked. */
static int take_death(struct hp_start *start, int *index) {
    (void)index;
    if (!start->plan->death_signal) return 0;
    const int answer = child_die_with_parent(start->plan->death_signal);
    if (answer < 0) return answer;
    if (hp_sys_getppid() == start->parent_pid) return 0;
    return hp_sys_kill(hp_sys_getpid(), start->plan->death_signal);
}

/* ---- The program ---------------------------------------------------------------------------- */

/* A file that was found and may not be executed says more than the absence in the last place. */
static int execute_path(struct hp_start *start, int *index) {
    const struct hp_spawn_plan *plan = start->plan;
    char *path = start->report->error.path;
    int answer = -ENOENT, refused = -1;
    for (unsigned n = 0;; n++) {
        const int found = hp_search(plan, n, path);
        if (found == 0) break;
        answer = found < 0 ? found : hp_execute(start, path);
        *index = (int)n;
        if (!hp_search_goes_on(answer)) return answer;
        if (answer == -EACCES && refused < 0) refused = (int)n;
    }
    if (refused < 0) return answer == -EACCES ? answer : -ENOENT;
    hp_search(plan, (unsigned)refused, path);
    *index = refused;
    return -EACCES;
}

static int execute(struct hp_start *start, int *index) {
    return start->file < 0 ? execute_path(start, index) : hp_execute(start, 0);
}

/* It is in its parent's memory: if that parent ends, nobody else would end this child. */
static void wait_at_gate(const struct hp_start *start) {
    const int64_t look = 500000000;
    while (__atomic_load_n(&start->gate, __ATOMIC_ACQUIRE)) {
        hp_sys_futex_wait(&start->gate, 1, hp_sys_after(look));
        const int parent = hp_sys_getppid(); /* 0: outside of a PID namespace that begins here */
        if (parent && parent != start->parent_pid) hp_sys_exit(FAILED);
    }
}

static const struct step {
    int stage;
    int (*take)(struct hp_start *start, int *index);
} steps[] = {
    {HP_SPAWN_AT_TABLE, take_table},       {HP_SPAWN_AT_SIGNALS, take_signals},
    {HP_SPAWN_AT_SESSION, take_session},   {HP_SPAWN_AT_GROUP, take_group},
    {HP_SPAWN_AT_TERMINAL, take_terminal}, {HP_SPAWN_AT_FOREGROUND, take_foreground},
    {HP_SPAWN_AT_CGROUP, take_cgroup},     {HP_SPAWN_AT_DIRECTORY, take_directory},
    {HP_SPAWN_AT_FDS, take_fds},           {HP_SPAWN_AT_CLOSE, take_close},
    {HP_SPAWN_AT_NULL, take_null},         {HP_SPAWN_AT_LIMIT, take_limits},
    {HP_SPAWN_AT_NICE, take_nice},         {HP_SPAWN_AT_GROUPS, take_groups},
    {HP_SPAWN_AT_GID, take_gid},           {HP_SPAWN_AT_UID, take_uid},
    {HP_SPAWN_AT_UMASK, take_umask},       {HP_SPAWN_AT_DEATH, take_death},
};

void hp_child_run(void *argument) {
    struct hp_start *start = argument;
    start->report->begun = 1;
    for (size_t i = 0; i < HP_COUNT(steps); i++) {
        int index = 0;
        const int answer = steps[i].take(start, &index);
        if (answer < 0) fail(start, steps[i].stage, answer, index);
    }
    wait_at_gate(start);
    const uint64_t mask[CHILD_SIGNAL_WORDS] = {start->plan->blocked};
    hp_sys_sigmask(mask, 0);
    int index = 0;
    const int answer = execute(start, &index);
    fail(start, HP_SPAWN_AT_EXEC, answer, index);
}
