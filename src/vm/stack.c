/* SPDX-License-Identifier: MIT */
/* The cache is a list through the heads of the slabs, not through the stacks: a stack whose memory
 * went back still has its place in it. */
#include <sys/uio.h>

#include "slab.h"

enum { LINE = 64, COLOURS_USUAL = 32, COLOURS_MAX = 64, COLOUR_STEP = 67 };
/* A child that had the books and no stacks would hand out what is not there, and what wipes memory
 * on fork wipes the kernel's guards (seen on 6.18). */
enum { STACK_FLAGS = HP_VM_NO_DUMP };
/* 16 GiB where there is address space, 64 MiB where there is little. */
static const size_t slab_usual = SIZE_MAX / (sizeof(void *) > 4 ? 1 << 30 : 64) + 1;

static unsigned colours_of(unsigned wish, size_t size) {
    const size_t fit = size / 4 / LINE;
    unsigned colours = wish ? wish : COLOURS_USUAL;
    if (colours > COLOURS_MAX) colours = COLOURS_MAX;
    return colours < fit ? colours : (unsigned)fit;
}

int hp_stack_open(struct hp_stack_pool *pool, const struct hp_stack_request *request) {
    const size_t page = hp_vm_page();
    struct hp_stack_request *own = &pool->request;
    size_t least;
    *pool = (struct hp_stack_pool){.cached = NO_STACK, .request = *request};
    if (!request->size || request->flags & ~(unsigned)STACK_FLAGS) return -EINVAL;
    if (!own->guard) own->guard = page;
    if (!own->slab) own->slab = slab_usual;
    if (!hp_align_up(own->size, page, &own->size) || !hp_align_up(own->guard, page, &own->guard))
        return -EINVAL;
    if (!hp_add(own->size, own->guard, &pool->stride)) return -EINVAL;
    if (!hp_slab_least(pool->stride, &least) || own->slab < least) return -EINVAL;
    own->colours = colours_of(own->colours, own->size);
    return 0;
}

/* ---- The list ---- */

static uint64_t headed(uint64_t was, uint32_t id) { return ((was >> 32) + 1) << 32 | id; }

static bool swap_head(struct hp_stack_pool *pool, uint64_t *was, uint32_t id) {
    return __atomic_compare_exchange_n(&pool->cached, was, headed(*was, id), 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static void push(struct hp_stack_pool *pool, uint32_t first, uint32_t last) {
    uint64_t head = __atomic_load_n(&pool->cached, __ATOMIC_RELAXED);
    do __atomic_store_n(&slot_of(pool, last)->next, (uint32_t)head, __ATOMIC_RELAXED);
    while (!swap_head(pool, &head, first));
}

/* Another thread may take the head while we read its `next`: then the count has changed, and so has
 * nothing else but that we try again. Heads of slabs stay mapped as long as the pool. */
static uint32_t pop(struct hp_stack_pool *pool) {
    uint64_t head = __atomic_load_n(&pool->cached, __ATOMIC_ACQUIRE);
    uint32_t next;
    do {
        if ((uint32_t)head == NO_STACK) return NO_STACK;
        next = __atomic_load_n(&slot_of(pool, (uint32_t)head)->next, __ATOMIC_RELAXED);
    } while (!swap_head(pool, &head, next));
    return (uint32_t)head;
}

static uint32_t pop_all(struct hp_stack_pool *pool) {
    uint64_t head = __atomic_load_n(&pool->cached, __ATOMIC_ACQUIRE);
    while (!swap_head(pool, &head, NO_STACK)) {}
    return (uint32_t)head;
}

/* ---- The lock: 0 free, 1 held, 2 held and waited for ---- */

static void lock(uint32_t *word) {
    uint32_t was = 0;
    if (__atomic_compare_exchange_n(word, &was, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE)) hp_sys_futex_wait(word, 2, HP_FOREVER);
}

static void unlock(uint32_t *word) {
    if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2) hp_sys_futex_wake(word, 1);
}

/* ---- Taking and giving ---- */

/* Under the lock the list is looked at again: who waited here finds what the other made. */
static int more(struct hp_stack_pool *pool, uint32_t *id) {
    uint32_t last;
    int answer = 0;
    lock(&pool->lock);
    *id = pop(pool);
    if (*id == NO_STACK) {
        answer = hp_slab_make(pool, id, &last);
        if (answer == 0 && *id != last) push(pool, *id + 1, last);
    }
    unlock(&pool->lock);
    return answer;
}

static int ready(struct hp_stack_pool *pool, uint32_t id) {
    struct slot *slot = slot_of(pool, id);
    if (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) == SLOT_TRIMMED) {
        struct hp_vm_region *region = &slab_of(pool, id)->region;
        const int answer = hp_vm_commit(region, low_of(pool, id), pool->request.size, 0);
        if (answer < 0) return answer;
    }
    __atomic_store_n(&slot->state, SLOT_TAKEN, __ATOMIC_RELAXED);
    return 0;
}

static void describe(const struct hp_stack_pool *pool, uint32_t id, struct hp_stack *stack) {
    const size_t colour = (size_t)(id & SLOTS_MAX) * COLOUR_STEP % pool->request.colours;
    *stack = (struct hp_stack){low_of(pool, id), pool->request.size - colour * LINE, id};
}

