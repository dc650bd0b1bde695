/* SPDX-License-Identifier: MIT */
/* hardpan/stack.h - guarded stacks by the hundred thousand: slabs of them, cached, coloured.
 *
 *   slab    | heads | guard | stack 0     | guard | stack 1     | guard | ...
 *                           ^ low     top ^
 *                           |<- size ->|..| up to 31 cache lines of colour
 *
 * A slab is one reservation, with the bookkeeping in its first pages. Where the kernel has guards
 * that cost no mapping (MADV_GUARD_INSTALL) a whole slab is 2 mappings, however many stacks are in
 * use. Elsewhere a guard is what was never committed, and each stack costs 2 mappings: with
 * vm.max_map_count at 65530 some 32,700 are made, then hp_stack_take answers -ENOMEM, and the pool
 * stays good for those it has.
 *
 * For every function here:
 *   answer   as in hardpan/vm.h. After an error the pool is as it was (hp_stack_close tells more).
 *   safety   take, give and find from any thread at once: cached stacks are had without a lock, by
 *            one compare-and-swap; who finds the cache empty takes a lock to make more. So not from
 *            a signal handler (but hp_stack_find), and not in a child forked while others were in
 *            here. Open and close: one thread, with no other in the pool.
 *   memory   no malloc; the pool struct is the caller's and stays where it is. A stack belongs to
 *            who took it, and may be given back by any thread, but not by code running on it.
 *   cost     a cached stack: no call. New ones are made 64 at a time (near a limit as many as
 *            there is room for): 3 calls for the 64 where the kernel can guard by runs
 *            (process_madvise on oneself), 66 by single guards, 64 without guards. A slab: 3 calls.
 *            Memory comes as it is touched; never as huge pages. */
#ifndef HARDPAN_STACK_H
#define HARDPAN_STACK_H

#include <hardpan/vm.h>

HP_EXTERN_C_BEGIN

enum { HP_STACK_SLABS_MAX = 64 };

/* What one stack is. `low` to `low + size` may be used; it grows down from low + size, which is a
 * multiple of 64. Below `low` is the guard. */
struct hp_stack {
    unsigned char *low;
    size_t size;
    uint32_t id; /* of this pool's stacks; the same stack always has the same */
};

struct hp_stack_request {
    size_t size;  /* bytes of a stack, rounded up to a page; colours are taken out of it */
    size_t guard; /* bytes below each, rounded up to a page; 0: one page */
    /* bytes reserved at a time; halved where that, or its bookkeeping, is refused. 0: 16 GiB, on
     * 32-bit 64 MiB */
    size_t slab;
    /* tops lie on that many different cache lines, so that hot frames do not push each other out;
     * at most 64, and no more than a quarter of a stack has. 0: 32; 1: all tops alike */
    unsigned colours;
    unsigned flags;   /* HP_VM_NO_DUMP, or 0: a forked child has its own copy of the pool */
    const char *name; /* as in hp_vm_request */
};

struct hp_stack_slab;

/* To be read, not written, but by the functions below. */
struct hp_stack_pool {
    uint64_t cached __attribute__((aligned(8))); /* the hottest, and a count against ABA */
    uint32_t lock;
    uint32_t slab_count;
    struct hp_stack_request request;
    size_t stride;    /* from one guard to the next */
    uint64_t made;    /* stacks there are, in use or cached */
    uint64_t trimmed; /* stacks whose memory hp_stack_trim gave back, ever */
    struct hp_stack_slab *slabs[HP_STACK_SLABS_MAX];
};

/* Begins a pool, and makes nothing yet. -EINVAL: size 0, a slab that could not hold one stack,
 * or another flag: HP_VM_NO_FORK and HP_VM_WIPE_ON_FORK are refused, for they would take stacks or
 * their guards from under a child's copy of the pool. No call. */
HP_API int hp_stack_open(struct hp_stack_pool *pool, const struct hp_stack_request *request);

/* Takes a stack, the one given back last or a new one. Its contents are unknown, except that a new
 * one reads zero. -ENOMEM (hp_vm_why of HP_VM_COMMIT and the pool's stride tells which limit),
 * -EAGAIN (locked memory): there is not room for one. -ENOSPC: 64 slabs are full. */
HP_API int hp_stack_take(struct hp_stack_pool *pool, struct hp_stack *stack);

/* Gives a stack back, into the cache. -EINVAL: not a stack of this pool, or given back already. No
 * call. */
HP_API int hp_stack_give(struct hp_stack_pool *pool, const struct hp_stack *stack);

/* The memory of all cached stacks but the `keep` that were given back last goes back to the kernel;
 * their guards and places stay. How many that was: of those given back since the last time. 1 call
 * for 64 stacks by process_madvise on oneself, else 1 each; taking such a stack is 1 call, or 2.
 * Who finds the cache empty meanwhile waits. */
HP_API long hp_stack_trim(struct hp_stack_pool *pool, size_t keep);

enum hp_stack_place { HP_STACK_INSIDE, HP_STACK_GUARD = 1 };

/* Whose address is this? HP_STACK_INSIDE, HP_STACK_GUARD (an overflow of *stack), or -ENOENT. No
 * call; for a handler of SIGSEGV, which must run on a stack of its own. */
HP_API int hp_stack_find(const struct hp_stack_pool *pool, const void *address,
                         struct hp_stack *stack);

/* All slabs are released, 1 call each. -EBUSY: a stack is in use; nothing is done. Another error is
 * munmap's: what was not released is still the pool's, to be used or closed again. */
HP_API int hp_stack_close(struct hp_stack_pool *pool);

HP_EXTERN_C_END

#endif
