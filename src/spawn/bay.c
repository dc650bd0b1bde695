/* SPDX-License-Identifier: MIT */
/* The kernel copies a table of descriptors in blocks of 64. A child that shares the table and then
 * leaves it (close_range with UNSHARE) takes a copy of the first block, and none of the rest is
 * ever in two tables. So the first block belongs to the bay: what the child is to have is put
 * there. */
#include <fcntl.h>

#include "spawn.h"

enum { BLOCK = 64, FIRST = 3 };

/* How many are the program's. */
static int reserve(struct hp_bay *bay) {
    for (int others = BLOCK - FIRST;; others--) {
        const int slot = hp_sys_fcntl(bay->spare, F_DUPFD_CLOEXEC, FIRST);
        if (slot < 0) return slot;
        if (slot >= BLOCK) {
            hp_sys_close(slot);
            return others;
        }
        bay->reserved |= (uint64_t)1 << slot;
    }
}

/* A range beyond every number: nothing is closed, and the call is there. */
static int open_spare(struct hp_bay *bay) {
    const int known = hp_sys_close_range(~0u, ~0u, 0);
    if (known < 0) return known;
    const int null = hp_sys_openat(AT_FDCWD, "/dev/null", O_PATH, 0);
    if (null < 0) return null;
    bay->spare = hp_sys_fcntl(null, F_DUPFD_CLOEXEC, BLOCK);
    hp_sys_close(null);
    return bay->spare;
}

int hp_bay_open(struct hp_bay *bay) {
    *bay = (struct hp_bay){0};
    int answer = open_spare(bay);
    if (answer < 0) return answer;
    answer = reserve(bay);
    if (answer < 0) hp_bay_close(bay);
    return answer;
}

void hp_bay_close(struct hp_bay *bay) {
    for (int slot = FIRST; slot < BLOCK; slot++)
        if (bay->reserved >> slot & 1) hp_sys_close(slot);
    hp_sys_close(bay->spare);
    *bay = (struct hp_bay){.spare = -1};
}

/* What is in the block already is copied with it. */
static int put(struct hp_bay *bay, uint64_t *used, int *number) {
    if (*number < BLOCK) return 0;
    const uint64_t free = bay->reserved & ~*used;
    if (!free) return -EMFILE;
    const int slot = __builtin_ctzll(free);
    const int answer = hp_sys_dup3(*number, slot);
    if (answer < 0) return answer;
    *used |= (uint64_t)1 << slot;
    *number = slot;
    return 0;
}

static int put_all(struct hp_bay *bay, uint64_t *used, struct hp_start *start) {
    int answer = 0;
    for (unsigned i = 0; i < start->plan->fd_count && answer >= 0; i++)
        answer = put(bay, used, &start->parent[i]);
    for (unsigned i = 0; i < HP_EXTRAS && answer >= 0; i++)
        answer = put(bay, used, &start->extra[i]);
    return answer;
}

static void take_back(struct hp_bay *bay, uint64_t used) {
    for (; used; used &= used - 1) hp_sys_dup3(bay->spare, __builtin_ctzll(used));
}

/* When this comes back the child has its own table, or is no more. */
int hp_bay_begin(struct hp_start *start) {
    struct hp_bay *bay = start->plan->bay;
    struct hp_lock *lock = (struct hp_lock *)&bay->lock;
    uint64_t used = 0;
    hp_lock(lock);
    start->leaves_from = BLOCK;
    int answer = put_all(bay, &used, start);
    if (answer == 0) answer = hp_start_run(start);
    take_back(bay, used);
    hp_unlock(lock);
    return answer;
}
