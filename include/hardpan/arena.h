/* SPDX-License-Identifier: MIT */
/* hardpan/arena.h - much address space reserved once, committed as it fills, at an address that
 * never changes.
 *
 *      base        next            ready                            base + size
 *       | taken     | free, Ready   | Reserved                       |
 *       +-----------+---------------+--------------------------------+
 *       marks are offsets in here
 *
 * For every function here:
 *   answer   as in hardpan/vm.h. After an error the arena is as it was before.
 *   safety   one thread at a time for each arena; no list of arenas is kept.
 *   memory   what an arena hands out stays where it is until the arena is reset below it or closed.
 *   cost     taking is arithmetic; when `ready` is passed, 1 call (hp_vm_commit), 2 where the step
 *            is refused. Steps double from `step` to `step_most`: filling n bytes commits at most
 *            log2(step_most / step) + n / step_most + 2 times. One mapping reserved, two once
 *            committed in part. `commits` and `decommits` count them. */
#ifndef HARDPAN_ARENA_H
#define HARDPAN_ARENA_H

#include <hardpan/vm.h>

HP_EXTERN_C_BEGIN

struct hp_arena {
    struct hp_vm_region region;
    unsigned char *next;  /* the first byte not taken */
    unsigned char *ready; /* the end of what is committed */
    unsigned char *dirty; /* from here on every byte that is committed reads zero */
    size_t step;          /* bytes of the next commit, whole pages */
    size_t step_most;
    uint64_t commits, decommits; /* calls of hp_vm_commit and hp_vm_decommit so far */
};

struct hp_arena_request {
    struct hp_vm_request space; /* where and how much; the size is all the arena will ever hold */
    size_t step;                /* bytes of the first commit, rounded up to a page; 0: 64 KiB */
    size_t step_most;           /* at least `step`; equal to it: fixed steps; 0: 64 MiB */
};

/* Reserves the arena's space and commits nothing. Errors are those of hp_vm_reserve; -EINVAL:
 * step_most < step. */
HP_API int hp_arena_open(struct hp_arena *arena, const struct hp_arena_request *request);

/* Takes `size` bytes at a multiple of `align`, a power of two, or 0 for 16. HP_VM_ZERO when
 * every byte reads zero: always, but for memory that hp_arena_reset was told to keep; otherwise
 * 0. -ENOSPC: the reservation is full. -ENOMEM, -EAGAIN: the commit was refused at the full step
 * and at the least that would do (hp_vm_why tells the limit). -EINVAL: size 0, align no power of
 * two. */
HP_API int hp_arena_take(struct hp_arena *arena, size_t size, size_t align, void **at);

/* Where the arena stands, which is what hp_arena_reset takes it back to. No call. */
HP_API size_t hp_arena_mark(const struct hp_arena *arena);

/* Everything taken since the mark is free again. 0 is the mark of an empty arena. Memory more than
 * `keep` bytes above the mark goes back to the kernel, in 1 call, none if there is none. A loop
 * that fills and resets keeps what it usually needs, and makes no calls; but kept memory is not
 * cleared, and hp_arena_take says so. With keep 0 all is given back at once, the rest of the
 * mark's own page is cleared, and whatever is taken then reads zero. -EINVAL: the mark is above
 * the top; or the error of hp_vm_decommit. */
HP_API int hp_arena_reset(struct hp_arena *arena, size_t mark, size_t keep);

/* The reservation ends, with everything in it. 1 call. -EINVAL: closed already. */
HP_API int hp_arena_close(struct hp_arena *arena);

HP_EXTERN_C_END

#endif
