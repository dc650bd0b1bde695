/* SPDX-License-Identifier: MIT */
/* thp_get_unmapped_area of mm/huge_memory.c: look for a huge page more than is mapped, and move up
 * to where the offset in the file and the address agree within a huge page. */
#include "layout.h"

/* Whether a whole huge page of the object is mapped at all. */
static bool has_huge_page(const struct hp_layout_call *call, uint64_t huge) {
    const uint64_t end = call->offset + call->length, first = hp_round_up(call->offset, huge);
    return end > first && end - first >= huge;
}

uint64_t hp_layout_thp_padded(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_facts *facts = run->facts;
    const uint64_t huge = facts->huge_page, padded = call->length + huge;
    if (hp_layout_has(facts, HP_LAYOUT_HAS_THP_NOT_COMPAT) &&
        hp_layout_is_compat(run, call->flags) && FIRES(run, THP_COMPAT, 0))
        return 0;
    if (!has_huge_page(call, huge)) return 0;
    if (call->offset + padded < call->offset) return 0;
    return FIRES(run, THP_PAD, padded) ? padded : 0;
}

/* Where in the padded gap it goes. */
static uint64_t shifted(struct hp_layout_run *run, const struct hp_layout_call *call,
                        uint64_t found) {
    const uint64_t huge = run->facts->huge_page, shift = (call->offset - found) & (huge - 1);
    if (shift) return FIRES(run, THP_SHIFT, found, found + shift) ? found + shift : found;
    if (run->facts->legacy || !hp_layout_has(run->facts, HP_LAYOUT_HAS_THP_UP)) return found;
    return FIRES(run, THP_UP, found, found + huge) ? found + huge : found;
}

uint64_t hp_layout_thp_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct hp_layout_call padded = *call;
    padded.length = hp_layout_thp_padded(run, call);
    if (!padded.length) return hp_layout_mm_area(run, call);
    const uint64_t found = hp_layout_mm_area(run, &padded);
    if (hp_is_error(found)) return hp_layout_mm_area(run, call);
    const bool held = found == call->address && (!found || FIRES(run, THP_HINT, found));
    const uint64_t at = held ? found : shifted(run, call, found);
    /* 0, by MAP_FIXED or by LOW_PASSED, says "not found" to the caller, which tries again */
    return at ? at : hp_layout_mm_area(run, call);
}
