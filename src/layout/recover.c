/* SPDX-License-Identifier: MIT */
/* The bases of a process that runs already. The kernel shows them nowhere, but the first thing that
 * exec maps, the loader, touches one: seen on 6.18, in every layout, is the vdso right below it, or
 * right above where the layout is bottom-up. An edge is believed only if exec can have drawn it. */
#include <errno.h>
#include <string.h>

#include "layout.h"
#include "pick.h"

/* How far `from` is beyond `to`, in pages, where that is something exec draws; else false. */
static bool is_drawn(const struct hp_layout_facts *facts, uint64_t from, uint64_t to,
                     unsigned bits) {
    if (from < to) return false;
    if (!facts->randomised) return from - to < facts->page;
    return (from - to) / facts->page < UINT64_C(1) << bits;
}

/* Sets what was drawn, and both bases by it. */
static int accept(struct hp_layout_facts *facts, uint64_t edge, int mark) {
    struct hp_layout_gap gap;
    const uint64_t highest = hp_layout_highest_base(facts, false, &gap);
    const uint64_t lowest = hp_layout_lowest_base(facts, false);
    const uint64_t top = hp_round_up(highest, facts->page);
    const uint64_t from = facts->legacy ? edge : top, to = facts->legacy ? lowest : edge;
    if (facts->random_bits > 40 || !is_drawn(facts, from, to, (unsigned)facts->random_bits))
        return -ENODATA;
    hp_layout_set_fact(facts, HP_LAYOUT_FACT_draw, from - to, HP_LAYOUT_DERIVED);
    struct hp_layout_facts picked = *facts;
    (void)hp_layout_pick(&picked, 0);
    facts->base = picked.base;
    facts->legacy_base = picked.legacy_base;
    facts->mark[HP_LAYOUT_FACT_base] = picked.mark[HP_LAYOUT_FACT_base];
    facts->mark[HP_LAYOUT_FACT_legacy_base] = picked.mark[HP_LAYOUT_FACT_legacy_base];
    return hp_layout_set_fact(
        facts, facts->legacy ? HP_LAYOUT_FACT_legacy_base : HP_LAYOUT_FACT_base, edge, mark);
}

/* The far end of the mappings that touch mapping `index`, upwards or downwards. */
static size_t run_end(const struct hp_layout_map *map, size_t index, bool up) {
    const struct hp_layout_mapping *m = map->mappings;
    if (up)
        while (index + 1 < map->count && m[index + 1].low == m[index].high) index++;
    else
        while (index && m[index - 1].high == m[index].low) index--;
    return index;
}

static uint64_t edge_of(const struct hp_layout *layout, size_t end) {
    const struct hp_layout_mapping *m = &layout->map.mappings[end];
    return layout->facts.legacy ? m->low : m->high;
}

static bool is_usable(const struct hp_layout *layout) {
    static const int needed[] = {HP_LAYOUT_FACT_legacy, HP_LAYOUT_FACT_randomised,
                                 HP_LAYOUT_FACT_stack_limit, HP_LAYOUT_FACT_random_bits};
    return layout &&
           hp_layout_mark_of(&layout->facts, needed, HP_COUNT(needed)) != HP_LAYOUT_UNKNOWN;
}

int hp_layout_recover_own(struct hp_layout *layout, uint64_t probe) {
    if (!is_usable(layout)) return -EINVAL;
    const size_t index = hp_layout_find(&layout->map, probe);
    if (index == layout->map.count || layout->map.mappings[index].low > probe) return -ENODATA;
    const size_t end = run_end(&layout->map, index, !layout->facts.legacy);
    return accept(&layout->facts, edge_of(layout, end), HP_LAYOUT_PROBED);
}

static bool is_named(const struct hp_layout_map *map, size_t index, const char *name, size_t size) {
    const struct hp_layout_mapping *m = &map->mappings[index];
    return m->name_size == size && !memcmp(map->text + m->name, name, size);
}

/* Between the vdso and the edge lies one file and its memory, no more than would be mapped in one
 * go; a file longer than a huge page may have been aligned to one, away from the edge. */
static bool is_one_file(const struct hp_layout *layout, size_t first, size_t last) {
    const struct hp_layout_mapping *m = layout->map.mappings, *file = 0;
    if (m[last].high - m[first].low >= layout->facts.huge_page) return false;
    for (size_t i = first; i <= last; i++) {
        if (!m[i].name_size) continue;
        if (!file) file = &m[i];
        if (!is_named(&layout->map, i, layout->map.text + file->name, file->name_size))
            return false;
    }
    return true;
}

static bool is_vvar(const struct hp_layout_map *map, size_t index) {
    return is_named(map, index, "[vvar]", 6) || is_named(map, index, "[vvar_vclock]", 13);
}

int hp_layout_recover(struct hp_layout *layout) {
    if (!is_usable(layout) || !layout->map.text) return -EINVAL;
    const struct hp_layout_map *map = &layout->map;
    const bool up = !layout->facts.legacy;
    size_t vdso = 0;
    while (vdso < map->count && !is_named(map, vdso, "[vdso]", 6)) vdso++;
    if (vdso == map->count) return -ENODATA;
    const size_t end = run_end(map, vdso, up);
    /* [vvar] lies below [vdso], so between it and the loader where the layout is bottom-up */
    while (!up && vdso > end && is_vvar(map, vdso - 1)) vdso--;
    if (end != vdso &&
        !(up ? is_one_file(layout, vdso + 1, end) : is_one_file(layout, end, vdso - 1)))
        return -ENODATA;
    return accept(&layout->facts, edge_of(layout, end), HP_LAYOUT_DERIVED);
}
