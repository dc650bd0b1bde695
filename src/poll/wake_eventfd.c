/* SPDX-License-Identifier: MIT */
/* The eventfd waker. Where the back end has edges it is never read: each write is a change, and at
 * one write a nanosecond the counter is full after 584 years. */
#include <hardpan/sys.h>
#include <sys/eventfd.h>

#include "source.h"

static int open_eventfd(struct hp_poller *poller) {
    if (!hp_poll_has(HP_POLL_HAS_EVENTFD)) return -ENOSYS;
    const int fd = hp_sys_eventfd(0, EFD_NONBLOCK);
    if (hp_poll_is_refusal(fd)) hp_poll_lack(HP_POLL_HAS_EVENTFD);
    if (fd < 0) return fd;
    poller->bell[0] = poller->waker_slot.fd = fd;
    hp_poll_count(&hp_poll_counters.wakers_eventfd, 1);
    return 0;
}

static void close_eventfd(struct hp_poller *poller) { hp_sys_close(poller->bell[0]); }

static int ring(struct hp_poller *poller) {
    const uint64_t one = 1;
    const long answer = hp_sys_write(poller->bell[0], &one, sizeof one);
    return answer < 0 ? (int)answer : 0;
}

static void quiet(struct hp_poller *poller) {
    uint64_t count;
    if (poller->waker_slot.interest & HP_POLL_EDGE) return;
    hp_sys_read(poller->bell[0], &count, sizeof count);
}

const struct hp_poll_waker hp_poll_eventfd = {
    .name = "eventfd",
    .open = open_eventfd,
    .close = close_eventfd,
    .ring = ring,
    .quiet = quiet,
};
