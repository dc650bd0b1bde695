/* SPDX-License-Identifier: MIT */
/* What Linux has: the order of the ladder, and the descriptors that stand for processes and
 * signals. */
#include <hardpan/sys.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "source.h"

const struct hp_poll_backend *const hp_poll_backends[] = {&hp_poll_epoll, &hp_poll_poll, 0};
const struct hp_poll_waker *const hp_poll_wakers[] = {&hp_poll_eventfd, &hp_poll_pipe, 0};

/* The kernel's own set, of which SIGKILL and SIGSTOP are left out without a word. */
static int open_signal(int number) {
    if (number < 1 || number > 64 || number == SIGKILL || number == SIGSTOP) return -EINVAL;
    const uint64_t mask = (uint64_t)1 << (number - 1);
    return hp_sys_signalfd(-1, &mask, sizeof mask, SFD_NONBLOCK);
}

/* EINVAL is also what pidfd_open says of a process that is being reaped, and of a thread's number.
 */
static int open_process(int number) {
    if (number < 1) return -ESRCH;
    const int fd = hp_sys_pidfd_open(number, 0);
    return fd == -EINVAL ? -ESRCH : fd;
}

int hp_source_open(int kind, int number) {
    return kind == HP_POLL_SIGNAL ? open_signal(number) : open_process(number);
}

int hp_source_take(const struct hp_slot *slot, int64_t *value) {
    struct signalfd_siginfo info;
    if (hp_sys_read(slot->fd, &info, sizeof info) != sizeof info) return 0;
    *value = info.ssi_signo;
    return 1;
}
