/* SPDX-License-Identifier: MIT */
/* A fresh process: what load_elf_binary has set when the program begins. */
#include <errno.h>
#include <hardpan/sim.h>

#include "era.h"

static bool is_sound(const struct hp_layout *layout) {
    uint64_t end = 0;
    for (size_t i = 0; i < layout->map.count; i++) {
        const struct hp_layout_mapping *mapping = &layout->map.mappings[i];
        if (mapping->low < end || mapping->high <= mapping->low) return false;
        if ((mapping->low | mapping->high) & (layout->facts.page - 1)) return false;
        end = mapping->high;
    }
    return true;
}

/* mm->shlib_base, of which half a megabyte at most is drawn, apart from the base. */
static int pick_shlib_base(struct hp_layout_facts *facts) {
    if (!hp_layout_has(facts, HP_LAYOUT_HAS_EXEC_SHIELD)) return 0;
    if (facts->mark[HP_LAYOUT_FACT_shlib_base] != HP_LAYOUT_UNKNOWN)
        return facts->shlib_base & (facts->page - 1) ? -EINVAL : 0;
    if (facts->randomised) return -ENODATA;
    return hp_layout_set_fact(facts, HP_LAYOUT_FACT_shlib_base, hp_layout_shield_base(),
                              HP_LAYOUT_DERIVED);
}

int hp_layout_exec(struct hp_layout *layout) {
    if (!layout || !hp_layout_row(&layout->facts) || !is_sound(layout)) return -EINVAL;
    struct hp_layout_facts facts = layout->facts;
    int code = hp_layout_pick(&facts, 0);
    if (!code) code = pick_shlib_base(&facts);
    if (code) return code;
    layout->facts = facts;
    layout->hidden.known = 1;
    layout->hidden.cache = facts.legacy ? facts.legacy_base : facts.base;
    layout->hidden.hole = 0;
    return 0;
}
