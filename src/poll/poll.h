/* SPDX-License-Identifier: MIT */
/* What the files of this room share: a poller, its slots, and the two contracts, one for what finds
 * events and one for what interrupts the search. */
#ifndef HP_POLL_POLL_H
#define HP_POLL_POLL_H

#include <errno.h>
#include <hardpan/arena.h>
#include <hardpan/poll.h>

#include "base.h"
#include "lock.h"

/* The generation is odd while the slot is registered. Written under the poller's lock; who delivers
 * reads data and kind first and the generation after, and believes them only if it is the token's.
 */
struct hp_slot {
    uint32_t generation;
    uint32_t link; /* free: the next free slot; a timer: its place in the heap, or HP_POLL_NONE;
                      else the back end's */
    void *data;
    union {
        hp_deadline deadline __attribute__((aligned(8))); /* a timer's */
        struct {
            int fd;            /* what is watched; the poller's own of a process or signal */
            unsigned interest; /* as hp_poller_add was given it, and HP_POLL_SPENT */
        };
    };
    int kind;   /* enum hp_poll_kind */
    int number; /* of a process or signal */
};

#define HP_POLL_NONE UINT32_MAX

/* Slot 0 is nobody's: what the event of a wake points to, so that handing it out needs no case. */
#define HP_POLL_WOKEN ((hp_token)1 << 32)

/* The token of the waker, which is no slot's: generation 0. */
#define HP_POLL_WAKER ((hp_token)HP_POLL_NONE)

/* Of a back end that must remember it by itself: a ONESHOT has been found. */
enum { HP_POLL_SPENT = 1 << 29 };

/* What a wake is for. Internal ones make a thread look at the timers, or at a changed set. */
enum { HP_WAKE_USER = 1, HP_WAKE_INTERNAL = 2 };

/* ---- The contract of a back end --------------------------------------------------------------
 *
 * open    makes what it stands on, close-on-exec, in poller->fd or poller->set; counts it. ENOSYS,
 *         EPERM, EINVAL, E2BIG have the next back end tried; another error is the caller's. Also
 *         called after close, in a forked child.
 * close   undoes that. Nothing else: in a forked child the kernel's side may still be the parent's.
 * source  makes the descriptor that stands for a process or signal (kind, number); NULL: add takes
 *         slots of those kinds as they are, with fd -1.
 * take    of a signal that was found: 1 and *value, or 0 if another thread has it. NULL: it was
 *         taken when it was found. The poller is locked.
 * add     arms slot->kind, fd or number, interest, so that what is found carries the token. Also
 *         the waker's slot, with HP_POLL_WAKER. modify: slot->interest is still the old one.
 *         remove: nothing that was armed stays. All three: the poller is locked, other threads may
 *         be in wait.
 * wait    puts what it finds into the batch (hp_batch_put, which takes the waker's away), as many
 *         as there is room for, until the deadline. 0 or -errno; 0 also for nothing. The poller is
 *         not locked. Called by many threads.
 */
struct hp_poll_backend {
    const char *name;
    unsigned modes; /* those of enum hp_poll_mode that it has */
    int (*open)(struct hp_poller *poller);
    void (*close)(struct hp_poller *poller);
    int (*source)(int kind, int number);
    int (*take)(const struct hp_slot *slot, int64_t *value);
    int (*add)(struct hp_poller *poller, struct hp_slot *slot, hp_token token);
    int (*modify)(struct hp_poller *poller, struct hp_slot *slot, hp_token token,
                  unsigned interest);
    int (*remove)(struct hp_poller *poller, struct hp_slot *slot);
    int (*wait)(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline);
};

/* ---- The contract of a waker -----------------------------------------------------------------
 *
 * open    makes its descriptors, close-on-exec and non-blocking, in poller->bell; the one to be
 *         watched is poller->waker_slot.fd, -1 if the back end needs none. Refusals as above.
 * ring    from then on wait finds HP_POLL_WAKER, until quiet. Async-signal-safe.
 * quiet   wait does not find it again before the next ring. Called when it was found. */
struct hp_poll_waker {
    const char *name;
    int (*open)(struct hp_poller *poller);
    void (*close)(struct hp_poller *poller);
    int (*ring)(struct hp_poller *poller);
    void (*quiet)(struct hp_poller *poller);
};

/* Those of this system, best first, ended by NULL. */
extern const struct hp_poll_backend *const hp_poll_backends[];
extern const struct hp_poll_waker *const hp_poll_wakers[];
bool hp_poll_is_refusal(int answer);

/* What poll.c keeps. Members are the slots that are watched, in no order: slot->link is its place.
 * Watched has a byte for each descriptor, by its number. Entries and tokens are the set as the
 * kernel reads it, and whose each entry is. */
struct hp_poll_set {
    struct hp_lock turn; /* of the thread that waits for all; entries, tokens and start are its */
    bool asleep;
    uint32_t start; /* where the next search begins, so that none is found always last */
    uint32_t count; /* of members */
    struct hp_arena members, watched, entries, tokens;
};

/* One entry for each armed timer; the first is due first (timer.c). */
struct hp_timer {
    hp_deadline deadline;
    uint32_t slot;
};

struct hp_poller {
    const struct hp_poll_backend *backend;
    const struct hp_poll_waker *waker;
    int fd;
    int maker; /* the process whose fd it is: a fork does not hand a kqueue on */
    int bell[2];
    struct hp_slot waker_slot;
    struct hp_poll_set set;
    struct hp_arena space, timers; /* of slots, with this struct before them; of the heap */
    uint32_t timer_count;

