/* SPDX-License-Identifier: MIT */
/* One wait: timers that are due, then the kernel until the first that is not, then what has become
 * due meanwhile. Threads that wait together all sleep to the first timer at most; one that is armed
 * for earlier wakes one of them, and who leaves makes sure that another keeps watch. */
#include "poll.h"

static hp_deadline first_of(const struct hp_poller *poller) {
    return __atomic_load_n(&poller->first, __ATOMIC_SEQ_CST);
}

__attribute__((noinline)) static void collect_due(struct hp_poller *poller, struct hp_batch *batch,
                                                  unsigned most) {
    if (most == 0 || first_of(poller) > hp_sys_now()) return;
    hp_lock(&poller->lock);
    hp_timer_collect(poller, batch, most);
    hp_unlock(&poller->lock);
}

/* Somebody may have counted on this thread to be awake in time. */
__attribute__((noinline)) static void hand_on(struct hp_poller *poller) {
    hp_lock(&poller->lock);
    hp_timer_hurry(poller);
    hp_unlock(&poller->lock);
}

enum { AT_ONCE = 1 };

static hp_deadline sooner(hp_deadline until, hp_deadline first) {
    if (first >= until) return until;
    return first > AT_ONCE ? first : AT_ONCE;
}

/* Said before the timers are looked at again: who arms one looks at this after. It also says that
 * the last delivery has ended. */
static hp_deadline announce(struct hp_poller *poller, struct hp_batch *batch, hp_deadline until) {
    const hp_deadline told = until > HP_NOW ? until : HP_NOW;
    hp_batch_say(poller, HP_SAID_SLEEP, (uint64_t *)&batch->until, (uint64_t)told);
    const hp_deadline sooner_one = sooner(until, first_of(poller));
    if (__builtin_expect(__atomic_load_n(&poller->removers, __ATOMIC_SEQ_CST) != 0, 0))
        hp_batch_tell(poller);
    return __builtin_expect(sooner_one < until, 0) ? announce(poller, batch, sooner_one) : until;
}

/* Timers that are due come first, in half of the room at most, so that neither they nor descriptors
 * wait for ever. */
static hp_deadline collect_first(struct hp_poller *poller, struct hp_batch *batch,
                                 hp_deadline deadline) {
    collect_due(poller, batch, batch->capacity / 2);
    return batch->count ? HP_NOW : sooner(deadline, first_of(poller));
}

static int look(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    batch->count = batch->next = 0;
    if (__builtin_expect(first_of(poller) != HP_FOREVER, 0))
        deadline = collect_first(poller, batch, deadline);
    const hp_deadline until = announce(poller, batch, deadline);
    const int answer = poller->backend->wait(poller, batch, until);
    hp_batch_say(poller, HP_SAID_DELIVERY, (uint64_t *)&batch->until, 0);
    if (__builtin_expect(first_of(poller) != HP_FOREVER, 0)) {
        if (__atomic_load_n(&poller->oversleepers, __ATOMIC_SEQ_CST)) hand_on(poller);
        collect_due(poller, batch, batch->capacity - batch->count);
    }
    return __builtin_expect(batch->count != 0, 1) ? (int)batch->count : answer;
}

static bool is_over(hp_deadline deadline) {
    return deadline <= HP_NOW || (deadline != HP_FOREVER && deadline <= hp_sys_now());
}

/* A look that ends early was for a timer of which another thread has taken care, for one that was
 * set to earlier, or for a set that changed. */
int hp_batch_wait(struct hp_batch *batch, hp_deadline deadline) {
    struct hp_poller *poller = batch->poller;
    int found;
    __atomic_store_n(&batch->pinned, 0, __ATOMIC_RELEASE);
    do found = look(poller, batch, deadline);
    while (__builtin_expect(found == 0, 0) && !is_over(deadline));
    return found;
}
