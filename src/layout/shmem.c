/* SPDX-License-Identifier: MIT */
/* shmem_get_unmapped_area of mm/shmem.c: where the first place found is none for huge pages, a
 * longer gap is looked for, of no file, and the mapping goes to where it is aligned. */
#include <errno.h>

#include "layout.h"

uint64_t hp_layout_shmem_page(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (!hp_layout_has(run->facts, HP_LAYOUT_HAS_SHMEM_ALIGN)) return 0;
    switch (call->object) {
    case HP_LAYOUT_TMPFS: return call->align;
    case HP_LAYOUT_MEMFD: return NEED(run, memfd_align);
    default: return NEED(run, shared_align); /* no file: /dev/zero and MAP_SHARED */
    }
}

bool hp_layout_shmem_moves(const struct hp_layout_call *call, uint64_t huge, uint64_t found) {
    if (!huge || call->flags & HP_LAYOUT_MAP_FIXED || found == call->address) return false;
    const uint64_t inside = call->offset & (huge - 1);
    if (call->length < huge) return false;
    if (inside && inside + call->length < 2 * huge) return false;
    return (found & (huge - 1)) != inside;
}

uint64_t hp_layout_shmem_inflated(const struct hp_layout_run *run,
                                  const struct hp_layout_call *call, uint64_t huge) {
    const uint64_t length = call->length + huge - run->facts->page;
    return length > run->facts->task_size ? 0 : length;
}

/* A gap of `huge` more, without file and offset: the first place in it where address and offset
 * agree. */
static uint64_t second_search(struct hp_layout_run *run, const struct hp_layout_call *call,
                              uint64_t huge, uint64_t length) {
    struct hp_layout_call inflated = *call;
    inflated.length = length;
    inflated.offset = 0;
    inflated.object = HP_LAYOUT_ANONYMOUS;
    const uint64_t found = hp_layout_mm_area(run, &inflated);
    if (hp_is_error(found)) return found;
    const uint64_t moved = found + ((call->offset - found) & (huge - 1));
    if (moved == found) return found;
    return FIRES(run, SHMEM_SHIFT, found, moved) ? moved : found;
}

uint64_t hp_layout_shmem_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const uint64_t found = hp_layout_mm_area(run, call), end = run->facts->task_size;
    if (hp_is_error(found) || found & (run->facts->page - 1) || found > end - call->length)
        return found;
    const uint64_t huge = hp_layout_shmem_page(run, call);
    if (!hp_layout_shmem_moves(call, huge, found)) return found;
    const uint64_t length = hp_layout_shmem_inflated(run, call, huge);
    if (!length || !FIRES(run, SHMEM_PAD, found, huge, length)) return found;
    const uint64_t moved = second_search(run, call, huge, length);
    return hp_is_error(moved) || moved > end - call->length ? found : moved;
}
