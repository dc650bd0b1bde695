/* SPDX-License-Identifier: MIT */
/* Calls that wait for a time, and what a stop and continue makes of each: include/linux/errno.h
 * of the kernel names four ways to restart, and only ERESTART_RESTARTBLOCK goes through
 * restart_syscall. Timeouts are in the layout of the number that is called: on 32-bit systems
 * the older one, as struct timespec is there. */
#ifndef HP_TEST_SUBJECTS_H
#define HP_TEST_SUBJECTS_H

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "older.h"

enum restart {
    BY_RESTART_SYSCALL, /* the kernel changes the number */
    BY_SAME_NUMBER,     /* the kernel makes the same call again */
    BY_CALLER           /* -EINTR, although no handler ran */
};

/* Fills in the arguments of a call that lasts `wait` nanoseconds. False when this kernel cannot
 * be asked. */
typedef bool prepare_function(long a[6], int64_t wait);

struct subject {
    const char *name;
    long number; /* -1: this architecture has no such call */
    prepare_function *prepare;
    enum restart restart;
    int answer;     /* when it ran its time */
    bool in_a_loop; /* also tried in the loops: needs no device and no other process */
    bool absolute;  /* its timeout is a point in time */
};

enum { SECOND = 1000000000, KEPT_TIMES = 8 };

static struct timespec kept_times[KEPT_TIMES]; /* arguments outlive the function that made them */
static unsigned times_kept;

static long keep(int64_t nanoseconds) {
    struct timespec *time = &kept_times[times_kept++ % KEPT_TIMES];
    time->tv_sec = (time_t)(nanoseconds / SECOND);
    time->tv_nsec = (long)(nanoseconds % SECOND);
    return (long)time;
}

static int64_t monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static bool of_nanosleep(long a[6], int64_t wait) {
    a[0] = keep(wait);
    return true;
}

static bool of_clock(long a[6], int64_t wait) {
    a[0] = CLOCK_MONOTONIC, a[2] = keep(wait);
    return true;
}

static bool of_clock_until(long a[6], int64_t wait) {
    a[0] = CLOCK_MONOTONIC, a[1] = TIMER_ABSTIME, a[2] = keep(monotonic() + wait);
    return true;
}

/* The processor time of another process, which does nothing but use it, for as long as this one
 * lives. */
static bool of_cpu_clock(long a[6], int64_t wait) {
    const pid_t watcher = getpid(), busy = fork();
    if (busy == 0) {
        while (getppid() == watcher) {}
        _exit(0);
    }
    clockid_t clock;
    if (busy < 0 || clock_getcpuclockid(busy, &clock)) return false;
    a[0] = clock, a[2] = keep(wait);
    return true;
}

/* Needs a clock that can wake the machine. */
static bool of_alarm_clock(long a[6], int64_t wait) {
    struct timespec nothing = {0, 0};
    if (clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &nothing, 0)) return false;
    a[0] = CLOCK_BOOTTIME_ALARM, a[2] = keep(wait);
    return true;
}

static uint32_t word;

static bool of_futex(long a[6], int64_t wait) {
    a[0] = (long)&word, a[1] = FUTEX_WAIT_PRIVATE, a[3] = keep(wait);
    return true;
}

static bool of_futex_until(long a[6], int64_t wait) {
    a[0] = (long)&word, a[1] = FUTEX_WAIT_BITSET_PRIVATE, a[3] = keep(monotonic() + wait),
    a[5] = -1;
    return true;
}

/* Its times are 64 bits wide everywhere: not asked where struct timespec is not. */
static bool of_futex_waitv(long a[6], int64_t wait) {
    static struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } waiter;
    waiter.address = (uintptr_t)&word, waiter.flags = 2 | FUTEX_PRIVATE_FLAG; /* 2: 32 bits */
    a[0] = (long)&waiter, a[1] = 1, a[3] = keep(monotonic() + wait), a[4] = CLOCK_MONOTONIC;
    return sizeof(long) == 8 && syscall(449, 0, 0, 0, 0, 0) == -1 && errno != ENOSYS;
}

