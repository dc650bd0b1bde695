/* SPDX-License-Identifier: MIT */
/* A sleep that is stopped and continued, without a handler: the kernel ends it through
 * restart_syscall. A grandchild sleeps and its parent stops it, so that this process is sent no
 * SIGCHLD about the stop; neither child has an exit signal, so no SIGCHLD comes and no waitpid(-1)
 * meets them. */
#ifndef STOPPED_H
#define STOPPED_H

#include <stdint.h>

struct stopped {
    int64_t length; /* of the sleep asked for, in nanoseconds */
    long asked;     /* the number that went in */
    long number;    /* what the register held afterwards, as hp_sys_observe sees it */
    long answer;    /* the call's */
    int64_t slept;  /* how long it took */
};

/* 0; -EAGAIN when the stop came too late; or -errno. Takes as long as the sleep. */
int stop_a_sleep(int64_t length, struct stopped *seen);

#endif
