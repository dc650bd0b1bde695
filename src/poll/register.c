/* SPDX-License-Identifier: MIT */
/* Registrations come, change and go. The lock is held over the kernel's own change too: it could
 * otherwise hit a descriptor's number that is another's by then. */
#include "poll.h"

enum {
    READY = HP_POLL_READABLE | HP_POLL_PRIORITY | HP_POLL_WRITABLE | HP_POLL_READ_CLOSED,
    MODES = HP_POLL_EDGE | HP_POLL_ONESHOT | HP_POLL_EXCLUSIVE,
    NOT_EXCLUSIVE = HP_POLL_ONESHOT | HP_POLL_PRIORITY | HP_POLL_READ_CLOSED
};

/* What Linux refuses for an exclusive watch is refused on every back end alike. */
static int check(const struct hp_poller *poller, unsigned interest) {
    if (!hp_poller_is_open(poller)) return -EBADF;
    if (interest & ~(unsigned)(READY | MODES)) return -EINVAL;
    if (interest & HP_POLL_EXCLUSIVE && interest & NOT_EXCLUSIVE) return -EINVAL;
    return interest & HP_POLL_EDGE & ~poller->backend->modes ? -EOPNOTSUPP : 0;
}

struct wish {
    int kind, fd, number;
    unsigned interest;
    void *data;
};

static int enter(struct hp_poller *poller, const struct wish *wish, hp_token *token) {
    struct hp_slot *slot;
    int answer = hp_slot_take(poller, wish->kind, wish->data, &slot);
    if (answer < 0) return answer;
    slot->fd = wish->fd;
    slot->interest = wish->interest;
    __atomic_store_n(&slot->number, wish->number, __ATOMIC_RELEASE);
    hp_slot_turn(slot);
    *token = hp_slot_token(poller, slot);
    answer = poller->backend->add(poller, slot, *token);
    if (answer >= 0) return 0;
    hp_slot_turn(slot);
    hp_slot_free(poller, slot);
    return answer;
}

static int enter_locked(struct hp_poller *poller, const struct wish *wish, hp_token *token) {
    hp_token made = 0;
    hp_lock(&poller->lock);
    const int answer = enter(poller, wish, &made);
    hp_unlock(&poller->lock);
    if (answer == 0) *token = made;
    return answer;
}

int hp_poller_add(struct hp_poller *poller, int fd, unsigned interest, void *data,
                  hp_token *token) {
    const struct wish wish = {HP_POLL_DESCRIPTOR, fd, 0, interest, data};
    const int answer = check(poller, interest);
    return answer < 0 ? answer : enter_locked(poller, &wish, token);
}

static int enter_source(struct hp_poller *poller, struct wish *wish, hp_token *token) {
    if (!hp_poller_is_open(poller)) return -EBADF;
    if (poller->backend->source) {
        wish->fd = poller->backend->source(wish->kind, wish->number);
        if (wish->fd < 0) return wish->fd;
    }
    const int answer = enter_locked(poller, wish, token);
    if (answer < 0 && wish->fd >= 0) hp_sys_close(wish->fd);
    return answer;
}

int hp_poller_add_process(struct hp_poller *poller, int pid, void *data, hp_token *token) {
    struct wish wish = {HP_POLL_PROCESS, -1, pid, HP_POLL_READABLE | HP_POLL_ONESHOT, data};
    return enter_source(poller, &wish, token);
}

int hp_poller_add_signal(struct hp_poller *poller, int signal, void *data, hp_token *token) {
    struct wish wish = {HP_POLL_SIGNAL, -1, signal, HP_POLL_READABLE, data};
    return enter_source(poller, &wish, token);
}

static int modify(struct hp_poller *poller, hp_token token, unsigned interest) {
    struct hp_slot *slot = hp_slot_find(poller, token);
    if (!slot) return -ESTALE;
    if (slot->kind != HP_POLL_DESCRIPTOR || (slot->interest | interest) & HP_POLL_EXCLUSIVE)
        return -EINVAL;
    const int answer = poller->backend->modify(poller, slot, token, interest);
    if (answer >= 0) slot->interest = interest;
    return answer;
}

int hp_poller_modify(struct hp_poller *poller, hp_token token, unsigned interest) {
    int answer = check(poller, interest);
    if (answer < 0) return answer;
    hp_lock(&poller->lock);
    answer = modify(poller, token, interest);
    hp_unlock(&poller->lock);
    return answer;
}

/* ---- Removal --------------------------------------------------------------------------------- */

/* What the poller made for it is closed under the lock, where hp_batch_next reads it. */
static int leave(struct hp_poller *poller, struct hp_slot *slot) {
    if (slot->kind == HP_POLL_TIMER) {
        hp_timer_cancel(poller, slot);
        return 0;
    }
    const int answer = hp_poller_is_open(poller) ? poller->backend->remove(poller, slot) : 0;
    if (slot->kind != HP_POLL_DESCRIPTOR && slot->fd >= 0) hp_sys_close(slot->fd);
    return answer;
}

/* The generation first: who has found an event of it and not begun to deliver, will not. */
static int end(struct hp_poller *poller, hp_token token, const struct hp_batch *own, bool *busy) {
    struct hp_slot *slot = hp_slot_find(poller, token);
    if (!slot) return -ESTALE;
    hp_slot_turn(slot);
    const int answer = leave(poller, slot);
    hp_slot_free(poller, slot);
    *busy = hp_batch_delivers(poller, token, own);
    return answer;
}

/* Who ends a delivery looks at `removers` after; who counts there looks at deliveries after: one of
 * them sees the other. */
static int await(struct hp_poller *poller, hp_token token, const struct hp_batch *own,
                 hp_deadline deadline) {
    bool busy = true;
    __atomic_fetch_add(&poller->removers, 1, __ATOMIC_SEQ_CST);
    for (int slept = 0; slept != -ETIMEDOUT;) {
        const uint32_t ends = __atomic_load_n(&poller->ends, __ATOMIC_SEQ_CST);
        hp_lock(&poller->lock);
        busy = hp_batch_delivers(poller, token, own);
        hp_unlock(&poller->lock);
        if (!busy) break;
        slept = hp_sys_futex_wait(&poller->ends, ends, deadline);
    }
    __atomic_fetch_sub(&poller->removers, 1, __ATOMIC_SEQ_CST);
    hp_poll_count(&hp_poll_counters.awaited, 1);
    return busy ? HP_POLL_DELIVERING : 0;
}

int hp_poller_settle(struct hp_poller *poller, hp_token token, const struct hp_batch *own,
                     hp_deadline deadline) {
    hp_lock(&poller->lock);
    const bool busy = hp_batch_delivers(poller, token, own);
    hp_unlock(&poller->lock);
    if (!busy) return 0;
    return deadline > HP_NOW ? await(poller, token, own, deadline) : HP_POLL_DELIVERING;
}

int hp_poller_remove(struct hp_poller *poller, hp_token token, const struct hp_batch *own,
                     hp_deadline deadline) {
    bool busy = false;
    hp_lock(&poller->lock);
    const int answer = end(poller, token, own, &busy);
    hp_unlock(&poller->lock);
    if (!busy) return answer;
    const int settled =
        deadline > HP_NOW ? await(poller, token, own, deadline) : HP_POLL_DELIVERING;
    return settled ? settled : answer;
}