static bool of_poll(long a[6], int64_t wait) {
    a[2] = (long)(wait / 1000000);
    return true;
}

static bool of_ppoll(long a[6], int64_t wait) {
    a[2] = keep(wait);
    return true;
}

static bool of_pselect(long a[6], int64_t wait) {
    a[4] = keep(wait);
    return true;
}

static struct epoll_event events[1];

static bool of_epoll_pwait(long a[6], int64_t wait) {
    a[0] = epoll_create1(EPOLL_CLOEXEC), a[1] = (long)events, a[2] = 1,
    a[3] = (long)(wait / 1000000);
    return a[0] >= 0;
}

static bool of_getevents(long a[6], int64_t wait) {
    static aio_context_t context;
    static struct io_event event;
    if (syscall(SYS_io_setup, 1, &context)) return false;
    a[0] = (long)context, a[1] = 1, a[2] = 1, a[3] = (long)&event, a[4] = keep(wait);
    return true;
}

/* The set is made private and removed by the kernel only when told to: it lives as long as one
 * test. */
static int semaphores = -1;
static bool of_semaphore(long a[6], int64_t wait) {
    static struct sembuf take = {.sem_op = -1};
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    a[0] = semaphores, a[1] = (long)&take, a[2] = 1, a[3] = keep(wait);
    return semaphores >= 0;
}

static bool of_sigtimedwait(long a[6], int64_t wait) {
    static uint64_t set = 1 << (SIGUSR2 - 1);
    a[0] = (long)&set, a[2] = keep(wait), a[3] = sizeof set;
    return true;
}

static bool of_receive(long a[6], int64_t wait) {
    static char byte;
    int pair[2];
    const struct timeval limit = {(time_t)(wait / SECOND), (suseconds_t)(wait % SECOND / 1000)};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return false;
    if (setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit)) return false;
    a[0] = pair[0], a[1] = (long)&byte, a[2] = 1;
    return true;
}

static const struct subject subjects[] = {
    {"nanosleep", SYS_nanosleep, of_nanosleep, BY_RESTART_SYSCALL, 0, true, false},
    {"clock_nanosleep", SYS_clock_nanosleep, of_clock, BY_RESTART_SYSCALL, 0, true, false},
    {"clock_nanosleep, processor time", SYS_clock_nanosleep, of_cpu_clock, BY_RESTART_SYSCALL, 0,
     false, false},
    {"clock_nanosleep, alarm clock", SYS_clock_nanosleep, of_alarm_clock, BY_RESTART_SYSCALL, 0,
     false, false},
    {"futex WAIT, timeout", SYS_futex, of_futex, BY_RESTART_SYSCALL, -ETIMEDOUT, true, false},
    {"futex WAIT_BITSET, until", SYS_futex, of_futex_until, BY_RESTART_SYSCALL, -ETIMEDOUT, true,
     true},
    {"poll", OLDER_poll, of_poll, BY_RESTART_SYSCALL, 0, true, false},
    {"clock_nanosleep, until", SYS_clock_nanosleep, of_clock_until, BY_SAME_NUMBER, 0, false, true},
    {"futex_waitv, until", 449, of_futex_waitv, BY_SAME_NUMBER, -ETIMEDOUT, false, true},
    {"ppoll", SYS_ppoll, of_ppoll, BY_SAME_NUMBER, 0, false, false},
    {"pselect6", SYS_pselect6, of_pselect, BY_SAME_NUMBER, 0, false, false},
    {"io_getevents", SYS_io_getevents, of_getevents, BY_CALLER, 0, false, false},
    {"epoll_pwait", SYS_epoll_pwait, of_epoll_pwait, BY_CALLER, 0, false, false},
    {"semtimedop", OLDER_semtimedop, of_semaphore, BY_CALLER, -EAGAIN, false, false},
    {"rt_sigtimedwait", SYS_rt_sigtimedwait, of_sigtimedwait, BY_CALLER, -EAGAIN, false, false},
    {"recvfrom, SO_RCVTIMEO", SYS_recvfrom, of_receive, BY_CALLER, -EAGAIN, false, false},
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

#endif
