/* SPDX-License-Identifier: MIT */
/* What the tests of launchers share. */
#ifndef LAUNCHER_TEST_H
#define LAUNCHER_TEST_H

#include "spawn_test.h"

#include <sys/syscall.h>

#include "channel.h"

static inline int end(struct hp_process *process) {
    struct hp_exit exit;
    assert_int_equal(hp_process_wait(process, &exit, soon()), 0);
    assert_int_equal(hp_process_close(process), 0);
    return exit.signal ? 1000 + exit.signal : exit.code;
}

/* A launcher of one thread, and two starts by it. */
struct pair {
    struct hp_launcher launcher;
    struct script script;
    struct hp_process first, second;
};

static inline void pair_open(struct pair *pair) {
    assert_int_equal(hp_launcher_open(&pair->launcher, 1), 0);
    script_open(&pair->script, WORDS("exit", "7"));
    pair->script.plan.way = HP_SPAWN_LAUNCHER;
    pair->script.plan.launcher = &pair->launcher;
    pair->script.plan.flags = HP_SPAWN_ASYNC;
}

static inline void pair_close(struct pair *pair) {
    assert_int_equal(hp_launcher_close(&pair->launcher), 0);
    script_close(&pair->script);
}

#endif
