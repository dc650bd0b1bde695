/* SPDX-License-Identifier: MIT */
/* Handing out what was found. Before an event is believed its registration is pinned; who removes
 * it bumps the generation and looks for pins after, so one of the two sees the other. */
#include <hardpan/sys.h>

#include "poll.h"

/* ---- One batch, or several ------------------------------------------------------------------- */

/* Refused after it was granted, by a filter that was put up since: once, a time in which any
 * processor has long written what it had to write, and locked stores from then on. */
static void barrier(struct hp_poller *poller) {
    hp_poll_count(&hp_poll_counters.barriers, 1);
    if (hp_sys_membarrier(HP_BARRIER) == 0) return;
    poller->barriers = false;
    __atomic_store_n(&poller->plain, 0, __ATOMIC_SEQ_CST);
    hp_sys_sleep(hp_sys_after(1000000));
}

void hp_batch_agree(struct hp_poller *poller) {
    const bool lone = poller->barriers && poller->batches && !poller->batches->later;
    const uint32_t was = poller->plain, sleep = poller->timed ? 0 : HP_SAID_SLEEP;
    const uint32_t plain = lone ? HP_SAID_DELIVERY | sleep : 0;
    __atomic_store_n(&poller->plain, plain, __ATOMIC_SEQ_CST);
    if (was & ~plain && poller->batches) barrier(poller);
}

/* Whether another batch than `own` delivers it, which was ended before: between the two is a
 * barrier, on this side too. The poller is locked. */
bool hp_batch_delivers(struct hp_poller *poller, hp_token token, const struct hp_batch *own) {
    if (poller->batches == own && (!own || !own->later)) return false;
    if (poller->plain)
        barrier(poller);
    else
        __atomic_fetch_add(&poller->looks, 1, __ATOMIC_SEQ_CST);
    for (const struct hp_batch *batch = poller->batches; batch; batch = batch->later)
        if (batch != own && __atomic_load_n(&batch->pinned, __ATOMIC_SEQ_CST) == token) return true;
    return false;
}

int hp_batch_open(struct hp_batch *batch, struct hp_poller *poller, struct hp_event *room,
                  unsigned capacity) {
    if (capacity < 2 || capacity > INT32_MAX / sizeof *room) return -EINVAL;
    *batch = (struct hp_batch){.poller = poller, .room = room, .capacity = capacity};
    hp_lock(&poller->lock);
    batch->later = poller->batches;
    poller->batches = batch;
    hp_batch_agree(poller);
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
    hp_batch_agree(poller);
    hp_unlock(&poller->lock);
    *batch = (struct hp_batch){.poller = 0};
}

void hp_batch_tell(struct hp_poller *poller) {
    __atomic_fetch_add(&poller->ends, 1, __ATOMIC_SEQ_CST);
    hp_sys_futex_wake(&poller->ends, INT32_MAX);
}

static inline void done(struct hp_batch *batch) {
    hp_batch_say(batch->poller, HP_SAID_DELIVERY, &batch->pinned, 0);
    if (__atomic_load_n(&batch->poller->removers, __ATOMIC_SEQ_CST)) hp_batch_tell(batch->poller);
}

void hp_batch_done(struct hp_batch *batch) { done(batch); }

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

static bool is_live(const struct hp_slot *slot, hp_token token) {
    return __atomic_load_n(&slot->generation, __ATOMIC_SEQ_CST) == hp_token_generation(token);
}

/* What only some kinds need. A timer that was set anew is not due for the old deadline. */
static bool is_still_so(struct hp_poller *poller, struct hp_slot *slot, struct hp_event *event) {
    switch (event->kind) {
    case HP_POLL_TIMER: return __atomic_load_n(&slot->deadline, __ATOMIC_RELAXED) == event->value;
    case HP_POLL_SIGNAL: return !poller->backend->take || take_signal(poller, slot, event);
    case HP_POLL_PROCESS:
        event->value = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
        return is_live(slot, event->token);
    case HP_POLL_WAKE: event->token = 0; return true;
    default: return true;
    }
}

/* All but the way of a descriptor's event that nobody waits for the end of. */
__attribute__((noinline)) static int next_rare(struct hp_batch *batch,
                                               const struct hp_event **event) {
    struct hp_poller *poller = batch->poller;
    struct hp_event *found = &batch->room[batch->next - 1];
    struct hp_slot *slot = &poller->slot[hp_token_slot(found->token)];
    if (__atomic_load_n(&poller->removers, __ATOMIC_SEQ_CST)) hp_batch_tell(poller);
    if (!is_live(slot, found->token)) {
        hp_poll_count(&hp_poll_counters.stale, 1);
        return hp_batch_next(batch, event);
    }
    if (!is_still_so(poller, slot, found)) return hp_batch_next(batch, event);
    *event = found;
    return 1;
}

/* Right after a call, and this comes right after the caller's, each branch that is taken costs as
 * much as all the rest: the usual way has none. */
int hp_batch_next(struct hp_batch *batch, const struct hp_event **event) {
    const unsigned next = batch->next;
    if (__builtin_expect(next >= batch->count, 0)) {
        done(batch);
        return 0;
    }
    struct hp_poller *poller = batch->poller;
    struct hp_event *found = &batch->room[next];
    const hp_token token = found->token;
    const struct hp_slot *slot = &poller->slot[hp_token_slot(token)];
    batch->next = next + 1;
    hp_batch_say(poller, HP_SAID_DELIVERY, &batch->pinned, token);
    const uint32_t removers = __atomic_load_n(&poller->removers, __ATOMIC_SEQ_CST);
    found->data = __atomic_load_n(&slot->data, __ATOMIC_ACQUIRE);
    found->kind = __atomic_load_n(&slot->kind, __ATOMIC_ACQUIRE);
    const uint32_t generation = __atomic_load_n(&slot->generation, __ATOMIC_SEQ_CST);
    const uint32_t other = (generation ^ hp_token_generation(token)) | removers;
    if (__builtin_expect((other | (uint32_t)found->kind) != 0, 0)) return next_rare(batch, event);
    *event = found;
    return 1;
}
