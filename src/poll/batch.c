/* SPDX-License-Identifier: MIT */
/* Handing out what was found. Before an event is believed its registration is pinned; who removes
 * it bumps the generation and looks for pins after, so one of the two sees the other. */
#include "poll.h"

int hp_batch_open(struct hp_batch *batch, struct hp_poller *poller, struct hp_event *room,
                  unsigned capacity) {
    if (capacity < 2 || capacity > INT32_MAX / sizeof *room) return -EINVAL;
    *batch = (struct hp_batch){.poller = poller, .room = room, .capacity = capacity};
    hp_lock(&poller->lock);
    batch->later = poller->batches;
    poller->batches = batch;
    hp_unlock(&poller->lock);
    return 0;
}

void hp_batch_close(struct hp_batch *batch) {
    struct hp_poller *poller = batch->poller;
    hp_batch_done(batch);
    hp_lock(&poller->lock);
    struct hp_batch **link = &poller->batches;
    while (*link && *link != batch) link = &(*link)->later;
    if (*link) *link = batch->later;
    hp_unlock(&poller->lock);
    *batch = (struct hp_batch){.poller = 0};
}

static void tell_removers(struct hp_poller *poller) {
    __atomic_fetch_add(&poller->ends, 1, __ATOMIC_SEQ_CST);
    hp_sys_futex_wake(&poller->ends, INT32_MAX);
}

/* Ends one delivery and begins another; 0 begins none. */
static void pin(struct hp_batch *batch, hp_token token) {
    const hp_token before = batch->pinned;
    if (before == token) return;
    __atomic_store_n(&batch->pinned, token, __ATOMIC_SEQ_CST);
    struct hp_poller *poller = batch->poller;
    if (before && __atomic_load_n(&poller->removers, __ATOMIC_SEQ_CST)) tell_removers(poller);
}

void hp_batch_done(struct hp_batch *batch) { pin(batch, 0); }

/* Closed with the registration, and its number another's: looked at under the lock. */
static bool take_signal(struct hp_poller *poller, const struct hp_slot *slot,
                        struct hp_event *event) {
    int got = 0;
    hp_lock(&poller->lock);
    if (slot->generation == hp_token_generation(event->token))
        got = poller->backend->take(slot, &event->value);
    hp_unlock(&poller->lock);
    return got > 0;
}

/* What only some kinds need. A timer that was set anew is not due for the old deadline. */
static bool is_still_so(struct hp_poller *poller, struct hp_slot *slot, struct hp_event *event) {
    switch (event->kind) {
    case HP_POLL_TIMER: return __atomic_load_n(&slot->deadline, __ATOMIC_RELAXED) == event->value;
    case HP_POLL_SIGNAL: return !poller->backend->take || take_signal(poller, slot, event);
    default: return true;
    }
}

static bool deliver(struct hp_batch *batch, struct hp_event *event) {
    struct hp_poller *poller = batch->poller;
    if (!event->token) { /* a wake */
        pin(batch, 0);
        return true;
    }
    struct hp_slot *slot = &poller->slot[hp_token_slot(event->token)];
    pin(batch, event->token);
    event->data = __atomic_load_n(&slot->data, __ATOMIC_ACQUIRE);
    event->kind = __atomic_load_n(&slot->kind, __ATOMIC_ACQUIRE);
    const int number = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&slot->generation, __ATOMIC_SEQ_CST) != hp_token_generation(event->token)) {
        hp_poll_count(&hp_poll_counters.stale, 1);
        return false;
    }
    if (event->kind == HP_POLL_PROCESS) event->value = number;
    return event->kind == HP_POLL_DESCRIPTOR || is_still_so(poller, slot, event);
}

int hp_batch_next(struct hp_batch *batch, const struct hp_event **event) {
    while (batch->next < batch->count) {
        struct hp_event *found = &batch->room[batch->next++];
        if (!deliver(batch, found)) continue;
        *event = found;
        return 1;
    }
    pin(batch, 0);
    return 0;
}
