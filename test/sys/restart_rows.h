/* SPDX-License-Identifier: MIT */
/* The rows of the restart matrix, and how calls block that need no pipe, socket or file. */
#ifndef HP_TEST_RESTART_ROWS_H
#define HP_TEST_RESTART_ROWS_H

#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "older.h"
#include "restart_files.h"

enum { NUMBER_io_uring_setup = 425, NUMBER_io_uring_enter = 426, NUMBER_futex_waitv = 449 };

static uint64_t user2 = 1 << (SIGUSR2 - 1), no_signals;

static void nothing_to_end(struct call *call, pid_t child) { (void)call, (void)child; }

/* ---- Descriptors of events ------------------------------------------------------------------ */

static bool reads_events(struct call *call, int fd) {
    call->fd[1] = fd;
    set_arguments(call, fd, (long)buffer, sizeof buffer, 0, 0, 0);
    return fd >= 0;
}

static bool for_eventfd(struct call *call) { return reads_events(call, eventfd(0, EFD_CLOEXEC)); }

static void count_event(struct call *call, pid_t child) {
    (void)child;
    eventfd_write(call->fd[1], 1);
}

static bool for_timerfd(struct call *call) {
    return reads_events(call, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
}

static void start_timer(struct call *call, pid_t child) {
    const struct itimerspec soon = {.it_value = {0, 1}};
    (void)child;
    timerfd_settime(call->fd[1], 0, &soon, 0);
}

static sigset_t set_of_user2(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    return signals;
}

static void block_user2(struct call *call) {
    const sigset_t signals = set_of_user2();
    (void)call;
    sigprocmask(SIG_BLOCK, &signals, 0);
}

static bool for_signalfd(struct call *call) {
    const sigset_t signals = set_of_user2();
    static char whole[sizeof(struct signalfd_siginfo)];
    const bool made = reads_events(call, signalfd(-1, &signals, SFD_CLOEXEC));
    call->a[1] = (long)whole, call->a[2] = sizeof whole;
    return made;
}

static bool for_sigtimedwait(struct call *call) {
    set_arguments(call, (long)&user2, 0, (long)&minute, sizeof user2, 0, 0);
    return true;
}

static void send_user2(struct call *call, pid_t child) {
    (void)call;
    kill(child, SIGUSR2);
}

/* ---- Children ------------------------------------------------------------------------------- */

static bool for_wait4(struct call *call) {
    const bool made = pipe2(call->fd, O_CLOEXEC) == 0;
    set_arguments(call, -1, 0, 0, (long)buffer, 0, 0);
    call->a[3] = 0;
    return made;
}

static bool for_waitid(struct call *call) {
    static siginfo_t info;
    const bool made = for_wait4(call);
    set_arguments(call, P_ALL, 0, (long)&info, WEXITED, 0, 0);
    return made;
}

/* The grandchild lives until somebody writes, or nobody is left who could. */
static void make_grandchild(struct call *call) {
    if (fork()) return;
    close(call->fd[1]);
    _exit(read(call->fd[0], buffer, 1) < 0);
}

/* ---- Words, semaphores, queues -------------------------------------------------------------- */

static bool for_futex(struct call *call) {
    call->shared = shared_memory(4096);
    set_arguments(call, (long)call->shared, FUTEX_WAIT, 0, 0, 0, 0);
    return true;
}

static bool for_futex_relative(struct call *call) {
    const bool made = for_futex(call);
    call->a[3] = (long)&minute;
    return made;
}

static bool for_futex_until(struct call *call) {
    static struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += MINUTE;
    for_futex(call);
    call->a[1] = FUTEX_WAIT_BITSET, call->a[3] = (long)&until, call->a[5] = -1;
    return true;
}

/* Linux 5.16. */
static bool for_futex_waitv(struct call *call) {
    static struct {
        uint64_t value, address;
        uint32_t flags, reserved;
    } waiter = {.flags = 2}; /* 32 bits, shared */
    for_futex(call);
    waiter.address = (uintptr_t)call->shared;
    set_arguments(call, (long)&waiter, 1, 0, 0, 0, 0);
    return syscall(NUMBER_futex_waitv, 0, 0, 0, 0, 0) == -1 && errno == EINVAL;
}

static bool for_futex_waitv_until(struct call *call) {
    static int64_t until[2]; /* 64 bits wide everywhere */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    until[0] = now.tv_sec + MINUTE;
    const bool made = for_futex_waitv(call);
    call->a[3] = (long)until, call->a[4] = CLOCK_MONOTONIC;
    return made;
}

static void wake_word(struct call *call, pid_t child) {
    (void)child;
    syscall(SYS_futex, call->shared, FUTEX_WAKE, 1, 0, 0, 0);
}

static bool for_semaphore(struct call *call) {
    static struct sembuf take = {.sem_op = -1};
    call->id = semget(IPC_PRIVATE, 1, 0600);
    set_arguments(call, call->id, (long)&take, 1, (long)&minute, 0, 0);
    return call->id >= 0;
}

static void remove_semaphore(struct call *call, pid_t child) {
    struct sembuf give = {.sem_op = 1};
    semop(call->id, &give, 1);
    while (watch_state(child) != 'Z') watch_pause();
    semctl(call->id, 0, IPC_RMID);
}

static bool for_queue(struct call *call) {
    call->id = msgget(IPC_PRIVATE, 0600);
    set_arguments(call, call->id, (long)buffer, sizeof buffer - sizeof(long), 0, 0, 0);
    return call->id >= 0;
}

static void remove_queue(struct call *call, pid_t child) {
    const struct {
        long type;
        char text[1];
    } letter = {1, ""};
    msgsnd(call->id, &letter, 1, 0);
    while (watch_state(child) != 'Z') watch_pause();
    msgctl(call->id, IPC_RMID, 0);
}

/* ---- Time, signals, rings: nothing ends them ------------------------------------------------ */

static bool for_nanosleep(struct call *call) {
    set_arguments(call, (long)&minute, 0, 0, 0, 0, 0);
    return true;
}

static bool for_clock(struct call *call) {
    set_arguments(call, CLOCK_MONOTONIC, 0, (long)&minute, 0, 0, 0);
    return true;
}

static bool for_clock_until(struct call *call) {
    static struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += MINUTE;
    set_arguments(call, CLOCK_MONOTONIC, TIMER_ABSTIME, (long)&until, 0, 0, 0);
    return true;
}

static bool for_pause(struct call *call) {
    (void)call;
    return true;
}

static bool for_sigsuspend(struct call *call) {
    set_arguments(call, (long)&no_signals, sizeof no_signals, 0, 0, 0, 0);
    return true;
}

/* A context belongs to one address space: the watcher's only tells whether there can be one. */
static bool for_getevents(struct call *call) {
    (void)call;
    aio_context_t context = 0;
    return syscall(SYS_io_setup, 1, &context) == 0 && syscall(SYS_io_destroy, context) == 0;
}

static void set_up_aio(struct call *call) {
    static struct io_event done;
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, 1, &context)) _exit(2);
    set_arguments(call, (long)context, 1, 1, (long)&done, (long)&minute, 0);
}

