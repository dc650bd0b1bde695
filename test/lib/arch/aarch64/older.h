/* SPDX-License-Identifier: MIT */
/* Numbers of calls that this architecture never had: only the later forms exist. */
#ifndef HP_TEST_OLDER_H
#define HP_TEST_OLDER_H

#include <sys/syscall.h>

enum {
    OLDER_poll = -1,
    OLDER_select = -1,
    OLDER_epoll_wait = -1,
    OLDER_pause = -1,
    OLDER_semop = SYS_semop,
    OLDER_semtimedop = SYS_semtimedop,
    OLDER_fcntl = SYS_fcntl
};

#endif
