/* SPDX-License-Identifier: MIT */
/* Every way to make a descriptor, each with its close-on-exec flag. */
#ifndef CREATORS_H
#define CREATORS_H

#include <stdbool.h>
#include <stddef.h>

struct creator {
    const char *name;
    bool common;             /* on every Linux since 2.6.28: a refusal is a promise broken */
    int (*make)(int fds[2]); /* 0 or -errno; what is left -1 was not made */
};

extern const struct creator creators[];
extern const size_t creator_count;

#endif
