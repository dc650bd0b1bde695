/* SPDX-License-Identifier: MIT */
/* A build runner: a thousand jobs, 16 at a time, started without waiting for their programs to
 * begin and seen to end by one poller. */
#include <hardpan.h>
#include <stdio.h>

enum { JOBS = 1000, AT_ONCE = 16 };

static char *words[] = {"true", NULL};
static struct hp_process jobs[AT_ONCE];
static struct hp_spawn_plan plan = {.path = "/bin/true", .argv = words, .flags = HP_SPAWN_ASYNC};
static struct hp_poller *poller;
static hp_token tokens[AT_ONCE];

/* When it runs it can be watched. */
static int watch(struct hp_process *job) {
    if (hp_process_started(job, NULL, HP_FOREVER) < 0) return -1;
    return hp_poller_add(poller, hp_process_fd(job), HP_POLL_READABLE | HP_POLL_ONESHOT, job,
                         &tokens[job - jobs]);
}

static int reap(struct hp_process *job) {
    struct hp_exit exit;
    hp_poller_remove(poller, tokens[job - jobs], NULL, HP_NOW);
    if (hp_process_wait(job, &exit, HP_FOREVER) < 0) return -1;
    hp_process_close(job);
    return exit.code || exit.signal ? -1 : 0;
}

int main(void) {
    struct hp_launcher launcher;
    struct hp_event room[AT_ONCE];
    struct hp_batch batch;
    const struct hp_event *event;
    int started = 0, ended = 0;
    if (hp_launcher_open(&launcher, 2) < 0 || hp_poller_open(&poller, NULL) < 0) return 1;
    if (hp_batch_open(&batch, poller, room, AT_ONCE) < 0) return 1;
    plan.launcher = &launcher;
    for (; started < AT_ONCE; started++)
        if (hp_spawn(&jobs[started], &plan, NULL) < 0) return 1;
    for (int i = 0; i < AT_ONCE; i++)
        if (watch(&jobs[i]) < 0) return 1;
    while (ended < JOBS) {
        if (hp_batch_wait(&batch, HP_FOREVER) < 0) return 1;
        while (hp_batch_next(&batch, &event)) {
            struct hp_process *job = event->data;
            if (reap(job) < 0) return 1;
            ended++;
            if (started == JOBS) continue;
            started++;
            if (hp_spawn(job, &plan, NULL) < 0 || watch(job) < 0) return 1;
        }
    }
    printf("%d jobs\n", ended);
    hp_batch_close(&batch);
    hp_poller_close(poller);
    return hp_launcher_close(&launcher) < 0;
}
