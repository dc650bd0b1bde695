/* SPDX-License-Identifier: MIT */
/* What Linux alone has, and the BSDs and macOS not: a table of descriptors that two
 * processes share, or that one thread has. */
#include "spawn.h"

int hp_bay_open(struct hp_bay *bay) {
    *bay = (struct hp_bay){.spare = -1};
    return -ENOSYS;
}

void hp_bay_close(struct hp_bay *bay) { (void)bay; }

int hp_bay_begin(struct hp_start *start) {
    (void)start;
    return -ENOSYS;
}

int hp_launcher_open(struct hp_launcher *launcher, unsigned threads) {
    (void)threads;
    *launcher = (struct hp_launcher){0};
    return -ENOSYS;
}

int hp_launcher_close(struct hp_launcher *launcher) {
    (void)launcher;
    return 0;
}

int hp_launch_send(struct hp_launcher *launcher, struct hp_start *start) {
    (void)launcher, (void)start;
    return -ENOSYS;
}

int hp_launch_collect(struct hp_start *start, hp_deadline deadline) {
    (void)start, (void)deadline;
    return -ENOSYS;
}

void hp_take_back(int signal) { hp_sys_take_back(signal); }
