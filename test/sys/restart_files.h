/* SPDX-License-Identifier: MIT */
/* How the restart matrix has calls on pipes, sockets and files block, and what ends them. Timeouts
 * are a minute and never run out. */
#ifndef HP_TEST_RESTART_FILES_H
#define HP_TEST_RESTART_FILES_H

#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "restart_trial.h"

enum { MINUTE = 60, NUMBER_epoll_pwait2 = 441 };

/* Arguments that a call points at. They are copied into the child with everything else. */
static char buffer[64];
static struct iovec vector = {buffer, 1};
static struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
static struct mmsghdr messages = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};
static struct timespec minute = {MINUTE, 0};
static struct timeval minute_in_micros = {MINUTE, 0};
static int64_t wide_minute[2] = {MINUTE, 0};
static struct epoll_event event;
static struct pollfd polled;
static fd_set set;

static void set_arguments(struct call *call, long a, long b, long c, long d, long e, long f) {
    const long all[6] = {a, b, c, d, e, f};
    memcpy(call->a, all, sizeof all);
}

/* ---- Pipes ---------------------------------------------------------------------------------- */

static bool empty_pipe(struct call *call) {
    set_arguments(call, 0, (long)buffer, 1, 0, 0, 0);
    if (pipe2(call->fd, O_CLOEXEC)) return false;
    call->a[0] = call->fd[0];
    return true;
}

static bool for_readv(struct call *call) {
    const bool made = empty_pipe(call);
    call->a[1] = (long)&vector;
    return made;
}

static bool for_splice(struct call *call) {
    int other[2];
    if (!empty_pipe(call) || pipe2(other, O_CLOEXEC)) return false;
    set_arguments(call, call->fd[0], 0, other[1], 0, 1, 0);
    return true;
}

static void put_byte(struct call *call, pid_t child) {
    (void)child;
    if (write(call->fd[1], "", 1) != 1) exit(2);
}

static bool full_pipe(struct call *call) {
    if (!empty_pipe(call)) return false;
    fcntl(call->fd[1], F_SETFL, O_NONBLOCK);
    while (write(call->fd[1], buffer, sizeof buffer) > 0) {}
    fcntl(call->fd[1], F_SETFL, 0);
    call->a[0] = call->fd[1];
    return true;
}

/* A pipe is writable again when a whole page of it is empty. */
static void drain(struct call *call, pid_t child) {
    char much[65536];
    (void)child;
    if (read(call->fd[0], much, sizeof much) <= 0) exit(2);
}

static bool for_poll(struct call *call) {
    if (!empty_pipe(call)) return false;
    polled = (struct pollfd){call->fd[0], POLLIN, 0};
    set_arguments(call, (long)&polled, 1, MINUTE * 1000, 0, 0, 0);
    return true;
}

static bool for_ppoll(struct call *call) {
    const bool made = for_poll(call);
    call->a[2] = (long)&minute;
    return made;
}

static bool for_select(struct call *call) {
    if (!empty_pipe(call)) return false;
    FD_SET(call->fd[0], &set);
    set_arguments(call, call->fd[0] + 1, (long)&set, 0, 0, (long)&minute_in_micros, 0);
    return true;
}

static bool for_pselect(struct call *call) {
    const bool made = for_select(call);
    call->a[4] = (long)&minute;
    return made;
}

static bool for_epoll(struct call *call) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!empty_pipe(call)) return false;
    event.events = EPOLLIN;
    set_arguments(call, epoll, (long)&event, 1, MINUTE * 1000, 0, 8);
    return epoll_ctl(epoll, EPOLL_CTL_ADD, call->fd[0], &event) == 0;
}

/* Linux 5.11. */
static bool for_epoll_pwait2(struct call *call) {
    const bool made = for_epoll(call);
    call->a[3] = (long)wide_minute;
    return made && (syscall(NUMBER_epoll_pwait2, -1, &event, 1, 0, 0, 8) == 0 || errno == EBADF);
}

/* ---- Sockets -------------------------------------------------------------------------------- */

static bool pair_of(struct call *call, int type) {
    set_arguments(call, 0, (long)buffer, 1, 0, 0, 0);
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, call->fd)) return false;
    call->a[0] = call->fd[0];
    return true;
}

static bool empty_pair(struct call *call) { return pair_of(call, SOCK_STREAM); }

static bool for_recvmsg(struct call *call) {
    const bool made = empty_pair(call);
    call->a[1] = (long)&message, call->a[2] = 0;
    return made;
}

static bool for_recvmmsg(struct call *call) {
    const bool made = pair_of(call, SOCK_DGRAM);
    call->a[1] = (long)&messages, call->a[4] = (long)&minute;
    return made;
}

static bool limited(struct call *call, bool made, int option) {
    return made && setsockopt((int)call->a[0], SOL_SOCKET, option, &minute_in_micros,
                              sizeof minute_in_micros) == 0;
}

static bool limited_pair(struct call *call) { return limited(call, empty_pair(call), SO_RCVTIMEO); }

