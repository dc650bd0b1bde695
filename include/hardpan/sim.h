/* SPDX-License-Identifier: MIT */
/* hardpan/sim.h - a process followed from exec on, call by call, on any kernel the model knows.
 *
 *     facts, image ---exec---> layout ---apply---> layout ---apply---> ...
 *
 * What cannot be seen in a snapshot, such as where a kernel before 3.8 ended its last search, is
 * known all along, so that the answers are exact. Nothing is drawn in here: where the kernel would
 * draw, the caller's numbers are used, and the same numbers give the same addresses.
 *
 * For every function here: answer, safety and memory as in hardpan/layout.h; one pass over the
 * mappings for each change. */
#ifndef HARDPAN_SIM_H
#define HARDPAN_SIM_H

#include <hardpan/layout.h>

HP_EXTERN_C_BEGIN

/* What exec leaves: direction and bases (hp_layout_pick), exec-shield's area, and a search that has
 * not begun. layout->facts are the kernel's (hp_layout_kernel) with personality, stack_limit, draw
 * and compat_draw set; layout->map holds what exec itself maps at places of its own: image, heap
 * and stack. -ENODATA: a fact it needs is unknown. -EINVAL: the mappings overlap, are out of order,
 * or are not whole pages. */
HP_API int hp_layout_exec(struct hp_layout *layout);

enum hp_layout_call_kind {
    HP_LAYOUT_MMAP,     /* request, without HP_LAYOUT_REMAP */
    HP_LAYOUT_MREMAP,   /* request with HP_LAYOUT_REMAP */
    HP_LAYOUT_MUNMAP,   /* request.address, request.length */
    HP_LAYOUT_MPROTECT, /* and request.protection */
    HP_LAYOUT_BRK       /* request.address */
};

/* A call, and what the kernel draws in it. */
struct hp_layout_op {
    int kind; /* enum hp_layout_call_kind */
    struct hp_layout_request request;
    /* get_random_int() in the order of its calls; unused where the kernel draws nothing */
    uint64_t random[2];
    /* of what is mapped: a name in layout->map.text, as struct hp_layout_mapping has it */
    uint64_t name;
    uint32_t name_size;
};

/* Plays a call: the answer is what the kernel would give (EXACT or REFUSED; brk: what brk(2)
 * answers), and the layout is what it would leave, with mappings split and merged. When the answer
 * is not known (HISTORY, NOT_KNOWN), nothing is changed. -ENOSPC: no room for two mappings more,
 * and nothing was changed. */
HP_API int hp_layout_apply(struct hp_layout *layout, const struct hp_layout_op *op,
                           struct hp_layout_answer *answer);

HP_EXTERN_C_END

#endif