int hp_stack_take(struct hp_stack_pool *pool, struct hp_stack *stack) {
    uint32_t id = pop(pool);
    int answer = id == NO_STACK ? more(pool, &id) : 0;
    if (answer < 0) return answer;
    answer = ready(pool, id);
    if (answer == 0)
        describe(pool, id, stack);
    else
        push(pool, id, id);
    return answer;
}

static bool is_ours(const struct hp_stack_pool *pool, const struct hp_stack *stack) {
    const uint32_t index = stack->id >> SLOT_BITS, slot = stack->id & SLOTS_MAX;
    if (index >= __atomic_load_n(&pool->slab_count, __ATOMIC_ACQUIRE)) return false;
    if (slot >= __atomic_load_n(&slab_of(pool, stack->id)->made, __ATOMIC_ACQUIRE)) return false;
    return stack->low == low_of(pool, stack->id);
}

int hp_stack_give(struct hp_stack_pool *pool, const struct hp_stack *stack) {
    uint32_t was = SLOT_TAKEN;
    if (!is_ours(pool, stack)) return -EINVAL;
    if (!__atomic_compare_exchange_n(&slot_of(pool, stack->id)->state, &was, SLOT_CACHED, 0,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return -EINVAL;
    push(pool, stack->id, stack->id);
    return 0;
}

/* ---- Giving memory back ---- */

struct batch {
    struct hp_stack_pool *pool;
    struct iovec runs[RUN];
    uint32_t ids[RUN];
    size_t count;
    long trimmed; /* or the error */
};

/* What was trimmed before an error stays trimmed; what was not is still in the list as it was. */
static void flush(struct batch *batch) {
    size_t done = 0;
    if (!batch->count) return;
    struct hp_vm_region *region = &slab_of(batch->pool, batch->ids[0])->region;
    const int answer = hp_vm_decommit_runs(region, batch->runs, batch->count, 0, &done);
    for (size_t i = 0; i < done; i++)
        __atomic_store_n(&slot_of(batch->pool, batch->ids[i])->state, SLOT_TRIMMED,
                         __ATOMIC_RELAXED);
    batch->pool->trimmed += done;
    batch->trimmed = answer < 0 ? answer : batch->trimmed + (long)done;
    batch->count = 0;
}

static void add(struct batch *batch, uint32_t id) {
    struct hp_stack_pool *pool = batch->pool;
    if (slot_of(pool, id)->state != SLOT_CACHED) return;
    if (batch->count && batch->ids[0] >> SLOT_BITS != id >> SLOT_BITS) flush(batch);
    batch->ids[batch->count] = id;
    batch->runs[batch->count++] = (struct iovec){low_of(pool, id), pool->request.size};
    if (batch->count == RUN) flush(batch);
}

long hp_stack_trim(struct hp_stack_pool *pool, size_t keep) {
    struct batch batch = {.pool = pool};
    lock(&pool->lock);
    const uint32_t first = pop_all(pool);
    uint32_t last = first;
    for (uint32_t id = first; id != NO_STACK; id = slot_of(pool, id)->next) {
        if (keep)
            keep--;
        else if (batch.trimmed >= 0)
            add(&batch, id);
        last = id;
    }
    if (batch.trimmed >= 0) flush(&batch);
    if (first != NO_STACK) push(pool, first, last);
    unlock(&pool->lock);
    return batch.trimmed;
}

int hp_stack_find(const struct hp_stack_pool *pool, const void *address, struct hp_stack *stack) {
    const uint32_t count = __atomic_load_n(&pool->slab_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        const struct hp_stack_slab *slab = slab_of(pool, i << SLOT_BITS);
        const uintptr_t offset = (uintptr_t)address - (uintptr_t)slab->first;
        if (offset >= __atomic_load_n(&slab->made, __ATOMIC_ACQUIRE) * pool->stride) continue;
        describe(pool, i << SLOT_BITS | (uint32_t)(offset / pool->stride), stack);
        return offset % pool->stride < pool->request.guard ? HP_STACK_GUARD : HP_STACK_INSIDE;
    }
    return -ENOENT;
}

static bool in_use(const struct hp_stack_pool *pool) {
    for (uint32_t i = 0; i < pool->slab_count; i++)
        for (uint32_t slot = 0; slot < pool->slabs[i]->made; slot++)
            if (pool->slabs[i]->slots[slot].state == SLOT_TAKEN) return true;
    return false;
}

/* What was not released is the pool's as before, but for the order of the cached. */
static void list_again(struct hp_stack_pool *pool) {
    pool->made = 0;
    for (uint32_t i = 0; i < pool->slab_count; i++) {
        struct hp_stack_slab *slab = pool->slabs[i];
        const uint32_t first = i << SLOT_BITS;
        for (uint32_t slot = 0; slot < slab->made; slot++)
            slab->slots[slot].next = first + slot + 1;
        if (slab->made) push(pool, first, first + slab->made - 1);
        pool->made += slab->made;
    }
}

int hp_stack_close(struct hp_stack_pool *pool) {
    int answer = 0;
    if (in_use(pool)) return -EBUSY;
    pop_all(pool);
    while (pool->slab_count && answer == 0) {
        struct hp_vm_region region = pool->slabs[pool->slab_count - 1]->region;
        answer = hp_vm_release(&region);
        if (answer == 0) pool->slabs[--pool->slab_count] = 0;
    }
    list_again(pool);
    return answer;
}
