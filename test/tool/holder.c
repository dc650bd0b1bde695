/* SPDX-License-Identifier: MIT */
/* holder: opens one of each kind, says which number is what, a line each, and stays until its
 * standard input ends. Three of what its poller watches are closed, and kept alive: by a child, by
 * a copy whose number is not the one that was registered, and by a copy while another of the same
 * kind took the number. */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAR = 200 }; /* a number that nothing takes again */

static int say(const char *what, int fd) {
    if (fd < 0) {
        perror(what);
        exit(1);
    }
    printf("%s %d\n", what, fd);
    return fd;
}

static void open_plain(void) {
    struct io_uring_params parameters = {0};
    struct itimerspec never = {{5, 0}, {4000, 0}};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    say("file", open("/proc/version", O_RDONLY));
    say("append", open("/dev/null", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC));
    say("directory", open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    say("path", open("/", O_PATH | O_CLOEXEC));
    say("eventfd", eventfd(42, EFD_CLOEXEC));
    timerfd_settime(say("timerfd", timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC)), 0, &never, 0);
    say("signalfd", signalfd(-1, &set, 0));
    inotify_add_watch(say("inotify", inotify_init1(IN_CLOEXEC)), "/", IN_CREATE);
    say("memfd", memfd_create("a memory", MFD_CLOEXEC));
    say("pidfd", (int)syscall(SYS_pidfd_open, getpid(), 0));
    const int ring = (int)syscall(SYS_io_uring_setup, 8, &parameters);
    if (ring >= 0) say("ring", ring);
}

static void open_fifo(const char *path) {
    char name[256];
    snprintf(name, sizeof name, "%s.fifo", path);
    if (mkfifo(name, 0600)) exit(1);
    say("fifo", open(name, O_RDWR | O_CLOEXEC));
}

static void open_sockets(const char *path) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof here;
    const int listener = say("tcp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
              client = say("client", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
              local = say("unix", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    say("unbound", socket(AF_INET, SOCK_STREAM, 0));
    strncpy(name.sun_path, path, sizeof name.sun_path - 1);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&here, &length) ||
        connect(client, (struct sockaddr *)&here, sizeof here) ||
        bind(local, (struct sockaddr *)&name, sizeof name) || listen(local, 1))
        exit(1);
    printf("port %d\n", ntohs(here.sin_port));
}

static void watch(int epoll, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) exit(1);
}

/* A child that has nothing but one end of a pipe. */
static int child_with(int fd) {
    const pid_t child = fork();
    if (child) return child;
    close_range(3, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0u, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
}

static pid_t open_watched(void) {
    int pipes[2];
    const int epoll = say("epoll", epoll_create1(EPOLL_CLOEXEC));
    watch(epoll, say("alive", eventfd(0, EFD_CLOEXEC)), EPOLLIN | EPOLLET, 0xa11fe);

    const int swapped = say("swapped", eventfd(1, EFD_CLOEXEC));
    watch(epoll, swapped, EPOLLIN | EPOLLONESHOT, 0x5a44);
    say("copy", fcntl(swapped, F_DUPFD_CLOEXEC, 0));
    const int other = eventfd(2, EFD_CLOEXEC);
    dup3(other, swapped, O_CLOEXEC);
    close(other);
    watch(epoll, swapped, EPOLLOUT, 0x5a45);

    if (pipe2(pipes, O_CLOEXEC)) exit(1);
    const int gone = say("gone", fcntl(pipes[0], F_DUPFD_CLOEXEC, FAR));
    watch(epoll, gone, EPOLLIN | EPOLLRDHUP, UINT64_MAX);
    close(pipes[0]);
    const pid_t child = child_with(gone);
    say("child", child);
    close(gone);
    say("writer", pipes[1]);
    say("second", fcntl(pipes[1], F_DUPFD_CLOEXEC, 0));
    return child;
}

int main(int argc, char **argv) {
    char byte;
    if (argc < 2) return 2;
    setvbuf(stdout, 0, _IOLBF, 0);
    const pid_t child = open_watched();
    open_plain();
    open_fifo(argv[1]);
    open_sockets(argv[1]);
    puts("ready");
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    kill(child, SIGKILL);
    return waitpid(child, 0, 0) != child;
}
