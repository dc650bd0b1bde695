/* SPDX-License-Identifier: MIT */
/* A child blocked in a call, seen from outside through /proc: what the restart tests wait for
 * instead of for time. */
#ifndef HP_TEST_WATCH_H
#define HP_TEST_WATCH_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child writes into shared memory about itself. */
struct watch_mark {
    int entered; /* the next thing it does is the call */
    int done;    /* the call has answered */
};

static inline void watch_pause(void) {
    const struct timespec pause = {0, 2000000};
    nanosleep(&pause, 0);
}

static inline bool watch_read(pid_t pid, const char *file, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t length = read(fd, text, size - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

/* 'S' asleep, 'T' stopped, 'Z' ended, 'R' running; 0 when there is no such process. */
static inline char watch_state(pid_t pid) {
    char text[256];
    if (!watch_read(pid, "stat", text, sizeof text)) return 0;
    const char *end = strrchr(text, ')');
    return end && end[1] ? end[2] : 0;
}

enum { WATCH_RUNNING = -1, WATCH_UNTOLD = -2 };

/* The number of the call that it is blocked in. Where only an administrator may trace, it is not
 * told. */
static inline long watch_number(pid_t pid) {
    char text[256];
    if (!watch_read(pid, "syscall", text, sizeof text)) return WATCH_UNTOLD;
    return text[0] >= '0' && text[0] <= '9' ? strtol(text, 0, 10) : WATCH_RUNNING;
}

/* True once it sleeps in the call, false when the call is over or the process is. */
static inline bool watch_until_blocked(pid_t pid, const struct watch_mark *mark) {
    for (;; watch_pause()) {
        if (__atomic_load_n(&mark->done, __ATOMIC_ACQUIRE)) return false;
        const bool entered = __atomic_load_n(&mark->entered, __ATOMIC_ACQUIRE);
        const char state = watch_state(pid);
        if (state == 0 || state == 'Z') return false;
        if (entered && state == 'S') return true;
    }
}

#endif
