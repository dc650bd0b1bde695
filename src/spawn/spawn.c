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
}

static int begin(struct hp_process *process, struct hp_start *start, struct hp_spawn_error *error) {
    int answer = hp_start_run(start);
    if (answer < 0) return hp_spawn_fail(error, HP_SPAWN_AT_START, answer, 0);
    hp_spawn_count(&hp_spawn_counters.here);
    if (!(start->plan->flags & HP_SPAWN_SUSPENDED)) answer = hp_start_outcome(start, error);
    if (answer < 0) return answer;
    begin_process(process, start, HP_SPAWN_HERE);
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
    take_numbers(start);
    answer = begin(process, start, error);
    if (answer == 0 && plan->flags & HP_SPAWN_SUSPENDED) {
        process->start = start;
        process->state = HP_PROCESS_SUSPENDED;
        return 0;
    }
    hp_start_close(start);
    return answer;
}

/* Whether it executes or fails, the kernel says so by clearing a word: the report is complete. */
int hp_process_resume(struct hp_process *process, struct hp_spawn_error *error) {
    struct hp_start *start = process->start;
    if (process->state != HP_PROCESS_SUSPENDED) return -EINVAL;
    __atomic_store_n(&start->gate, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&start->gate, 1);
    while (__atomic_load_n(&start->ended, __ATOMIC_ACQUIRE))
        hp_sys_futex_wait_kernel(&start->ended, 1);
    const int answer = hp_start_outcome(start, error);
    process->start = 0;
    process->state = answer < 0 ? HP_PROCESS_NONE : HP_PROCESS_RUNNING;
    hp_start_close(start);
    return answer;
}
