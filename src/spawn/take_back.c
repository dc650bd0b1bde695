/* SPDX-License-Identifier: MIT */
/* A signal that is blocked and has come for a write just made is taken back. */
#include <fcntl.h>

#include "spawn.h"

void hp_take_back(int signal) {
    const uint64_t set = (uint64_t)1 << (signal - 1);
    char info[128];
    const int fd = hp_sys_signalfd(-1, &set, sizeof set, O_NONBLOCK);
    if (fd < 0) return;
    hp_sys_read(fd, info, sizeof info);
    hp_sys_close(fd);
}
