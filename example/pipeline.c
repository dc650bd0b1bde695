/* SPDX-License-Identifier: MIT */
/* A shell's pipeline of three: `printf '...' | sort | uniq -c`. Each child has its own two ends and
 * nothing else, so each sees the end of its input without anybody closing anything for it. */
#include <hardpan.h>
#include <stdio.h>

enum { STAGES = 3 };

static char *words[STAGES][4] = {{"printf", "b\\na\\nb\\n"}, {"sort"}, {"uniq", "-c"}};
static char *environment[] = {"LC_ALL=C", NULL};

static int complain(const struct hp_spawn_error *error) {
    char text[256];
    hp_spawn_error_text(error, text, sizeof text);
    fprintf(stderr, "pipeline: %s\n", text);
    return 1;
}

static int start(struct hp_process *process, char **argv, int in, int out) {
    const struct hp_spawn_fd fds[] = {{0, in}, {1, out}, {2, 2}};
    const struct hp_spawn_plan plan = {.path = argv[0],
                                       .argv = argv,
                                       .envp = environment,
                                       .search = "/bin:/usr/bin",
                                       .fds = fds,
                                       .fd_count = 3};
    static struct hp_spawn_error error;
    return hp_spawn(process, &plan, &error) < 0 ? complain(&error) : 0;
}

int main(void) {
    struct hp_process processes[STAGES];
    int in = HP_SPAWN_NULL, failed = 0;
    for (int i = 0; i < STAGES; i++) {
        int ends[2] = {-1, 1};
        if (i < STAGES - 1 && hp_sys_pipe2(ends, 0) < 0) return 1;
        if (start(&processes[i], words[i], in, ends[1])) return 1;
        if (in >= 0) hp_sys_close(in);
        if (i < STAGES - 1) hp_sys_close(ends[1]);
        in = ends[0];
    }
    for (int i = 0; i < STAGES; i++) {
        struct hp_exit exit;
        if (hp_process_wait(&processes[i], &exit, HP_FOREVER) < 0) return 1;
        failed |= exit.code || exit.signal;
        hp_process_close(&processes[i]);
    }
    return failed;
}
