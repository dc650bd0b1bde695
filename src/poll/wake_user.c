/* SPDX-License-Identifier: MIT */
/* The EVFILT_USER waker: an event of the kqueue's own, without a descriptor. Finding it clears it.
 * What does not know the filter says EINVAL, and gets a pipe. */
#include <hardpan/sys.h>

#include "kqueue.h"

enum { IDENT = 0 };

static int open_user(struct hp_poller *poller) {
    if (!hp_poll_has(HP_POLL_HAS_USER)) return -ENOSYS;
    const struct hp_kevent change =
        hp_kevent(IDENT, KEV_USER, KEV_ADD | KEV_CLEAR, 0, HP_POLL_WAKER);
    const int answer = hp_kqueue_change(poller, &change, 1);
    if (hp_poll_is_refusal(answer)) hp_poll_lack(HP_POLL_HAS_USER);
    if (answer < 0) return answer;
    poller->waker_slot.fd = -1;
    hp_poll_count(&hp_poll_counters.wakers_user, 1);
    return 0;
}

/* It goes with the kqueue. */
static void close_user(struct hp_poller *poller) { (void)poller; }

static int ring(struct hp_poller *poller) {
    const struct hp_kevent change = hp_kevent(IDENT, KEV_USER, 0, KEV_NOTE_TRIGGER, HP_POLL_WAKER);
    return hp_kqueue_change(poller, &change, 1);
}

static void quiet(struct hp_poller *poller) { (void)poller; }

const struct hp_poll_waker hp_poll_user = {
    .name = "user",
    .open = open_user,
    .close = close_user,
    .ring = ring,
    .quiet = quiet,
};
