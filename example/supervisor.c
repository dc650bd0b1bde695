/* SPDX-License-Identifier: MIT */
/* A supervisor: it starts a service again when it ends badly, waits longer each time, and gives up
 * after five. By a launcher, so that the service dies with its supervisor and not with a thread. */
#include <hardpan.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRIES = 5 };

static char *words[] = {"sh", "-c", "echo serving; exit 3", NULL};

static int serve(const struct hp_spawn_plan *plan, struct hp_exit *exit) {
    struct hp_process process;
    struct hp_spawn_error error;
    if (hp_spawn(&process, plan, &error) < 0) {
        char text[256];
        hp_spawn_error_text(&error, text, sizeof text);
        fprintf(stderr, "supervisor: %s\n", text);
        return 1;
    }
    const int answer = hp_process_wait(&process, exit, HP_FOREVER);
    hp_process_close(&process);
    return answer;
}

int main(void) {
    static const struct hp_spawn_fd fds[] = {{0, HP_SPAWN_NULL}, {1, 1}, {2, 2}};
    struct hp_launcher launcher;
    struct hp_spawn_plan plan = {.path = "/bin/sh",
                                 .argv = words,
                                 .fds = fds,
                                 .fd_count = 3,
                                 .flags = HP_SPAWN_SESSION,
                                 .death_signal = SIGKILL};
    if (hp_launcher_open(&launcher, 1) < 0) return 1;
    plan.launcher = &launcher;
    int64_t pause = 1000000;
    for (int try = 1; try <= TRIES; try++) {
        struct hp_exit exit;
        if (serve(&plan, &exit)) return 1;
        if (exit.code == 0 && exit.signal == 0) break;
        printf("service ended with %d, signal %d, after %lld us\n", exit.code, exit.signal,
               (long long)(exit.user + exit.system) / 1000);
        fflush(stdout);
        hp_sys_sleep(hp_sys_after(pause));
        pause *= 2;
    }
    return hp_launcher_close(&launcher) < 0;
}
