/* SPDX-License-Identifier: MIT */
/* What Linux watches through a descriptor, for the back ends that know descriptors only. */
#ifndef HP_POLL_SOURCE_H
#define HP_POLL_SOURCE_H

#include "poll.h"

extern const struct hp_poll_backend hp_poll_epoll, hp_poll_poll;
extern const struct hp_poll_waker hp_poll_eventfd, hp_poll_pipe;

int hp_source_open(int kind, int number);
int hp_source_take(const struct hp_slot *slot, int64_t *value);

#endif
