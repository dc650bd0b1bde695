/* SPDX-License-Identifier: MIT */
/* One wait: timers that are due, then the kernel until the first that is not, then what has become
 * due meanwhile. Threads that wait together all sleep to the first timer at most; one that is armed
 * for earlier wakes one of them, and who leaves makes sure that another keeps watch. */
#include "poll.h"

static hp_deadline first_of(const struct hp_poller *poller) {
    return __atomic_load_n(&poller->first, __ATOMIC_SEQ_CST);
}

static void collect_due(struct hp_poller *poller, struct hp_batch *batch, unsigned most) {
    const hp_deadline first = first_of(poller);
    if (first == HP_FOREVER || first > hp_sys_now() || most == 0) return;
    hp_lock(&poller->lock);
    hp_timer_collect(poller, batch, most);
    hp_unlock(&poller->lock);
}

/* Said before the timers are looked at again: who arms one looks at this after. */
static hp_deadline announce(struct hp_poller *poller, struct hp_batch *batch, hp_deadline until) {
    enum { AT_ONCE = 1 };
    hp_deadline first = HP_FOREVER;
    do {
        if (first < until) until = first > AT_ONCE ? first : AT_ONCE;
        __atomic_store_n(&batch->until, until, __ATOMIC_SEQ_CST);
        first = first_of(poller);
    } while (first < until && until > AT_ONCE);
    return until;
}

static int sleep_until(struct hp_poller *poller, struct hp_batch *batch, hp_deadline until) {
    if (until > HP_NOW) until = announce(poller, batch, until);
    const int answer = poller->backend->wait(poller, batch, until);
    if (until <= HP_NOW) return answer;
    __atomic_store_n(&batch->until, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&poller->oversleepers, __ATOMIC_SEQ_CST)) {
        hp_lock(&poller->lock);
        hp_timer_hurry(poller);
        hp_unlock(&poller->lock);
    }
    return answer;
}

/* Half of the room at most is for timers at first, so that neither they nor descriptors wait for
 * ever. */
static int look(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    batch->count = batch->next = 0;
    collect_due(poller, batch, batch->capacity / 2);
    const int answer = sleep_until(poller, batch, batch->count ? HP_NOW : deadline);
    collect_due(poller, batch, batch->capacity - batch->count);
    return batch->count ? (int)batch->count : answer;
}

static bool is_over(hp_deadline deadline) {
    return deadline <= HP_NOW || (deadline != HP_FOREVER && deadline <= hp_sys_now());
}

/* A look that ends early was for a timer of which another thread has taken care, for one that was
 * set to earlier, or for a set that changed. */
int hp_batch_wait(struct hp_batch *batch, hp_deadline deadline) {
    struct hp_poller *poller = batch->poller;
    int found;
    hp_batch_done(batch);
    if (!poller->backend) return -EBADF;
    do found = look(poller, batch, deadline);
    while (found == 0 && !is_over(deadline));
    return found;
}
