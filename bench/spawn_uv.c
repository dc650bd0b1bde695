/* SPDX-License-Identifier: MIT */
/* A parent that starts its children by libuv. */
#include <uv.h>

#include "spawn_parent.h"

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal) {
    (void)status, (void)signal;
    uv_close((uv_handle_t *)process, 0);
}

static double once(char what) {
    char *words[] = {(char *)(uintptr_t)NOTHING, 0}, *environment[] = {0};
    uv_stdio_container_t stdio[3];
    uv_process_t process;
    (void)what;
    for (int i = 0; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = 2;
    }
    const uv_process_options_t options = {.exit_cb = on_exit_of_child,
                                          .file = NOTHING,
                                          .args = words,
                                          .env = environment,
                                          .stdio_count = 3,
                                          .stdio = stdio};
    const double begin = bench_now();
    if (uv_spawn(uv_default_loop(), &process, &options)) exit(1);
    const double took = bench_now() - begin;
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return took;
}

int main(void) {
    parent_serve(0, 1, once);
    return 0;
}
