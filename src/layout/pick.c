/* SPDX-License-Identifier: MIT */
/* arch_pick_mmap_layout of arch/x86/mm/mmap.c and mm/util.c: what exec makes of the stack limit,
 * the personality and a random number. */
#include <errno.h>

#include "era.h"
#include "pick.h"

enum { COMPAT_LAYOUT = 0x0200000 };

static bool is_legacy(const struct hp_layout_facts *facts) {
    if (hp_layout_has(facts, HP_LAYOUT_HAS_LEGACY_ONLY) && facts->machine == HP_LAYOUT_X86_64)
        return true;
    if (hp_layout_shield_forces(facts)) return false;
    if (facts->personality & COMPAT_LAYOUT || facts->legacy_sysctl) return true;
    return hp_layout_has(facts, HP_LAYOUT_HAS_UNLIMITED_LEGACY) &&
           facts->stack_limit == HP_LAYOUT_UNLIMITED;
}

static uint64_t held_to(uint64_t least, uint64_t n, uint64_t most) {
    if (n > most) n = most;
    return n < least ? least : n;
}

/* mmap_base, of an address space that ends at `end` */
static struct hp_layout_gap gap_below(const struct hp_layout_facts *facts, uint64_t end,
                                      uint64_t stack_pad) {
    struct hp_layout_gap gap = {
        .limit = facts->stack_limit, .least = 128 << 20, .most = end / 6 * 5};
    uint64_t sum = gap.limit;
    const uint64_t pad = facts->randomised ? stack_pad : 0;
    if (!hp_layout_has(facts, HP_LAYOUT_HAS_GAP_PAD)) {
        gap.least += pad;
    } else if (!__builtin_add_overflow(gap.limit, pad + facts->guard, &sum)) {
        gap.pad = pad;
        gap.guard = facts->guard;
    } else {
        sum = gap.limit;
    }
    gap.size = held_to(gap.least, sum, gap.most);
    return gap;
}

uint64_t hp_layout_highest_base(const struct hp_layout_facts *facts, bool compat,
                                struct hp_layout_gap *gap) {
    const uint64_t end = compat ? facts->compat_task_size : facts->window;
    const uint64_t compat_pad = 0x7ff << 12;
    *gap = gap_below(facts, end, compat ? compat_pad : facts->stack_pad);
    return end - gap->size;
}

uint64_t hp_layout_lowest_base(const struct hp_layout_facts *facts, bool compat) {
    const uint64_t end = compat ? facts->compat_task_size : facts->window;
    const unsigned part = facts->machine == HP_LAYOUT_AARCH64 ? 4 : 3;
    return hp_round_up(end / part, facts->page);
}

/* Up to 3.9 the bottom-up base of 32-bit tasks was not drawn. */
static bool is_legacy_fixed(const struct hp_layout_facts *facts) {
    return facts->search == HP_LAYOUT_CACHE && facts->machine == HP_LAYOUT_I386;
}

static const int needed[] = {HP_LAYOUT_FACT_personality, HP_LAYOUT_FACT_stack_limit,
                             HP_LAYOUT_FACT_legacy_sysctl, HP_LAYOUT_FACT_randomised};

static void derive(struct hp_layout_facts *facts, int fact, uint64_t number, int draw) {
    const int from[] = {HP_LAYOUT_FACT_stack_limit, HP_LAYOUT_FACT_randomised, draw};
    hp_layout_set_fact(facts, fact, number, hp_layout_mark_of(facts, from, HP_COUNT(from)));
}

/* Both bases, of the task itself or of int $0x80; false where the draw is not known. */
static bool derive_bases(struct hp_layout_facts *facts, bool compat, struct hp_layout_gap *gap) {
    const int drawn = compat ? HP_LAYOUT_FACT_compat_draw : HP_LAYOUT_FACT_draw;
    const int down = compat ? HP_LAYOUT_FACT_compat_base : HP_LAYOUT_FACT_base;
    const int up = compat ? HP_LAYOUT_FACT_compat_legacy_base : HP_LAYOUT_FACT_legacy_base;
    const uint64_t highest = hp_layout_highest_base(facts, compat, gap);
    const uint64_t lowest = hp_layout_lowest_base(facts, compat);
    if (!facts->randomised) hp_layout_set_fact(facts, drawn, 0, HP_LAYOUT_DERIVED);
    if (facts->mark[drawn] == HP_LAYOUT_UNKNOWN) return false;
    const uint64_t draw = hp_layout_fact(facts, drawn);
    uint64_t base = hp_round_up(highest - draw, facts->page);
    if (facts->machine == HP_LAYOUT_AARCH64 && facts->legacy) base = lowest + draw;
    derive(facts, down, base, drawn);
    derive(facts, up, lowest + (is_legacy_fixed(facts) ? 0 : draw), drawn);
    return true;
}

int hp_layout_pick(struct hp_layout_facts *facts, struct hp_layout_gap *gap) {
    struct hp_layout_gap own = {0}, compat;
    if (!facts) return -EINVAL;
    for (size_t i = 0; i < HP_COUNT(needed); i++)
        if (facts->mark[needed[i]] == HP_LAYOUT_UNKNOWN) return -ENODATA;
    hp_layout_set_fact(facts, HP_LAYOUT_FACT_legacy, is_legacy(facts),
                       hp_layout_mark_of(facts, needed, HP_COUNT(needed)));
    bool all = derive_bases(facts, false, &own);
    if (facts->machine == HP_LAYOUT_X86_64 && facts->search != HP_LAYOUT_CACHE)
        all &= derive_bases(facts, true, &compat);
    if (gap) *gap = own;
    return all ? 0 : -ENODATA;
}
