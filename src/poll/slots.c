/* SPDX-License-Identifier: MIT */
/* Slots are taken and given back, and never given back to the kernel: a late reader of one finds
 * another generation, not a hole. The poller is locked in all of this. */
#include "poll.h"

struct hp_slot *hp_slot_find(struct hp_poller *poller, hp_token token) {
    const uint32_t index = hp_token_slot(token);
    if (index >= poller->slots || !(hp_token_generation(token) & 1)) return 0;
    struct hp_slot *slot = &poller->slot[index];
    return slot->generation == hp_token_generation(token) ? slot : 0;
}

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

/* A life begins before the kernel knows of it, for its first event may come in another thread at
 * once, and ends before the kernel is told. */
void hp_slot_turn(struct hp_slot *slot) {
    __atomic_store_n(&slot->generation, slot->generation + 1, __ATOMIC_RELEASE);
}

void hp_slot_free(struct hp_poller *poller, struct hp_slot *slot) {
    hp_assert(!hp_slot_is_live(slot));
    slot->link = poller->free;
    poller->free = (uint32_t)(slot - poller->slot);
    poller->registered--;
}
