/* SPDX-License-Identifier: MIT */
/* do_mmap of mm/mmap.c: what becomes of the arguments before an address is looked for, and what may
 * still be refused when there is one. */
#include <errno.h>

#include "layout.h"

/* round_hint_to_min */
static uint64_t hint_of(struct hp_layout_run *run, uint64_t hint) {
    const struct hp_layout_facts *facts = run->facts;
    uint64_t at = hp_round_down(hint, facts->page);
    if (at != hint && !FIRES(run, HINT_PAGE, hint, at)) at = hint;
    if (at && at < facts->min_addr && FIRES(run, HINT_RAISED, at, facts->min_addr))
        at = hp_round_up(facts->min_addr, facts->page);
    return at;
}

/* 0, or what is wrong with the arguments */
static int check_arguments(struct hp_layout_run *run, struct hp_layout_call *call) {
    const uint64_t page = run->facts->page;
    if (call->offset & (page - 1) && FIRES(run, OFFSET_PAGE, call->offset)) return EINVAL;
    if (call->object == HP_LAYOUT_HUGE) {
        const uint64_t whole = hp_round_up(call->length, call->align);
        if (whole != call->length && FIRES(run, LENGTH_HUGE, call->length, whole))
            call->length = whole;
    }
    if (!call->length && FIRES(run, LENGTH_ZERO, 0)) return EINVAL;
    const uint64_t length = call->length;
    call->length = hp_round_up(length, page);
    return length && !call->length && FIRES(run, LENGTH_WRAPS, length) ? ENOMEM : 0;
}

/* A mapping of huge pages that this address would cut inside of one; NULL: none. */
static const struct hp_layout_mapping *cut_by(const struct hp_layout_run *run, uint64_t edge) {
    const struct hp_layout_mapping *mapping = hp_layout_next(run, edge);
    if (!mapping || mapping->low >= edge || !(mapping->flags & HP_LAYOUT_HUGETLB)) return 0;
    return edge & (run->facts->huge_page - 1) ? mapping : 0;
}

int hp_layout_cuts_huge(struct hp_layout_run *run, uint64_t low, uint64_t high) {
    const bool einval = hp_layout_has(run->facts, HP_LAYOUT_HAS_CUT_EINVAL);
    const int code = einval ? EINVAL : ENOMEM;
    const uint64_t edges[] = {low, high};
    for (size_t i = 0; i < HP_COUNT(edges); i++) {
        const struct hp_layout_mapping *cut = cut_by(run, edges[i]);
        if (cut && FIRES_AT(run, CUTS_HUGE, hp_layout_index(run, cut), code, edges[i])) return code;
    }
    return 0;
}

static int check_place(struct hp_layout_run *run, const struct hp_layout_call *call, uint64_t at) {
    const struct hp_layout_mapping *there = hp_layout_next(run, at);
    if (call->flags & HP_LAYOUT_MAP_NOREPLACE && there && there->low < at + call->length &&
        FIRES_AT(run, NOREPLACE, hp_layout_index(run, there), at))
        return EEXIST;
    if (call->flags & HP_LAYOUT_MAP_GROWS_DOWN &&
        (call->flags & HP_LAYOUT_MAP_SHARED || call->object != HP_LAYOUT_ANONYMOUS) &&
        FIRES(run, GROWS_DOWN, at))
        return EINVAL;
    return call->flags & HP_LAYOUT_MAP_FIXED ? hp_layout_cuts_huge(run, at, at + call->length) : 0;
}

static unsigned flags_of(const struct hp_layout_run *run, unsigned flags) {
    if (!hp_layout_has(run->facts, HP_LAYOUT_HAS_NOREPLACE))
        flags &= ~(unsigned)HP_LAYOUT_MAP_NOREPLACE;
    return flags & HP_LAYOUT_MAP_NOREPLACE ? flags | HP_LAYOUT_MAP_FIXED : flags;
}

/* Whatever address is drawn, this is the end of it. */
static void refuse_draws(struct hp_layout_answer *answer, int code) {
    for (size_t i = 0; i < answer->count && i < answer->capacity; i++)
        if (!answer->parts[i].code)
            answer->parts[i] = (struct hp_layout_part){
                .draws = hp_layout_part_draws(&answer->parts[i]), .code = -code};
}

uint64_t hp_layout_do_mmap(struct hp_layout_run *run, const struct hp_layout_call *asked) {
    struct hp_layout_call call = *asked;
    int code = check_arguments(run, &call);
    if (code) return hp_error(code);
    call.flags = flags_of(run, call.flags);
    if (!(call.flags & HP_LAYOUT_MAP_FIXED)) call.address = hint_of(run, call.address);
    run->answer->length = call.length;
    const uint64_t at = hp_layout_get_unmapped_area(run, &call);
    if (run->drawn) hp_layout_draws(run, &call);
    if (hp_is_error(at)) return at;
    code = check_place(run, &call, at);
    if (!code) return at;
    refuse_draws(run->answer, code);
    return hp_error(code);
}
