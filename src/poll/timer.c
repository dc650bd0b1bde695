/* SPDX-License-Identifier: MIT */
/* Timers: a heap with four children to a node, which is half as deep as one with two and reads one
 * cache line a level. A slot knows its place, so setting and cancelling need no search. */
#include "poll.h"

enum { CHILDREN = 4, ROOM_LEAST = 256 };

static struct hp_timer *heap_of(const struct hp_poller *poller) {
    return (struct hp_timer *)poller->timers.region.base;
}

static void put(struct hp_poller *poller, uint32_t place, struct hp_timer timer) {
    heap_of(poller)[place] = timer;
    poller->slot[timer.slot].link = place;
}

static void rise(struct hp_poller *poller, uint32_t place, struct hp_timer timer) {
    const struct hp_timer *heap = heap_of(poller);
    uint64_t steps = 0;
    for (; place > 0; steps++) {
        const uint32_t parent = (place - 1) / CHILDREN;
        if (heap[parent].deadline <= timer.deadline) break;
        put(poller, place, heap[parent]);
        place = parent;
    }
    put(poller, place, timer);
    if (steps) hp_poll_count(&hp_poll_counters.timer_steps, steps);
}

static uint32_t least_child(const struct hp_timer *heap, uint32_t count, uint32_t place) {
    const uint32_t first = place * CHILDREN + 1;
    uint32_t least = first;
    for (uint32_t child = first + 1; child < first + CHILDREN && child < count; child++)
        if (heap[child].deadline < heap[least].deadline) least = child;
    return least;
}

static void sink(struct hp_poller *poller, uint32_t place, struct hp_timer timer) {
    const struct hp_timer *heap = heap_of(poller);
    const uint32_t count = poller->timer_count;
    uint64_t steps = 0;
    for (; place < (count + CHILDREN - 2) / CHILDREN; steps++) {
        const uint32_t child = least_child(heap, count, place);
        if (heap[child].deadline >= timer.deadline) break;
        put(poller, place, heap[child]);
        place = child;
    }
    put(poller, place, timer);
    if (steps) hp_poll_count(&hp_poll_counters.timer_steps, steps);
}

static void settle(struct hp_poller *poller, uint32_t place, struct hp_timer timer) {
    const struct hp_timer *heap = heap_of(poller);
    if (place > 0 && timer.deadline < heap[(place - 1) / CHILDREN].deadline)
        rise(poller, place, timer);
    else
        sink(poller, place, timer);
}

static void leave(struct hp_poller *poller, struct hp_slot *slot) {
    const uint32_t place = slot->link;
    if (place == HP_POLL_NONE) return;
    const struct hp_timer last = heap_of(poller)[--poller->timer_count];
    slot->link = HP_POLL_NONE;
    if (place != poller->timer_count) settle(poller, place, last);
}

static int make_room(struct hp_poller *poller) {
    const size_t have = hp_arena_mark(&poller->timers) / sizeof(struct hp_timer);
    void *at;
    if (poller->timer_count < have) return 0;
    size_t more = have > ROOM_LEAST ? have : ROOM_LEAST;
    if (more > poller->capacity - have) more = poller->capacity - have;
    const int answer = hp_arena_take(&poller->timers, more * sizeof(struct hp_timer), 0, &at);
    return answer < 0 ? answer : 0;
}

static void tell_first(struct hp_poller *poller) {
    const hp_deadline first = poller->timer_count ? heap_of(poller)->deadline : HP_FOREVER;
    if (first == poller->first) return;
    __atomic_store_n(&poller->first, first, __ATOMIC_SEQ_CST);
}

/* Somebody has to be awake by the first timer, if anybody sleeps at all. */
void hp_timer_hurry(struct hp_poller *poller) {
    bool late = false, in_time = false;
    for (const struct hp_batch *batch = poller->batches; batch; batch = batch->later) {
        const hp_deadline until = __atomic_load_n(&batch->until, __ATOMIC_SEQ_CST);
        late |= until > poller->first;
        in_time |= until > HP_NOW && until <= poller->first;
    }
    if (late != poller->oversleepers)
        __atomic_store_n(&poller->oversleepers, late, __ATOMIC_SEQ_CST);
    if (late && !in_time) hp_poll_ring(poller, HP_WAKE_INTERNAL);
}

void hp_timer_cancel(struct hp_poller *poller, struct hp_slot *slot) {
    leave(poller, slot);
    tell_first(poller);
}

/* Negative ones are all past, and 0 is not told from "awake" elsewhere. */
int hp_timer_set(struct hp_poller *poller, struct hp_slot *slot, hp_deadline deadline) {
    const hp_deadline before = poller->first;
    const bool is_in = slot->link != HP_POLL_NONE;
    const struct hp_timer timer = {deadline, (uint32_t)(slot - poller->slot)};
    if (deadline == HP_FOREVER) {
        leave(poller, slot);
    } else {
        const int answer = is_in ? 0 : make_room(poller);
        if (answer < 0) return answer;
        settle(poller, is_in ? slot->link : poller->timer_count++, timer);
    }
    __atomic_store_n(&slot->deadline, deadline, __ATOMIC_RELAXED);
    tell_first(poller);
    if (poller->first < before) hp_timer_hurry(poller);
    return 0;
}

void hp_timer_collect(struct hp_poller *poller, struct hp_batch *batch, unsigned most) {
    const int64_t now = hp_sys_now();
    for (; most > 0 && poller->timer_count && heap_of(poller)->deadline <= now; most--) {
        const struct hp_timer due = heap_of(poller)[0];
        struct hp_slot *slot = &poller->slot[due.slot];
        leave(poller, slot);
        struct hp_event *event = &batch->room[batch->count++];
        event->token = hp_slot_token(poller, slot);
        event->value = due.deadline;
        event->ready = 0;
    }
    tell_first(poller);
}

static int add(struct hp_poller *poller, hp_deadline deadline, void *data, hp_token *token) {
    struct hp_slot *slot;
    int answer = hp_slot_take(poller, HP_POLL_TIMER, data, &slot);
    if (answer < 0) return answer;
    if (!poller->timed) {
        poller->timed = true;
        hp_batch_agree(poller);
    }
    __atomic_store_n(&slot->deadline, HP_FOREVER, __ATOMIC_RELAXED);
    hp_slot_turn(slot);
    *token = hp_slot_token(poller, slot);
    answer = hp_timer_set(poller, slot, deadline);
    if (answer >= 0) return 0;
    hp_slot_turn(slot);
    hp_slot_free(poller, slot);
    return answer;
}

int hp_poller_add_timer(struct hp_poller *poller, hp_deadline deadline, void *data,
                        hp_token *token) {
    hp_token made = 0;
    hp_lock(&poller->lock);
    const int answer = add(poller, deadline, data, &made);
    hp_unlock(&poller->lock);
    if (answer == 0) *token = made;
    return answer;
}

int hp_poller_set_timer(struct hp_poller *poller, hp_token token, hp_deadline deadline) {
    hp_lock(&poller->lock);
    struct hp_slot *slot = hp_slot_find(poller, token);
    int answer = -ESTALE;
    if (slot) answer = slot->kind == HP_POLL_TIMER ? hp_timer_set(poller, slot, deadline) : -EINVAL;
    hp_unlock(&poller->lock);
    return answer;
}
