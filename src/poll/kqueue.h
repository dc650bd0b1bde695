/* SPDX-License-Identifier: MIT */
/* What the BSDs and macOS have in place of epoll and eventfd. */
#ifndef HP_POLL_KQUEUE_H
#define HP_POLL_KQUEUE_H

#include "kevent.h"
#include "poll.h"

extern const struct hp_poll_backend hp_poll_kqueue;
extern const struct hp_poll_waker hp_poll_user, hp_poll_pipe;

/* Changes only, and nothing is fetched: 0 or the error of the first change that was refused; those
 * before it are made. Never made twice: after a signal it is entered again without them. */
int hp_kqueue_change(const struct hp_poller *poller, const struct hp_kevent *changes, int count);

HP_INLINE struct hp_kevent hp_kevent(uintptr_t ident, int filter, unsigned flags, unsigned fflags,
                                     hp_token token) {
    const struct hp_kevent change = {.ident = ident,
                                     .filter = (hp_kevent_filter)filter,
                                     .flags = (hp_kevent_flags)flags,
                                     .fflags = fflags,
                                     .udata = token};
    return change;
}

#endif
