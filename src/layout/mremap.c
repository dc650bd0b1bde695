/* SPDX-License-Identifier: MIT */
/* do_mremap of mm/mremap.c: whether a mapping stays where it is, and what place it moves to. */
#include <errno.h>

#include "layout.h"

struct remap {
    uint64_t at, old_length, length;
    const struct hp_layout_mapping *mapping; /* that it is a part of */
    const struct hp_layout_call *call;
};

/* check_mremap_params; 0 or an error */
static int check_arguments(const struct hp_layout_run *run, const struct remap *remap) {
    const uint64_t page = run->facts->page, end = run->facts->task_size;
    const unsigned flags = remap->call->flags;
    const bool fixed = flags & HP_LAYOUT_MAP_FIXED;
    if (remap->at & (page - 1) || !remap->length) return EINVAL;
    if (remap->length > end && (fixed || hp_layout_has(run->facts, HP_LAYOUT_HAS_REMAP_EINVAL)))
        return EINVAL;
    if (!fixed) return 0;
    const uint64_t to = remap->call->address;
    if (!(flags & HP_LAYOUT_MAY_MOVE) || to & (page - 1) || to > end - remap->length) return EINVAL;
    /* a second view over itself: what it is to show is unmapped first; up to 3.7 it is refused */
    if (to == remap->at && !remap->old_length)
        return run->facts->search == HP_LAYOUT_CACHE ? EINVAL : EFAULT;
    const bool apart = remap->at + remap->old_length <= to || to + remap->length <= remap->at;
    return apart ? 0 : EINVAL;
}

/* vma_lookup and check_prep_vma; 0 or an error */
static int check_mapping(const struct remap *remap) {
    const struct hp_layout_mapping *m = remap->mapping;
    if (!m || m->low > remap->at) return EFAULT;
    if (remap->old_length > m->high - remap->at) return EFAULT;
    return m->flags & HP_LAYOUT_HUGETLB && remap->length > remap->old_length ? EINVAL : 0;
}

/* vma_expandable: nothing behind it, as far as it is to go. Guards do not count. */
static bool can_grow(struct hp_layout_run *run, const struct remap *remap) {
    const struct hp_layout_mapping *m = remap->mapping;
    const uint64_t end = remap->at + remap->length;
    if (remap->length <= remap->old_length || remap->length > run->facts->task_size) return false;
    if (remap->at + remap->old_length != m->high || end > run->facts->task_size) return false;
    const struct hp_layout_mapping *next = hp_layout_next(run, m->high);
    return (!next || next->low >= end) && FIRES(run, REMAP_GROWS, end);
}

/* Its offset counts from the start of the file, and what is shared has one even if anonymous. */
static uint64_t move(struct hp_layout_run *run, const struct remap *remap) {
    struct hp_layout_call call = *remap->call;
    const bool fixed = call.flags & HP_LAYOUT_MAP_FIXED;
    const bool shared = remap->mapping->flags & HP_LAYOUT_SHARED;
    call.length = remap->length;
    call.offset = remap->mapping->offset + (remap->at - remap->mapping->low);
    if (!fixed) call.address = 0;
    call.flags = (fixed ? HP_LAYOUT_MAP_FIXED : 0u) | (shared ? HP_LAYOUT_MAP_SHARED : 0u) |
                 (call.flags & HP_LAYOUT_BY_INT80);
    return hp_layout_get_unmapped_area(run, &call);
}

uint64_t hp_layout_do_mremap(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const uint64_t page = run->facts->page;
    const struct remap remap = {
        .at = run->request->old_address,
        .old_length = hp_round_up(run->request->old_length, page),
        .length = hp_round_up(call->length, page),
        .mapping = hp_layout_next(run, run->request->old_address),
        .call = call,
    };
    int code = check_arguments(run, &remap);
    if (!code) code = check_mapping(&remap);
    if (code) return FIRES(run, REMAP_BAD, code) ? hp_error(code) : remap.at;
    run->answer->length = remap.length;
    if (call->flags & HP_LAYOUT_MAP_FIXED) return move(run, &remap);
    if (remap.length <= remap.old_length &&
        FIRES(run, REMAP_SHRINKS, remap.old_length - remap.length))
        return remap.at;
    if (can_grow(run, &remap)) return remap.at;
    if (call->flags & HP_LAYOUT_MAY_MOVE && FIRES(run, REMAP_MOVES, remap.mapping->high))
        return move(run, &remap);
    return FIRES(run, REMAP_STAYS, remap.at) ? hp_error(ENOMEM) : remap.at;
}
