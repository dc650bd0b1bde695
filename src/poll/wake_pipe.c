/* SPDX-License-Identifier: MIT */
/* The pipe waker, for where there is no eventfd. Rings are coalesced before they come here, so it
 * holds a few bytes at most; it is read all the same, for it would be full one day. */
#include <fcntl.h>
#include <hardpan/sys.h>

#include "source.h"

static int open_pipe(struct hp_poller *poller) {
    const int answer = hp_sys_pipe2(poller->bell, O_NONBLOCK);
    if (answer < 0) return answer;
    poller->waker_slot.fd = poller->bell[0];
    hp_poll_count(&hp_poll_counters.wakers_pipe, 1);
    return 0;
}

static void close_pipe(struct hp_poller *poller) {
    hp_sys_close(poller->bell[0]);
    hp_sys_close(poller->bell[1]);
}

static int ring(struct hp_poller *poller) {
    const long answer = hp_sys_write(poller->bell[1], "", 1);
    return answer < 0 ? (int)answer : 0;
}

static void quiet(struct hp_poller *poller) {
    char bytes[64];
    hp_sys_read(poller->bell[0], bytes, sizeof bytes);
}

const struct hp_poll_waker hp_poll_pipe = {
    .name = "pipe",
    .open = open_pipe,
    .close = close_pipe,
    .ring = ring,
    .quiet = quiet,
};
