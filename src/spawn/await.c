/* SPDX-License-Identifier: MIT */
/* Waiting for an end, and reaping it: by what each system has for the two (wait.c, wait_bsd.c). */
#include "spawn.h"

static int reap(struct hp_process *process) {
    hp_lock((struct hp_lock *)&process->lock);
    const int answer = process->state == HP_PROCESS_REAPED ? 1 : hp_reap(process);
    hp_unlock((struct hp_lock *)&process->lock);
    return answer;
}

int hp_process_wait(struct hp_process *process, struct hp_exit *exit, hp_deadline deadline) {
    if (hp_process_state(process) < HP_PROCESS_RUNNING) return -EINVAL;
    int answer = reap(process);
    while (answer == 0) {
        if (deadline <= 0) return -ETIMEDOUT;
        answer = hp_await_end(process, deadline);
        if (answer < 0) return answer;
        answer = reap(process);
    }
    if (answer < 0) return answer;
    if (exit) *exit = process->exit;
    return 0;
}