static bool full_pair(struct call *call) {
    const bool made = empty_pair(call);
    call->a[0] = call->fd[1];
    while (made && send(call->fd[1], buffer, sizeof buffer, MSG_DONTWAIT) > 0) {}
    return made;
}

static bool full_limited_pair(struct call *call) {
    return limited(call, full_pair(call), SO_SNDTIMEO);
}

static bool for_sendmsg(struct call *call) {
    const bool made = full_pair(call);
    call->a[1] = (long)&message, call->a[2] = 0;
    return made;
}

static void drain_pair(struct call *call, pid_t child) {
    (void)child;
    while (recv(call->fd[0], buffer, sizeof buffer, MSG_DONTWAIT) > 0) {}
}

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_length;

/* fd[0] listens at a name that the kernel chose. */
static bool listener(struct call *call) {
    set_arguments(call, 0, 0, 0, 0, 0, 0);
    call->fd[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_length = sizeof address;
    call->a[0] = call->fd[0];
    return bind(call->fd[0], (struct sockaddr *)&address, sizeof address.sun_family) == 0 &&
           listen(call->fd[0], 0) == 0 &&
           getsockname(call->fd[0], (struct sockaddr *)&address, &address_length) == 0;
}

static bool limited_listener(struct call *call) {
    return limited(call, listener(call), SO_RCVTIMEO);
}

static int connect_without_waiting(void) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return connect(fd, (struct sockaddr *)&address, address_length);
}

static void connect_to_it(struct call *call, pid_t child) {
    (void)call, (void)child;
    if (connect_without_waiting()) exit(2);
}

static bool full_listener(struct call *call) {
    const bool made = listener(call);
    while (made && connect_without_waiting() == 0) {}
    call->fd[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_arguments(call, call->fd[1], (long)&address, (long)address_length, 0, 0, 0);
    return made;
}

static bool full_limited_listener(struct call *call) {
    return limited(call, full_listener(call), SO_SNDTIMEO);
}

/* A listener on the loopback interface with one connection waiting: its queue is full, and the
 * kernel drops what comes next until somebody accepts and the caller's kernel tries again, after a
 * second. */
static bool full_tcp_listener(struct call *call) {
    static struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t length = sizeof name;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    call->fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    call->fd[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int first = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_arguments(call, call->fd[1], (long)&name, sizeof name, 0, 0, 0);
    return bind(call->fd[0], (struct sockaddr *)&name, sizeof name) == 0 &&
           listen(call->fd[0], 0) == 0 &&
           getsockname(call->fd[0], (struct sockaddr *)&name, &length) == 0 &&
           connect(first, (struct sockaddr *)&name, sizeof name) == 0;
}

static void accept_one(struct call *call, pid_t child) {
    (void)child;
    if (accept(call->fd[0], 0, 0) < 0) exit(2);
}

/* ---- Files ---------------------------------------------------------------------------------- */

static bool temporary(struct call *call) {
    strcpy(call->folder, "/tmp/restart-XXXXXX");
    return mkdtemp(call->folder) && chdir(call->folder) == 0;
}

static void remove_temporary(struct call *call) {
    unlink("file");
    if (chdir("/") || rmdir(call->folder)) exit(2);
}

static bool for_fifo(struct call *call) {
    set_arguments(call, AT_FDCWD, (long)"file", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    return temporary(call) && mkfifo("file", 0600) == 0;
}

static void open_other_end(struct call *call, pid_t child) {
    const int end = open("file", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    while (end >= 0 && watch_state(child) != 'Z') watch_pause();
    remove_temporary(call);
}

static bool for_inotify(struct call *call) {
    set_arguments(call, inotify_init1(IN_CLOEXEC), (long)buffer, sizeof buffer, 0, 0, 0);
    return temporary(call) && inotify_add_watch((int)call->a[0], ".", IN_CREATE) >= 0;
}

static void create_file(struct call *call, pid_t child) {
    (void)child;
    close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    remove_temporary(call);
}

/* Two open files of one unnamed file: the first holds the lock that the second wants. */
static bool two_files(struct call *call) {
    char path[32];
    call->fd[0] = (int)syscall(SYS_memfd_create, "lock", 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", call->fd[0]);
    call->fd[1] = open(path, O_RDWR | O_CLOEXEC);
    return call->fd[1] >= 0;
}

static bool for_flock(struct call *call) {
    if (!two_files(call) || flock(call->fd[0], LOCK_EX)) return false;
    set_arguments(call, call->fd[1], LOCK_EX, 0, 0, 0, 0);
    return true;
}

static bool for_file_lock(struct call *call) {
    static struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
    if (!two_files(call) || fcntl(call->fd[0], F_OFD_SETLK, &lock)) return false;
    set_arguments(call, call->fd[1], F_OFD_SETLKW, (long)&lock, 0, 0, 0);
    return true;
}

static void unlock(struct call *call, pid_t child) {
    struct flock nothing = {.l_type = F_UNLCK, .l_len = 1};
    (void)child;
    flock(call->fd[0], LOCK_UN);
    fcntl(call->fd[0], F_OFD_SETLK, &nothing);
}

#endif
