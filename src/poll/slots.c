/* SPDX-License-Identifier: MIT */
/* Where slots come from: the free ones first, then space that was reserved. */
#include "poll.h"

/* As many more as there are, so that filling a poller takes a logarithm of commits. */
static int grow(struct hp_poller *poller) {
    enum { FEWEST = 64 };
    uint32_t more = poller->ready > FEWEST ? poller->ready : FEWEST;
    void *at;
    if (more > poller->capacity - poller->ready) more = poller->capacity - poller->ready;
    if (!more) return -ENOSPC;
    const int answer =
        hp_arena_take(&poller->space, more * sizeof(struct hp_slot), _Alignof(struct hp_slot), &at);
    if (answer < 0) return answer;
    hp_assert(at == &poller->slot[poller->ready]);
    poller->ready += more;
    return 0;
}

static int pop(struct hp_poller *poller, uint32_t *index) {
    if (poller->free != HP_POLL_NONE) {
        *index = poller->free;
        poller->free = poller->slot[*index].link;
        return 0;
    }
    const int answer = poller->slots == poller->ready ? grow(poller) : 0;
    if (answer == 0) *index = poller->slots++;
    return answer;
}

int hp_slot_take(struct hp_poller *poller, int kind, void *data, struct hp_slot **taken) {
    uint32_t index;
    const int answer = pop(poller, &index);
    if (answer < 0) return answer;
    struct hp_slot *slot = *taken = &poller->slot[index];
    slot->link = HP_POLL_NONE;
    __atomic_store_n(&slot->kind, kind, __ATOMIC_RELEASE);
    __atomic_store_n(&slot->data, data, __ATOMIC_RELEASE);
    poller->registered++;
    return 0;
}
