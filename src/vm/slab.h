/* SPDX-License-Identifier: MIT */
/* A slab of stacks: what stack.c knows of it. */
#ifndef HP_VM_SLAB_H
#define HP_VM_SLAB_H

#include <hardpan/stack.h>

#include "vm.h"

/* Stack `slot` of slab `index` is the id index << SLOT_BITS | slot. */
enum { SLOT_BITS = 26, SLOTS_MAX = (1 << SLOT_BITS) - 1, RUN = 64 };
#define NO_STACK UINT32_MAX

enum slot_state {
    SLOT_TAKEN,  /* its owner's; also before it was ever made */
    SLOT_CACHED, /* in the list, to be used as it is */
    SLOT_TRIMMED /* in the list, to be committed first */
};

struct slot {
    uint32_t next; /* of the cached: the id given back before, or NO_STACK */
    uint32_t state;
};

/* At the slab's base, before the first guard. */
struct hp_stack_slab {
    struct hp_vm_region region;
    unsigned char *first; /* the guard of slot 0 */
    uint32_t index, capacity;
    uint32_t made; /* slots 0 to made - 1 are stacks */
    struct slot slots[];
};

HP_INLINE struct hp_stack_slab *slab_of(const struct hp_stack_pool *pool, uint32_t id) {
    return __atomic_load_n(&pool->slabs[id >> SLOT_BITS], __ATOMIC_ACQUIRE);
}

HP_INLINE struct slot *slot_of(const struct hp_stack_pool *pool, uint32_t id) {
    return &slab_of(pool, id)->slots[id & SLOTS_MAX];
}

/* The lowest byte of a stack, above its guard. */
HP_INLINE unsigned char *low_of(const struct hp_stack_pool *pool, uint32_t id) {
    return slab_of(pool, id)->first + (id & SLOTS_MAX) * pool->stride + pool->request.guard;
}

/* Makes up to RUN new stacks, in a new slab if need be: *first to *last, chained by `next`. The
 * pool is locked. */
int hp_slab_make(struct hp_stack_pool *pool, uint32_t *first, uint32_t *last);

/* The fewest bytes that hold one stack of this stride; false when that is more than there are. */
bool hp_slab_least(size_t stride, size_t *bytes);

#endif
