/* SPDX-License-Identifier: MIT */
/* A list of mappings kept in step with the calls that this process makes. It need not merge what
 * the kernel merges: placement does not ask for it. */
#include <string.h>

#include "live.h"

static void move_tail(struct hp_layout_map *map, size_t from, size_t to) {
    memmove(map->mappings + to, map->mappings + from, (map->count - from) * sizeof *map->mappings);
    map->count = map->count - from + to;
}

/* A boundary at `address`: the index of what begins there or above. */
static size_t split(struct hp_layout_map *map, uint64_t address) {
    const size_t index = hp_layout_find(map, address);
    if (index == map->count || map->mappings[index].low >= address) return index;
    move_tail(map, index, index + 1);
    struct hp_layout_mapping *low = &map->mappings[index], *high = low + 1;
    high->offset += address - low->low;
    high->low = low->high = address;
    return index + 1;
}

bool shadow_cut(struct hp_layout_map *map, uint64_t low, uint64_t high) {
    if (map->capacity - map->count < 2) return false;
    const size_t first = split(map, low), end = split(map, high);
    move_tail(map, end, first);
    return true;
}

bool shadow_split(struct hp_layout_map *map, uint64_t low, uint64_t high) {
    if (map->capacity - map->count < 2) return false;
    split(map, low);
    split(map, high);
    return true;
}

bool shadow_put(struct hp_layout_map *map, const struct hp_layout_mapping *mapping) {
    if (!shadow_cut(map, mapping->low, mapping->high) || map->count == map->capacity) return false;
    const size_t index = hp_layout_find(map, mapping->low);
    move_tail(map, index, index + 1);
    map->mappings[index] = *mapping;
    return true;
}