    /* under the lock */
    struct hp_lock lock __attribute__((aligned(64)));
    uint32_t free, slots, ready, capacity; /* slots: ever used, there is memory for, most */
    uint32_t registered;
    bool barriers;  /* the kernel makes them in other threads */
    bool timed;     /* there has been a timer */
    uint32_t looks; /* counted for the barrier that counting is */
    struct hp_batch *batches;

    /* read by who waits and delivers, seldom written */
    uint32_t removers __attribute__((aligned(64))); /* threads that wait for a delivery's end */
    uint32_t plain;        /* HP_SAID_*: what a batch may say by plain stores */
    uint32_t ends;         /* of deliveries while there are removers: what they sleep on */
    uint32_t oversleepers; /* somebody may sleep past the first timer */
    hp_deadline first __attribute__((aligned(8))); /* timer due; HP_FOREVER without one */

    uint32_t wake __attribute__((aligned(64))); /* HP_WAKE_*: rung and not yet answered */
    struct hp_slot slot[] __attribute__((aligned(64)));
};

HP_INLINE uint32_t hp_token_slot(hp_token token) { return (uint32_t)token; }
HP_INLINE uint32_t hp_token_generation(hp_token token) { return (uint32_t)(token >> 32); }
HP_INLINE hp_token hp_slot_token(const struct hp_poller *poller, const struct hp_slot *slot) {
    return (hp_token)slot->generation << 32 | (uint32_t)(slot - poller->slot);
}
HP_INLINE bool hp_slot_is_live(const struct hp_slot *slot) { return slot->generation & 1; }

/* Slots; the poller is locked. They are never given back to the kernel: a late reader of one finds
 * another generation, not a hole. */
HP_INLINE struct hp_slot *hp_slot_find(struct hp_poller *poller, hp_token token) {
    const uint32_t index = hp_token_slot(token);
    if (index >= poller->slots || !(hp_token_generation(token) & 1)) return 0;
    struct hp_slot *slot = &poller->slot[index];
    return slot->generation == hp_token_generation(token) ? slot : 0;
}

int hp_slot_take(struct hp_poller *poller, int kind, void *data, struct hp_slot **taken);

/* A life begins before the kernel knows of it, for its first event may come in another thread at
 * once, and ends before the kernel is told. */
HP_INLINE void hp_slot_turn(struct hp_slot *slot) {
    __atomic_store_n(&slot->generation, slot->generation + 1, __ATOMIC_RELEASE);
}

HP_INLINE void hp_slot_free(struct hp_poller *poller, struct hp_slot *slot) {
    hp_assert(!hp_slot_is_live(slot));
    slot->link = poller->free;
    poller->free = (uint32_t)(slot - poller->slot);
    poller->registered--;
}

/* timer.c; the poller is locked */
int hp_timer_set(struct hp_poller *poller, struct hp_slot *slot, hp_deadline deadline);
void hp_timer_cancel(struct hp_poller *poller, struct hp_slot *slot);
void hp_timer_collect(struct hp_poller *poller, struct hp_batch *batch, unsigned most);
void hp_timer_hurry(struct hp_poller *poller);

/* poller.c: back end and waker, by the ladder; nothing is there when neither could be made anew in
 * a forked child. */
extern const struct hp_poll_backend hp_poll_nothing;
HP_INLINE bool hp_poller_is_open(const struct hp_poller *poller) {
    return poller->backend != &hp_poll_nothing;
}
int hp_poller_start(struct hp_poller *poller);
void hp_poller_stop(struct hp_poller *poller);

/* MEMBARRIER_CMD_PRIVATE_EXPEDITED of Linux, and its registration. Elsewhere there is no such call.
 */
enum { HP_BARRIER = 8, HP_BARRIER_REGISTER = 16 };

/* batch.c; the poller is locked in all but tell. Agree: batches have come or gone, or timers. */
void hp_batch_agree(struct hp_poller *poller);
void hp_batch_tell(struct hp_poller *poller); /* there are removers, and a delivery has ended */
bool hp_batch_delivers(struct hp_poller *poller, hp_token token, const struct hp_batch *own);

/* What a batch says of itself: what it delivers, and until when it sleeps. Who reads it has changed
 * something before, and the batch looks at that after: a locked store, which right after a call
 * takes 25 ns (seen on 6.18, in a guest), or a plain one, and the reader has the kernel make the
 * barrier. That is for what is read seldom: deliveries of a poller's only batch, when something is
 * removed; its sleep, when the first timer comes. */
enum { HP_SAID_DELIVERY = 1, HP_SAID_SLEEP = 2 };

HP_INLINE void hp_batch_say(const struct hp_poller *poller, uint32_t what, uint64_t *word,
                            uint64_t value) {
    if (__builtin_expect((__atomic_load_n(&poller->plain, __ATOMIC_RELAXED) & what) != 0, 1)) {
        __atomic_store_n(word, value, __ATOMIC_RELEASE);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    } else {
        __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    }
}

/* wake.c */
int hp_poll_ring(struct hp_poller *poller, uint32_t why);
void hp_batch_put_wake(struct hp_batch *batch);

/* Only as many as batch->capacity - batch->count. */
HP_INLINE void hp_batch_put(struct hp_batch *batch, hp_token token, unsigned ready) {
    if (token == HP_POLL_WAKER) {
        hp_batch_put_wake(batch);
        return;
    }
    struct hp_event *event = &batch->room[batch->count++];
    event->token = token;
    event->value = 0;
    event->ready = ready;
}

/* stats.c */
extern struct hp_poll_totals hp_poll_counters;
HP_INLINE void hp_poll_count(uint64_t *counter, uint64_t n) {
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}
bool hp_poll_has(unsigned bit);
void hp_poll_lack(unsigned bit);
void hp_poll_forget(void); /* of test builds: what was found missing is tried again */

#endif
