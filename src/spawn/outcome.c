/* SPDX-License-Identifier: MIT */
/* A start before its child and after it: room for it, and what the child said. */
#include "spawn.h"

int hp_start_open(struct hp_start **start, const struct hp_spawn_plan *plan) {
    struct hp_stack stack;
    const int answer = hp_spawn_stack_take(&stack);
    if (answer < 0) return answer;
    struct hp_start *made = (struct hp_start *)stack.low;
    made->stack = stack;
    made->plan = plan;
    made->report = &made->own;
    made->own.error.stage = 0;
    made->own.error.path[0] = 0;
    made->own.begun = made->own.closed_by = 0;
    made->gate = 0;
    made->ended = 1;
    made->pidfd = -1;
    *start = made;
    return 0;
}

void hp_start_close(struct hp_start *start) {
    const struct hp_stack stack = start->stack;
    hp_spawn_stack_give(&stack);
}

static void copy_error(struct hp_spawn_error *to, const struct hp_spawn_error *from) {
    to->stage = from->stage;
    to->error = from->error;
    to->index = from->index;
    size_t i = 0;
    do to->path[i] = from->path[i];
    while (from->path[i++]);
}

int hp_start_outcome(struct hp_start *start, struct hp_spawn_error *error) {
    uint64_t *const counters[] = {&hp_spawn_counters.ranges, &hp_spawn_counters.listed,
                                  &hp_spawn_counters.brute};
    const uint32_t closed_by = start->report->closed_by;
    if (closed_by) hp_spawn_count(counters[closed_by - HP_CLOSED_BY_RANGE]);
    const struct hp_spawn_error *said = &start->report->error;
    if (!said->stage) return 0;
    hp_spawn_count(&hp_spawn_counters.failed);
    hp_reap_unseen(start->pid, start->pidfd);
    if (start->pidfd >= 0) hp_sys_close(start->pidfd);
    if (error) copy_error(error, said);
    return -said->error;
}
