/* SPDX-License-Identifier: MIT */
/* Wakes are bits of one word: who finds it at 0 writes, and who comes before the answer does not.
 */
#include "poll.h"

int hp_poll_ring(struct hp_poller *poller, uint32_t why) {
    if (__atomic_fetch_or(&poller->wake, why, __ATOMIC_SEQ_CST) != 0) return 0;
    hp_poll_count(&hp_poll_counters.wake_writes, 1);
    const int answer = poller->waker->ring(poller);
    if (answer < 0) __atomic_store_n(&poller->wake, 0, __ATOMIC_SEQ_CST);
    return answer;
}

int hp_poller_wake(struct hp_poller *poller) {
    if (!hp_poller_is_open(poller)) return -EBADF;
    hp_poll_count(&hp_poll_counters.wakes, 1);
    return hp_poll_ring(poller, HP_WAKE_USER);
}

/* Quiet first: a ring between the two is one that writes again, or one whose bit is taken here. */
void hp_batch_put_wake(struct hp_batch *batch) {
    struct hp_poller *poller = batch->poller;
    poller->waker->quiet(poller);
    const uint32_t why = __atomic_exchange_n(&poller->wake, 0, __ATOMIC_SEQ_CST);
    if (!(why & HP_WAKE_USER)) return;
    batch->room[batch->count++] = (struct hp_event){.token = HP_POLL_WOKEN};
}