static bool for_ring(struct call *call) {
    uint32_t parameters[30] = {0};
    const int ring = (int)syscall(NUMBER_io_uring_setup, 1, parameters);
    set_arguments(call, ring, 0, 1, 1, 0, 8); /* one event (IORING_ENTER_GETEVENTS) */
    return ring >= 0;
}

static const struct row rows[] = {
    {"read, pipe", SYS_read, empty_pipe, 0, put_byte, false},
    {"readv, pipe", SYS_readv, for_readv, 0, put_byte, false},
    {"write, pipe", SYS_write, full_pipe, 0, drain, false},
    {"splice, pipe", SYS_splice, for_splice, 0, put_byte, false},
    {"recvfrom", SYS_recvfrom, empty_pair, 0, put_byte, false},
    {"recvfrom, SO_RCVTIMEO", SYS_recvfrom, limited_pair, 0, put_byte, false},
    {"recvmsg", SYS_recvmsg, for_recvmsg, 0, put_byte, false},
    {"recvmmsg, timeout", SYS_recvmmsg, for_recvmmsg, 0, put_byte, false},
    {"sendto", SYS_sendto, full_pair, 0, drain_pair, false},
    {"sendto, SO_SNDTIMEO", SYS_sendto, full_limited_pair, 0, drain_pair, false},
    {"sendmsg", SYS_sendmsg, for_sendmsg, 0, drain_pair, false},
    {"accept4", SYS_accept4, listener, 0, connect_to_it, false},
    {"accept4, SO_RCVTIMEO", SYS_accept4, limited_listener, 0, connect_to_it, false},
    {"connect, unix", SYS_connect, full_listener, 0, accept_one, false},
    {"connect, tcp", SYS_connect, full_tcp_listener, 0, accept_one, false},
    {"connect, SO_SNDTIMEO", SYS_connect, full_limited_listener, 0, accept_one, false},
    {"openat, FIFO", SYS_openat, for_fifo, 0, open_other_end, false},
    {"flock", SYS_flock, for_flock, 0, unlock, false},
    {"fcntl, F_OFD_SETLKW", OLDER_fcntl, for_file_lock, 0, unlock, false},
    {"read, eventfd", SYS_read, for_eventfd, 0, count_event, false},
    {"read, timerfd", SYS_read, for_timerfd, 0, start_timer, false},
    {"read, signalfd", SYS_read, for_signalfd, block_user2, send_user2, false},
    {"read, inotify", SYS_read, for_inotify, 0, create_file, false},
    {"wait4", SYS_wait4, for_wait4, make_grandchild, put_byte, false},
    {"waitid", SYS_waitid, for_waitid, make_grandchild, put_byte, false},
    {"futex WAIT", SYS_futex, for_futex, 0, wake_word, false},
    {"futex WAIT, timeout", SYS_futex, for_futex_relative, 0, wake_word, false},
    {"futex WAIT_BITSET, until", SYS_futex, for_futex_until, 0, wake_word, false},
    {"futex_waitv", NUMBER_futex_waitv, for_futex_waitv, 0, wake_word, false},
    {"futex_waitv, until", NUMBER_futex_waitv, for_futex_waitv_until, 0, wake_word, false},
    {"semop", OLDER_semop, for_semaphore, 0, remove_semaphore, false},
    {"semtimedop", OLDER_semtimedop, for_semaphore, 0, remove_semaphore, false},
    {"msgrcv", SYS_msgrcv, for_queue, 0, remove_queue, false},
    {"poll", OLDER_poll, for_poll, 0, put_byte, false},
    {"ppoll", SYS_ppoll, for_ppoll, 0, put_byte, false},
    {"select", OLDER_select, for_select, 0, put_byte, false},
    {"pselect6", SYS_pselect6, for_pselect, 0, put_byte, false},
    {"epoll_wait", OLDER_epoll_wait, for_epoll, 0, put_byte, false},
    {"epoll_pwait", SYS_epoll_pwait, for_epoll, 0, put_byte, false},
    {"epoll_pwait2", NUMBER_epoll_pwait2, for_epoll_pwait2, 0, put_byte, false},
    {"rt_sigtimedwait", SYS_rt_sigtimedwait, for_sigtimedwait, block_user2, send_user2, false},
    {"rt_sigsuspend", SYS_rt_sigsuspend, for_sigsuspend, 0, nothing_to_end, true},
    {"pause", OLDER_pause, for_pause, 0, nothing_to_end, true},
    {"nanosleep", SYS_nanosleep, for_nanosleep, 0, nothing_to_end, true},
    {"clock_nanosleep", SYS_clock_nanosleep, for_clock, 0, nothing_to_end, true},
    {"clock_nanosleep, until", SYS_clock_nanosleep, for_clock_until, 0, nothing_to_end, true},
    {"io_getevents", SYS_io_getevents, for_getevents, set_up_aio, nothing_to_end, true},
    {"io_uring_enter", NUMBER_io_uring_enter, for_ring, 0, nothing_to_end, true},
};

enum { ROWS = sizeof rows / sizeof *rows };

#endif
