/* SPDX-License-Identifier: MIT */
/* Looking mappings up, and where each begins to be in the way. */
#include "layout.h"

size_t hp_layout_find(const struct hp_layout_map *map, uint64_t address) {
    size_t low = 0, high = map->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (map->mappings[middle].high > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

const struct hp_layout_mapping *hp_layout_next(const struct hp_layout_run *run, uint64_t address) {
    const size_t index = hp_layout_find(run->map, address);
    return index < run->map->count ? &run->map->mappings[index] : 0;
}

const struct hp_layout_mapping *hp_layout_after(const struct hp_layout_run *run,
                                                const struct hp_layout_mapping *mapping) {
    return mapping + 1 < run->map->mappings + run->map->count ? mapping + 1 : 0;
}

uint32_t hp_layout_index(const struct hp_layout_run *run, const struct hp_layout_mapping *mapping) {
    return (uint32_t)(mapping - run->map->mappings);
}

uint64_t hp_layout_guarded(const struct hp_layout_facts *facts,
                           const struct hp_layout_mapping *mapping) {
    uint64_t guard = 0;
    if (mapping->flags & HP_LAYOUT_GROWS_DOWN)
        guard = facts->guard;
    else if (mapping->flags & HP_LAYOUT_SHADOW_STACK)
        guard = facts->page;
    return mapping->low > guard ? mapping->low - guard : 0;
}
