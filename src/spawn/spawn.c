/* SPDX-License-Identifier: MIT */
/* A plan, started. */
#include "spawn.h"

int hp_spawn_fail(struct hp_spawn_error *error, int stage, int answer, int index) {
    hp_spawn_count(&hp_spawn_counters.failed);
    if (!error) return answer;
    error->stage = stage;
    error->error = -answer;
    error->index = index;
    error->path[0] = 0;
    return answer;
}

/* From this thread the child has a copy of this table: all numbers are as the plan has them. */
static void take_numbers(struct hp_start *start) {
    const struct hp_spawn_plan *plan = start->plan;
    const unsigned flags = plan->flags;
    const unsigned terminal = HP_SPAWN_TERMINAL | HP_SPAWN_FOREGROUND;
    for (unsigned i = 0; i < plan->fd_count; i++) start->parent[i] = plan->fds[i].parent;
    start->extra[HP_EXTRA_FILE] = flags & HP_SPAWN_FILE ? plan->file : -1;
    start->extra[HP_EXTRA_DIRECTORY] = flags & HP_SPAWN_DIRECTORY ? plan->directory : -1;
    start->extra[HP_EXTRA_TERMINAL] = flags & terminal ? plan->terminal : -1;
    start->extra[HP_EXTRA_CGROUP] = flags & HP_SPAWN_CGROUP ? plan->cgroup : -1;
    start->extra[HP_EXTRA_LINE] = -1;
}

static uint64_t *counter_of(int way) {
    if (way == HP_SPAWN_HERE) return &hp_spawn_counters.here;
    return way == HP_SPAWN_BAY ? &hp_spawn_counters.bay : &hp_spawn_counters.launcher;
}

static void begin_process(struct hp_process *process, const struct hp_start *start, int way) {
    const unsigned flags = start->plan->flags;
    *process = (struct hp_process){
        .pid = start->pid,
        .fd = start->pidfd,
        .way = way,
        .rung = start->rung,
        .leads = flags & HP_SPAWN_SESSION || (flags & HP_SPAWN_GROUP && !start->plan->group),
        .state = HP_PROCESS_RUNNING};
    hp_spawn_count(counter_of(way));
}

/* ---- The ways -------------------------------------------------------------------------------- */

static bool may_try(const struct hp_spawn_plan *plan, int way) {
    if (plan->way) return plan->way == way;
    if (hp_plan_needs_launcher(plan)) return way == HP_SPAWN_LAUNCHER;
    return way != HP_SPAWN_BAY || !(plan->flags & HP_SPAWN_SUSPENDED);
}

/* What says that this way cannot be gone, not that no child can be had. */
static bool is_no_way(int answer) {
    return answer == -ESTALE || answer == -EPIPE || answer == -EMFILE || answer == -ENOSYS;
}

static int go(struct hp_start *start, int way) {
    if (way == HP_SPAWN_LAUNCHER) return hp_launch_send(start->plan->launcher, start);
    return way == HP_SPAWN_BAY ? hp_bay_begin(start) : hp_start_run(start);
}

static int try_ways(struct hp_start *start, int *taken) {
    const struct hp_spawn_plan *plan = start->plan;
    const bool is_there[] = {plan->launcher, plan->bay, true};
    static const int ways[] = {HP_SPAWN_LAUNCHER, HP_SPAWN_BAY, HP_SPAWN_HERE};
    int answer = -EINVAL;
    for (size_t i = 0; i < HP_COUNT(ways); i++) {
        if (!is_there[i] || !may_try(plan, ways[i])) continue;
        take_numbers(start);
        start->leaves_from = 0;
        start->leaves_batch = false;
        start->channel = 0;
        *taken = ways[i];
        answer = go(start, ways[i]);
        if (answer == 0 || !is_no_way(answer)) return answer;
    }
    return answer;
}

/* ---- What became of it ----------------------------------------------------------------------- */

static int conclude(struct hp_process *process, struct hp_start *start,
                    struct hp_spawn_error *error) {
    const int way = process->way;
    int answer = way == HP_SPAWN_LAUNCHER ? start->answer : 0;
    if (answer < 0) {
        hp_spawn_fail(error, HP_SPAWN_AT_START, answer, 0);
    } else {
        const bool suspended = start->plan->flags & HP_SPAWN_SUSPENDED;
        begin_process(process, start, way);
        if (suspended) {
            process->start = start;
            process->state = HP_PROCESS_SUSPENDED;
            return 0;
        }
        answer = hp_start_outcome(start, error);
    }
    if (answer < 0) *process = (struct hp_process){.fd = -1};
    hp_start_close(start);
    return answer;
}

static int begin(struct hp_process *process, struct hp_start *start, struct hp_spawn_error *error) {
    int way = HP_SPAWN_HERE;
    const int answer = try_ways(start, &way);
    if (answer < 0) {
        const bool here = way == HP_SPAWN_HERE || !is_no_way(answer);
        hp_spawn_fail(error, here ? HP_SPAWN_AT_START : HP_SPAWN_AT_WAY, answer, 0);
        hp_start_close(start);
        return answer;
    }
    *process = (struct hp_process){.fd = -1, .way = way};
    if (!(start->plan->flags & HP_SPAWN_ASYNC)) return conclude(process, start, error);
    process->start = start;
    process->state = HP_PROCESS_STARTING;
    return 0;
}

int hp_spawn(struct hp_process *process, const struct hp_spawn_plan *plan,
             struct hp_spawn_error *error) {
    struct hp_start *start;
    int index;
    int answer = hp_plan_check(plan, &index);
    if (answer < 0) return hp_spawn_fail(error, HP_SPAWN_AT_PLAN, answer, index);
    answer = hp_start_open(&start, plan);
    if (answer < 0) return hp_spawn_fail(error, HP_SPAWN_AT_START, answer, 0);
    return begin(process, start, error);
}

int hp_process_started(struct hp_process *process, struct hp_spawn_error *error,
                       hp_deadline deadline) {
    if (process->state != HP_PROCESS_STARTING) return -EINVAL;
    if (hp_launch_collect(process->start, deadline) < 0) return -ETIMEDOUT;
    return conclude(process, process->start, error);
}

int hp_process_resume(struct hp_process *process, struct hp_spawn_error *error) {
    struct hp_start *start = process->start;
    if (process->state != HP_PROCESS_SUSPENDED) return -EINVAL;
    hp_start_go(start);
    const int answer = hp_start_outcome(start, error);
    process->start = 0;
    process->state = answer < 0 ? HP_PROCESS_NONE : HP_PROCESS_RUNNING;
    hp_start_close(start);
    return answer;
}
