/* SPDX-License-Identifier: MIT */
/* The end of a child's way where that is a call of its own. */
#include "child.h"
#include "spawn.h"

int hp_execute(const struct hp_start *start, const char *path) {
    const struct hp_spawn_plan *plan = start->plan;
    void *const argv = (void *)plan->argv, *const envp = (void *)plan->envp;
    return path ? hp_sys_execve(path, argv, envp) : child_execute_file(start->file, argv, envp);
}
