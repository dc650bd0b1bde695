/* SPDX-License-Identifier: MIT */
/* What makes something that can be waited for, close-on-exec. The waiting itself is wait.c. */
#include "enter.h"
#include "flags.h"

int hp_sys_epoll_create1(int flags) { return (int)ENTER1(epoll_create1, flags | FLAG_CLOEXEC); }

int hp_sys_epoll_create(int size) { return (int)ENTER1(epoll_create, size); }

int hp_sys_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
    return (int)ENTER4(epoll_ctl, epoll, operation, fd, event);
}

int hp_sys_eventfd(unsigned initial, int flags) {
    return (int)ENTER2(eventfd2, initial, flags | FLAG_CLOEXEC);
}

int hp_sys_timerfd_create(int clock, int flags) {
    return (int)ENTER2(timerfd_create, clock, flags | FLAG_CLOEXEC);
}

int hp_sys_signalfd(int fd, const void *mask, size_t bytes, int flags) {
    return (int)ENTER4(signalfd4, fd, mask, bytes, flags | FLAG_CLOEXEC);
}

int hp_sys_inotify_init(int flags) { return (int)ENTER1(inotify_init1, flags | FLAG_CLOEXEC); }

int hp_sys_userfaultfd(int flags) { return (int)ENTER1(userfaultfd, flags | FLAG_CLOEXEC); }

int hp_sys_io_uring_setup(unsigned entries, void *parameters) {
    return (int)ENTER2(io_uring_setup, entries, parameters);
}

int hp_sys_kqueue1(void) { return (int)ENTER1(kqueue1, FLAG_KQUEUE_CLOEXEC); }

int hp_sys_kqueue(void) {
    const int fd = (int)ENTER0(kqueue);
    if (fd < 0) return fd;
    const int answer = hp_sys_fcntl(fd, FLAG_SETFD, FLAG_FD_CLOEXEC);
    if (answer >= 0) return fd;
    hp_sys_close(fd);
    return answer;
}
