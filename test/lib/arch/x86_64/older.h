/* SPDX-License-Identifier: MIT */
/* Numbers of calls that newer architectures never had. Here each has one of its own. */
#ifndef HP_TEST_OLDER_H
#define HP_TEST_OLDER_H

#include <sys/syscall.h>

enum {
    OLDER_poll = SYS_poll,
    OLDER_select = SYS_select,
    OLDER_epoll_wait = SYS_epoll_wait,
    OLDER_pause = SYS_pause,
    OLDER_semop = SYS_semop,
    OLDER_semtimedop = SYS_semtimedop,
    OLDER_fcntl = SYS_fcntl
};

#endif
