/* SPDX-License-Identifier: MIT */
/* hugetlb_get_unmapped_area of fs/hugetlbfs/inode.c (6.13), which leaves the search to the mm, and
 * what x86 had of its own before that (arch/x86/mm/hugetlbpage.c). */
#include <errno.h>

#include "layout.h"

/* Beside the mm's: the hint goes down to a huge page, MAP_32BIT counts for nothing, and what is
 * tried last begins at a third of the space, randomised or not. */
static uint64_t x86_own(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct hp_layout_call own = *call;
    own.flags &= ~(unsigned)(HP_LAYOUT_MAP_32BIT | HP_LAYOUT_MAP_ABOVE_4G);
    return hp_layout_x86_hugetlb(run, &own);
}

/* Until 6.12 a fixed address went no further than this. */
static bool is_own(const struct hp_layout_facts *facts) {
    return hp_layout_has(facts, HP_LAYOUT_HAS_HUGETLB_X86 | HP_LAYOUT_HAS_HUGETLB_GENERIC |
                                    HP_LAYOUT_HAS_HUGETLB_MIN);
}

bool hp_layout_hugetlb_fixed(struct hp_layout_run *run, const struct hp_layout_call *call,
                             uint64_t *at) {
    if (!(call->flags & HP_LAYOUT_MAP_FIXED)) return false;
    *at = hp_error(EINVAL);
    if (call->address & (call->align - 1) && FIRES(run, HUGETLB_FIXED, call->address, call->align))
        return true;
    *at = call->address;
    return is_own(run->facts) && FIRES(run, FIXED, call->address);
}

static uint64_t by_mm(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct hp_layout_call aligned = *call;
    aligned.address = hp_round_up(call->address, call->align);
    if (aligned.address != call->address &&
        !FIRES(run, HUGETLB_HINT, call->address, aligned.address))
        aligned.address = call->address;
    return hp_layout_mm_area(run, &aligned);
}

uint64_t hp_layout_hugetlb_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    uint64_t fixed;
    if (hp_layout_has(run->facts, HP_LAYOUT_HAS_HUGETLB_GENERIC | HP_LAYOUT_HAS_HUGETLB_MIN))
        return hp_layout_hugetlb_generic(run, call);
    if (hp_layout_hugetlb_fixed(run, call, &fixed)) return fixed;
    if (hp_layout_has(run->facts, HP_LAYOUT_HAS_HUGETLB_X86)) return x86_own(run, call);
    return by_mm(run, call);
}
