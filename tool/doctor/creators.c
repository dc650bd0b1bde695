/* SPDX-License-Identifier: MIT */
/* A table, so that a call added to the kernel is a row here and not another probe. */
#include "creators.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#include "probe.h"

static int one(int fds[2], int answer) {
    fds[0] = answer;
    return answer < 0 ? answer : 0;
}

static int make_openat(int fds[2]) {
    return one(fds, hp_sys_openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0));
}
static int make_pipe2(int fds[2]) { return hp_sys_pipe2(fds, 0); }
static int make_socket(int fds[2]) { return one(fds, hp_sys_socket(AF_UNIX, SOCK_STREAM, 0)); }
static int make_socketpair(int fds[2]) { return hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fds); }
static int make_epoll(int fds[2]) { return one(fds, hp_sys_epoll_create1(0)); }
static int make_eventfd(int fds[2]) { return one(fds, hp_sys_eventfd(0, 0)); }
static int make_timerfd(int fds[2]) { return one(fds, hp_sys_timerfd_create(CLOCK_MONOTONIC, 0)); }
static int make_inotify(int fds[2]) { return one(fds, hp_sys_inotify_init(0)); }
static int make_memfd(int fds[2]) { return one(fds, hp_sys_memfd_create("hardpan", 0)); }
static int make_pidfd(int fds[2]) { return one(fds, hp_sys_pidfd_open(hp_sys_getpid(), 0)); }
enum { USER_MODE_ONLY = 1 };
static int make_userfaultfd(int fds[2]) { return one(fds, hp_sys_userfaultfd(USER_MODE_ONLY)); }

static int make_signalfd(int fds[2]) {
    const uint64_t none = 0;
    return one(fds, hp_sys_signalfd(-1, &none, sizeof none, 0));
}

static int make_uring(int fds[2]) {
    unsigned char parameters[120] = {0};
    return one(fds, hp_sys_io_uring_setup(1, parameters));
}

static int make_duplicate(int fds[2]) {
    const int base = hp_sys_eventfd(0, 0);
    if (base < 0) return base;
    const int answer = one(fds, hp_sys_fcntl(base, F_DUPFD_CLOEXEC, 0));
    hp_sys_close(base);
    return answer;
}

/* Onto a number of our own: dup3 closes what is there. */
static int make_dup3(int fds[2]) {
    const int from = hp_sys_eventfd(0, 0), to = hp_sys_eventfd(0, 0);
    const int answer = from < 0 ? from : to < 0 ? to : hp_sys_dup3(from, to);
    if (from >= 0) hp_sys_close(from);
    if (answer < 0 && to >= 0) hp_sys_close(to);
    return one(fds, answer);
}

/* A name that the kernel picks, in no file system. hardpan has no wrapper for what only servers
 * call. */
static int listen_somewhere(int fd) {
    const struct sockaddr_un nameless = {.sun_family = AF_UNIX};
    const long bound =
        hp_sys_call(SYS_bind, fd, (long)&nameless, sizeof nameless.sun_family, 0, 0, 0);
    return bound ? (int)bound : (int)hp_sys_call(SYS_listen, fd, 1, 0, 0, 0, 0);
}

static int connect_to(int listener, int client) {
    struct sockaddr_un name = {0};
    unsigned length = sizeof name;
    const long code = hp_sys_call(SYS_getsockname, listener, (long)&name, (long)&length, 0, 0, 0);
    return code ? (int)code : hp_sys_connect(client, (const struct sockaddr *)&name, length);
}

static int accept_one(int listener, int client) {
    int code = listen_somewhere(listener);
    if (!code) code = connect_to(listener, client);
    return code ? code : hp_sys_accept4(listener, 0, 0, 0);
}

static int make_accept4(int fds[2]) {
    const int listener = hp_sys_socket(AF_UNIX, SOCK_STREAM, 0),
              client = hp_sys_socket(AF_UNIX, SOCK_STREAM, 0);
    const int answer = listener < 0 ? listener : client < 0 ? client : accept_one(listener, client);
    if (listener >= 0) hp_sys_close(listener);
    if (client >= 0) hp_sys_close(client);
    return one(fds, answer);
}

union passed { /* one descriptor as ancillary data, aligned */
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_itself(int through) {
    union passed passed = {.bytes = {0}};
    char byte = 0;
    struct iovec data = {&byte, 1};
    const struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed};
    passed.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof through), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&passed.header), &through, sizeof through);
    const long answer = hp_sys_sendmsg(through, &message, 0);
    return answer < 0 ? (int)answer : 0;
}

static int receive_one(int from) {
    union passed passed = {.bytes = {0}};
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed};
    const long answer = hp_sys_recvmsg(from, &message, MSG_DONTWAIT);
    if (answer < 0) return (int)answer;
    int fd;
    memcpy(&fd, CMSG_DATA(&passed.header), sizeof fd);
    return passed.header.cmsg_len == CMSG_LEN(sizeof fd) ? fd : -ENODATA;
}

static int make_recvmsg(int fds[2]) {
    int pair[2];
    int answer = hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (answer) return answer;
    answer = send_itself(pair[0]);
    if (!answer) answer = receive_one(pair[1]);
    hp_sys_close(pair[0]);
    hp_sys_close(pair[1]);
    return one(fds, answer);
}

const struct creator creators[] = {
    {"openat", true, make_openat},
    {"pipe2", true, make_pipe2},
    {"dup3", true, make_dup3},
    {"F_DUPFD_CLOEXEC", true, make_duplicate},
    {"socket", true, make_socket},
    {"socketpair", true, make_socketpair},
    {"accept4", true, make_accept4},
    {"recvmsg", true, make_recvmsg},
    {"epoll_create1", true, make_epoll},
    {"eventfd2", true, make_eventfd},
    {"timerfd_create", true, make_timerfd},
    {"signalfd4", true, make_signalfd},
    {"inotify_init1", true, make_inotify},
    {"memfd_create", false, make_memfd},
    {"pidfd_open", false, make_pidfd},
    {"io_uring_setup", false, make_uring},
    {"userfaultfd", false, make_userfaultfd},
};

const size_t creator_count = COUNT(creators);
