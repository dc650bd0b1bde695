/* SPDX-License-Identifier: MIT */
/* Slabs grow at their frontier, a run of stacks at a time. With guards that are the kernel's the
 * whole run is committed and its guards put in by one call; without them each stack is committed
 * alone, and what lies between stays as it was reserved. */
#include "slab.h"

#include <sys/uio.h>

bool hp_slab_least(size_t stride, size_t *bytes) {
    const size_t head = sizeof(struct hp_stack_slab) + sizeof(struct slot);
    return hp_add(stride, head, bytes) && hp_align_up(*bytes, hp_vm_page(), bytes);
}

/* How many stacks fit beside a head that has a slot for each. */
static uint32_t capacity_of(size_t size, size_t stride) {
    const size_t left = size - sizeof(struct hp_stack_slab);
    size_t capacity = left / (stride + sizeof(struct slot)), head;
    hp_align_up(sizeof(struct hp_stack_slab) + capacity * sizeof(struct slot), hp_vm_page(), &head);
    if (head + capacity * stride > size) capacity--;
    return capacity < SLOTS_MAX ? (uint32_t)capacity : SLOTS_MAX;
}

static bool less_may_do(int answer) { return answer == -ENOMEM || answer == -EAGAIN; }

static int place_head(struct hp_vm_region *region, size_t stride, struct hp_stack_slab **made) {
    const uint32_t capacity = capacity_of(region->size, stride);
    size_t head = sizeof(struct hp_stack_slab) + capacity * sizeof(struct slot);
    hp_align_up(head, hp_vm_page(), &head);
    const int answer = hp_vm_commit(region, region->base, head, 0);
    if (answer < 0) return answer;
    struct hp_stack_slab *slab = (struct hp_stack_slab *)region->base;
    slab->region = *region;
    slab->first = region->base + head;
    slab->capacity = capacity;
    *made = slab;
    return 0;
}

/* A head is for all stacks its slab can have, and counts as data: where that is too much, the slab
 * is made smaller. */
static int make_slab(struct hp_vm_request *request, size_t stride, struct hp_stack_slab **made) {
    int answer;
    do {
        struct hp_vm_region region;
        answer = hp_vm_reserve(request, &region);
        if (answer < 0) return answer;
        request->size = region.size / 2;
        answer = place_head(&region, stride, made);
        if (answer < 0) hp_vm_release(&region);
    } while (less_may_do(answer) && request->size >= request->least);
    return answer;
}

/* A stack on a huge page would cost 2 MiB at its first touch; MAP_STACK says the same to newer
 * kernels and nothing to older ones. */
static int add_slab(struct hp_stack_pool *pool, struct hp_stack_slab **made) {
    const struct hp_stack_request *wish = &pool->request;
    struct hp_vm_request request = {.size = wish->slab, .name = wish->name};
    if (pool->slab_count == HP_STACK_SLABS_MAX) return -ENOSPC;
    request.flags = wish->flags | HP_VM_NO_HUGE;
    hp_slab_least(pool->stride, &request.least);
    const int answer = make_slab(&request, pool->stride, made);
    if (answer < 0) return answer;
    (*made)->index = pool->slab_count;
    __atomic_store_n(&pool->slabs[pool->slab_count], *made, __ATOMIC_RELEASE);
    __atomic_store_n(&pool->slab_count, pool->slab_count + 1, __ATOMIC_RELEASE);
    return 0;
}

/* Stacks with guards of the kernel's: all or none. Locked memory takes no such guards, and those
 * that cost mappings may be refused. */
static int make_guarded(const struct hp_stack_pool *pool, struct hp_stack_slab *slab,
                        uint32_t count) {
    struct iovec guards[RUN];
    unsigned char *at = slab->first + slab->made * pool->stride;
    int answer = hp_vm_commit(&slab->region, at, count * pool->stride, 0);
    if (answer < 0) return answer;
    for (uint32_t i = 0; i < count; i++)
        guards[i] = (struct iovec){at + i * pool->stride, pool->request.guard};
    answer = hp_vm_decommit_runs(&slab->region, guards, count, HP_VM_HARD, 0);
    if (answer == 0) return (int)count;
    hp_vm_decommit(&slab->region, at, count * pool->stride, HP_VM_HARD);
    return answer < 0 ? answer : -ENOMEM;
}

/* Stacks between what was never committed: as many as there are mappings for. */
static int make_apart(const struct hp_stack_pool *pool, struct hp_stack_slab *slab,
                      uint32_t count) {
    unsigned char *at = slab->first + slab->made * pool->stride + pool->request.guard;
    for (uint32_t i = 0; i < count; i++, at += pool->stride) {
        const int answer = hp_vm_commit(&slab->region, at, pool->request.size, 0);
        if (answer < 0) return i ? (int)i : answer;
    }
    return (int)count;
}

/* Half as many each time, down to one: near a limit there may be room for that. */
static int make_fewer(const struct hp_stack_pool *pool, struct hp_stack_slab *slab,
                      uint32_t count) {
    int answer = make_guarded(pool, slab, count);
    while (less_may_do(answer) && count > 1) answer = make_guarded(pool, slab, count /= 2);
    return answer;
}

static int make_run(const struct hp_stack_pool *pool, struct hp_stack_slab *slab) {
    const uint32_t left = slab->capacity - slab->made, count = left < RUN ? left : RUN;
    return hp_vm_features() & HP_VM_HAS_GUARD ? make_fewer(pool, slab, count)
                                              : make_apart(pool, slab, count);
}

int hp_slab_make(struct hp_stack_pool *pool, uint32_t *first, uint32_t *last) {
    struct hp_stack_slab *slab = pool->slab_count ? pool->slabs[pool->slab_count - 1] : 0;
    int answer = 0;
    if (!slab || slab->made == slab->capacity) answer = add_slab(pool, &slab);
    if (answer == 0) answer = make_run(pool, slab);
    if (answer < 0) return answer;
    *first = slab->index << SLOT_BITS | slab->made;
    *last = *first + (uint32_t)answer - 1;
    for (uint32_t id = *first; id <= *last; id++) {
        struct slot *slot = &slab->slots[id & SLOTS_MAX];
        slot->next = id + 1;
        slot->state = SLOT_CACHED;
    }
    __atomic_store_n(&slab->made, slab->made + (uint32_t)answer, __ATOMIC_RELEASE);
    pool->made += (uint64_t)answer;
    return 0;
}
