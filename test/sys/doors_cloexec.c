/* SPDX-License-Identifier: MIT */
/* Every function that makes a descriptor makes it close-on-exec without being asked; the one that
 * does not says so in its name. */
#include "hp_test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int by_openat(void) { return hp_sys_openat(AT_FDCWD, "/", O_RDONLY, 0); }
static int by_memfd(void) { return hp_sys_memfd_create("cloexec", 0); }
static int by_epoll(void) { return hp_sys_epoll_create1(0); }
static int by_eventfd(void) { return hp_sys_eventfd(0, 0); }
static int by_timerfd(void) { return hp_sys_timerfd_create(CLOCK_MONOTONIC, 0); }
static int by_inotify(void) { return hp_sys_inotify_init(0); }
static int by_userfaultfd(void) { return hp_sys_userfaultfd(0); }
static int by_socket(void) { return hp_sys_socket(AF_UNIX, SOCK_STREAM, 0); }
static int by_pidfd(void) { return hp_sys_pidfd_open(getpid(), 0); }

static int by_signalfd(void) {
    uint64_t none = 0;
    return hp_sys_signalfd(-1, &none, sizeof none, 0);
}

static int by_uring(void) {
    uint32_t parameters[30] = {0};
    return hp_sys_io_uring_setup(1, parameters);
}

static int by_dup3(void) {
    const int spare = hp_sys_dup_leaky(0);
    return hp_sys_dup3(0, spare);
}

static int one_of(int answer, const int pair[2]) {
    if (answer < 0) return answer;
    hp_sys_close(pair[0]);
    return pair[1];
}

static int by_pipe2(void) {
    int pair[2];
    return one_of(hp_sys_pipe2(pair, 0), pair);
}

static int by_socketpair(void) {
    int pair[2];
    return one_of(hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), pair);
}

/* A socket with a name that the kernel chooses, connected to itself by another. */
static int by_accept4(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof name.sun_family;
    const int listener = by_socket(), caller = by_socket();
    bind(listener, (struct sockaddr *)&name, length);
    listen(listener, 1);
    length = sizeof name;
    getsockname(listener, (struct sockaddr *)&name, &length);
    assert_int_equal(hp_sys_connect(caller, (struct sockaddr *)&name, length), 0);
    const int made = hp_sys_accept4(listener, 0, 0, 0);
    hp_sys_close(listener);
    hp_sys_close(caller);
    return made;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_with(union control *control, struct iovec *part) {
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof *control;
    return message;
}

static int by_recvmsg(void) {
    int pair[2], made = 0;
    char byte = 'd';
    union control control;
    struct iovec part = {&byte, 1};
    struct msghdr message = message_with(&control, &part);
    memset(&control, 0, sizeof control);
    control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof made), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &made, sizeof made);
    assert_int_equal(hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(hp_sys_sendmsg(pair[0], &message, 0), 1);
    message = message_with(&control, &part);
    assert_int_equal(hp_sys_recvmsg(pair[1], &message, 0), 1);
    memcpy(&made, CMSG_DATA(&control.header), sizeof made);
    hp_sys_close(pair[0]);
    hp_sys_close(pair[1]);
    return made;
}

static int by_fork(void) {
    int pidfd = -1;
    const int child = hp_sys_fork(CLONE_PIDFD | SIGCHLD, &pidfd);
    if (child == 0) hp_sys_exit(0);
    hp_sys_wait4(child, 0, 0, 0);
    return pidfd;
}

/* may_lack: kernels built without it, or a sandbox, answer so; then nothing was made. */
static const struct creator {
    const char *name;
    int (*make)(void);
    bool may_lack;
} creators[] = {
    {"openat", by_openat, false},
    {"pipe2", by_pipe2, false},
    {"memfd_create", by_memfd, false},
    {"epoll_create1", by_epoll, false},
    {"eventfd", by_eventfd, false},
    {"timerfd_create", by_timerfd, false},
    {"signalfd", by_signalfd, false},
    {"inotify_init", by_inotify, false},
    {"userfaultfd", by_userfaultfd, true},
    {"io_uring_setup", by_uring, true},
    {"socket", by_socket, false},
    {"socketpair", by_socketpair, false},
    {"accept4", by_accept4, false},
    {"dup3", by_dup3, false},
    {"recvmsg", by_recvmsg, false},
    {"pidfd_open", by_pidfd, false},
    {"fork with CLONE_PIDFD", by_fork, false},
};

static void check(const struct creator *creator) {
    errno = 12345;
    const int fd = creator->make();
    if (fd < 0) {
        if (!creator->may_lack) fail_msg("%s: %s", creator->name, hp_error_name(fd));
        printf("%s: %s here\n", creator->name, hp_error_name(fd));
        return;
    }
    if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC)) fail_msg("%s leaks over exec", creator->name);
    assert_int_equal(errno, 12345);
    assert_int_equal(hp_sys_close(fd), 0);
}

static void every_creator_closes_on_exec(void **state) {
    (void)state;
    for (size_t i = 0; i < HP_COUNT(creators); i++) check(&creators[i]);
}

static void the_leaky_one_is_named_so(void **state) {
    (void)state;
    const int fd = hp_sys_dup_leaky(0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    assert_int_equal(hp_sys_close(fd), 0);
}

/* The BSD half, played by doubles: made, marked, and given back if it cannot be marked. */
static long kqueue_double(const long a[6]) {
    (void)a;
    return dup(0);
}

static void kqueue_is_marked_or_closed(void **state) {
    (void)state;
    open_reset();
    open_replace(HP_CALL_kqueue, kqueue_double);
    const int fd = hp_sys_kqueue();
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(hp_sys_close(fd), 0);
    open_fail(HP_CALL_fcntl, 1, EINVAL, false);
    assert_int_equal(hp_sys_kqueue(), -EINVAL);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    open_reset();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_creator_closes_on_exec),
        cmocka_unit_test(the_leaky_one_is_named_so),
        cmocka_unit_test(kqueue_is_marked_or_closed),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
