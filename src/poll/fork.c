/* SPDX-License-Identifier: MIT */
/* A forked child has copies of the slots, and the parent's own kernel side. It lets go of that
 * without a change to it, and enters its slots in one of its own. */
#include <hardpan/sys.h>

#include "poll.h"

static void forget_threads(struct hp_poller *poller) {
    poller->batches = 0;
    poller->wake = poller->removers = poller->oversleepers = poller->plain = 0;
}

/* Descriptors of the parent's that this process has not are lost, as if they had been removed. */
static int enter_again(struct hp_poller *poller) {
    int lost = 0;
    for (uint32_t i = 1; i < poller->slots; i++) {
        struct hp_slot *slot = &poller->slot[i];
        if (!hp_slot_is_live(slot) || slot->kind == HP_POLL_TIMER) continue;
        slot->interest &= ~(unsigned)HP_POLL_SPENT;
        if (poller->backend->add(poller, slot, hp_slot_token(poller, slot)) >= 0) continue;
        if (slot->kind != HP_POLL_DESCRIPTOR && slot->fd >= 0) hp_sys_close(slot->fd);
        hp_slot_turn(slot);
        hp_slot_free(poller, slot);
        lost++;
    }
    return lost;
}

int hp_poller_after_fork(struct hp_poller *poller) {
    if (__atomic_load_n(&poller->lock.word, __ATOMIC_ACQUIRE)) return -EBUSY;
    hp_poller_stop(poller);
    forget_threads(poller);
    const int answer = hp_poller_start(poller);
    return answer < 0 ? answer : enter_again(poller);
}
