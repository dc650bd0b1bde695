/* SPDX-License-Identifier: MIT */
/* Opening and closing: space first, then the best back end and the best waker that this kernel does
 * not refuse. */
#include <hardpan/sys.h>

#include "poll.h"

enum { CAPACITY_LEAST = 1024, HEAD = sizeof(struct hp_poller) + sizeof(struct hp_slot) };

static size_t usual_capacity(void) { return sizeof(void *) == 8 ? 4u << 20 : 256u << 10; }

bool hp_poll_is_refusal(int answer) {
    return answer == -ENOSYS || answer == -EPERM || answer == -EINVAL || answer == -E2BIG;
}

/* What a poller stands on that could not be made anew in a forked child. */
static int wait_for_nothing(struct hp_poller *poller, struct hp_batch *batch,
                            hp_deadline deadline) {
    (void)poller, (void)batch, (void)deadline;
    return -EBADF;
}
const struct hp_poll_backend hp_poll_nothing = {.name = "none", .wait = wait_for_nothing};

static int start_backend(struct hp_poller *poller) {
    int answer = -ENOSYS;
    for (size_t i = 0; hp_poll_backends[i]; i++) {
        poller->backend = hp_poll_backends[i];
        answer = poller->backend->open(poller);
        if (!hp_poll_is_refusal(answer)) break;
    }
    return answer;
}

static int start_waker(struct hp_poller *poller) {
    int answer = -ENOSYS;
    for (size_t i = 0; hp_poll_wakers[i]; i++) {
        poller->waker = hp_poll_wakers[i];
        answer = poller->waker->open(poller);
        if (!hp_poll_is_refusal(answer)) break;
    }
    if (answer < 0) return answer;
    poller->waker_slot.kind = HP_POLL_WAKE;
    poller->waker_slot.interest = HP_POLL_READABLE | (poller->backend->modes & HP_POLL_EDGE);
    answer = poller->backend->add(poller, &poller->waker_slot, HP_POLL_WAKER);
    if (answer < 0) poller->waker->close(poller);
    return answer;
}

/* The right to them is the process's, and asking for it again costs nothing. */
static bool ask_for_barriers(void) {
    if (!hp_poll_has(HP_POLL_HAS_MEMBARRIER)) return false;
    if (hp_sys_membarrier(HP_BARRIER_REGISTER) == 0) return true;
    hp_poll_lack(HP_POLL_HAS_MEMBARRIER);
    return false;
}

int hp_poller_start(struct hp_poller *poller) {
    poller->barriers = ask_for_barriers();
    int answer = start_backend(poller);
    if (answer < 0) {
        poller->backend = &hp_poll_nothing;
        return answer;
    }
    answer = start_waker(poller);
    if (answer >= 0) return 0;
    poller->backend->close(poller);
    poller->backend = &hp_poll_nothing;
    return answer;
}

void hp_poller_stop(struct hp_poller *poller) {
    if (!hp_poller_is_open(poller)) return;
    poller->waker->close(poller);
    poller->backend->close(poller);
    poller->backend = &hp_poll_nothing;
}

/* The heap is reserved for all slots: memory that nobody touches costs nothing. */
static int reserve(struct hp_arena *space, struct hp_arena *timers, size_t capacity) {
    const struct hp_arena_request slots = {
        .space = {.size = HEAD + capacity * sizeof(struct hp_slot)}};
    const struct hp_arena_request heap = {.space = {.size = capacity * sizeof(struct hp_timer)}};
    int answer = hp_arena_open(space, &slots);
    if (answer < 0) return answer;
    answer = hp_arena_open(timers, &heap);
    if (answer < 0) hp_arena_close(space);
    return answer;
}

static int reserve_most(struct hp_arena *space, struct hp_arena *timers, size_t *capacity) {
    int answer = reserve(space, timers, *capacity);
    while (answer == -ENOMEM && *capacity / 2 >= CAPACITY_LEAST)
        answer = reserve(space, timers, *capacity /= 2);
    return answer;
}

static int release(struct hp_arena space, struct hp_arena timers) {
    hp_arena_close(&timers);
    return hp_arena_close(&space);
}

static int make(struct hp_arena *space, const struct hp_arena *timers, size_t capacity,
                struct hp_poller **out) {
    void *at;
    int answer = hp_arena_take(space, HEAD, _Alignof(struct hp_poller), &at);
    if (answer < 0) return answer;
    struct hp_poller *poller = at;
    poller->space = *space;
    poller->timers = *timers;
    poller->slot[0] = (struct hp_slot){.generation = 1, .kind = HP_POLL_WAKE};
    poller->slots = poller->ready = 1;
    poller->capacity = (uint32_t)capacity + 1;
    poller->free = HP_POLL_NONE;
    poller->first = HP_FOREVER;
    answer = hp_poller_start(poller);
    if (answer >= 0) *out = poller;
    return answer;
}

int hp_poller_open(struct hp_poller **poller, const struct hp_poller_request *request) {
    struct hp_arena space, timers;
    size_t capacity = request && request->capacity ? request->capacity : usual_capacity();
    if (capacity >= HP_POLL_NONE || capacity > SIZE_MAX / 4 / sizeof(struct hp_slot))
        return -EINVAL;
    int answer = reserve_most(&space, &timers, &capacity);
    if (answer < 0) return answer;
    answer = make(&space, &timers, capacity, poller);
    if (answer < 0) release(space, timers);
    return answer;
}

static bool owns_descriptor(const struct hp_slot *slot) {
    const bool of_a_kind = slot->kind == HP_POLL_PROCESS || slot->kind == HP_POLL_SIGNAL;
    return hp_slot_is_live(slot) && of_a_kind && slot->fd >= 0;
}

void hp_poller_close(struct hp_poller *poller) {
    for (uint32_t i = 1; i < poller->slots; i++)
        if (owns_descriptor(&poller->slot[i])) hp_sys_close(poller->slot[i].fd);
    hp_poller_stop(poller);
    release(poller->space, poller->timers);
}

void hp_poller_info(const struct hp_poller *poller, struct hp_poller_info *info) {
    info->backend = poller->backend->name;
    info->waker = hp_poller_is_open(poller) ? poller->waker->name : "none";
    info->modes = poller->backend->modes;
    info->capacity = poller->capacity - 1;
    info->registered = __atomic_load_n(&poller->registered, __ATOMIC_RELAXED);
}
