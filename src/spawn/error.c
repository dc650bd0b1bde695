/* SPDX-License-Identifier: MIT */
/* Failures in words. */
#include "spawn.h"
#include "text.h"

const char *hp_spawn_stage_name(int stage) {
    static const char *const names[] = {
        "plan",       "way",    "start",     "table", "signals", "session", "group", "terminal",
        "foreground", "cgroup", "directory", "fds",   "close",   "null",    "limit", "nice",
        "groups",     "gid",    "uid",       "umask", "death",   "exec"};
    const size_t i = (size_t)stage - HP_SPAWN_AT_PLAN;
    return i < HP_COUNT(names) ? names[i] : 0;
}

static bool is_one_of_many(int stage) {
    return stage == HP_SPAWN_AT_PLAN || stage == HP_SPAWN_AT_FDS || stage == HP_SPAWN_AT_NULL ||
           stage == HP_SPAWN_AT_LIMIT || stage == HP_SPAWN_AT_SIGNALS;
}

size_t hp_spawn_error_text(const struct hp_spawn_error *error, char *text, size_t capacity) {
    struct hp_text line = {.buf = text, .size = capacity};
    const char *stage = hp_spawn_stage_name(error->stage), *why = hp_error_text(error->error);
    hp_text_string(&line, stage ? stage : "no stage");
    if (is_one_of_many(error->stage) && error->index >= 0) {
        hp_text_string(&line, " ");
        hp_text_decimal(&line, (uint64_t)error->index);
    }
    if (error->path[0]) {
        hp_text_string(&line, " ");
        hp_text_string(&line, error->path);
    }
    hp_text_string(&line, ": ");
    hp_text_string(&line, why ? why : "no error");
    return line.length;
}
