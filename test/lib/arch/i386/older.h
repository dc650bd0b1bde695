/* SPDX-License-Identifier: MIT */
/* Numbers of calls that newer architectures never had. Here semaphores came through ipc, and fcntl
 * knows open file description locks under a later number. */
#ifndef HP_TEST_OLDER_H
#define HP_TEST_OLDER_H

#include <sys/syscall.h>

enum {
    OLDER_poll = SYS_poll,
    OLDER_select = SYS__newselect,
    OLDER_epoll_wait = SYS_epoll_wait,
    OLDER_pause = SYS_pause,
    OLDER_semop = -1,
    OLDER_semtimedop = -1,
    OLDER_fcntl = SYS_fcntl64
};

#endif
