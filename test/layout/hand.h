/* SPDX-License-Identifier: MIT */
/* Cases that were worked by hand from the kernels' source, before any program answered them. Each
 * is a process, a script, and the working in words; a wrong answer prints the working beside it.
 *
 * Numbers are those of the kernels. Where a process of 47 bits would be too large for an array of
 * its pages, it has 4 GiB, and its third (TASK_UNMAPPED_BASE) is 0x55556000. */
#ifndef HAND_H
#define HAND_H

#include "naive.h"

enum hand_act {
    END,
    HAVE,    /* at, high: is mapped when the script begins, as if by exec */
    STACK,   /* the same, and grows down */
    MAP,     /* at is the hint; what it answers */
    UNMAP,   /* at, length; what it answers */
    BRK,     /* at; what it answers */
    CACHE_IS /* at: the cache; answer: the hole */
};

struct hand_step {
    enum hand_act act;
    uint64_t at, length;
    int64_t answer;
    unsigned flags; /* enum naive_flag */
    uint32_t random[2];
    int64_t own;
};

struct hand_case {
    const char *name, *working;
    const char *kernel; /* as hp_layout_kernel_name names it */
    struct naive process;
    struct hand_step script[16];
};

extern const struct hand_case hand_up[], hand_down[], hand_wide[], hand_shield[], hand_gaps[];
extern const size_t hand_up_count, hand_down_count, hand_wide_count, hand_shield_count,
    hand_gaps_count;
#define HAND_COUNT(cases) const size_t cases##_count = sizeof cases / sizeof *cases

/* A 32-bit process of a 32-bit kernel: 3 GiB. */
#define PROCESS_I386                                                                               \
    .kernel32 = true, .task32 = true, .task_size = 0xc0000000, .window = 0xc0000000,               \
    .legacy = 0x40000000, .library = 0x00110000
/* A 64-bit process, of 4 GiB. */
#define PROCESS_WIDE .task_size = 0x100000000, .window = 0x100000000, .legacy = 0x55556000

#endif
