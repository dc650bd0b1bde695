/* SPDX-License-Identifier: MIT */
/* A posix_spawn that is played on Linux: with `model` no child is begun, and what it would have is
 * put down there. */
#ifndef PLAYED_DARWIN_H
#define PLAYED_DARWIN_H

#include <stdbool.h>

enum { MODEL_NUMBERS = 64, MODEL_NULL = -2, MODEL_NONE = -1, MODEL_PID = 0x3ffffffe };

/* What each number stands for: the parent's of the same number at first. */
struct model {
    int table[MODEL_NUMBERS];
    bool stays[MODEL_NUMBERS];
};

extern struct played_spawns {
    struct model *model;
    unsigned spawned, made, dropped;
} played_spawns;

#endif
