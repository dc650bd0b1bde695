/* SPDX-License-Identifier: MIT */
/* Changes to a list of mappings, as the kernel splits and merges them. Room for two more than there
 * are is asked for first, so that a change is made whole or not at all. */
#include "edit.h"

#include <errno.h>
#include <string.h>

/* What smaps counted is counted of neither half. */
static void forget_sizes(struct hp_layout_mapping *mapping) {
    mapping->resident = mapping->anonymous = mapping->swapped = mapping->huge = 0;
}

static void open_slot(struct hp_layout_map *map, size_t index) {
    struct hp_layout_mapping *at = map->mappings + index;
    memmove(at + 1, at, (map->count - index) * sizeof *at);
    map->count++;
}

static void close_slots(struct hp_layout_map *map, size_t first, size_t end) {
    struct hp_layout_mapping *at = map->mappings;
    memmove(at + first, at + end, (map->count - end) * sizeof *at);
    map->count -= end - first;
}

/* A boundary at `address`; the index of the first mapping at it or above. */
static size_t split(struct hp_layout_map *map, uint64_t address) {
    const size_t index = hp_layout_find(map, address);
    if (index == map->count || map->mappings[index].low >= address) return index;
    open_slot(map, index);
    struct hp_layout_mapping *low = map->mappings + index, *high = low + 1;
    low->high = high->low = address;
    if (high->flags & HP_LAYOUT_FILE) high->offset += address - low->low;
    forget_sizes(low);
    forget_sizes(high);
    return index + 1;
}

/* is_mergeable_vma. Shared anonymous memory is a file of its own each time. */
static bool can_merge(const struct hp_layout_mapping *low, const struct hp_layout_mapping *high) {
    if (low->high != high->low || low->flags != high->flags) return false;
    if (low->name != high->name || low->name_size != high->name_size) return false;
    if (low->flags & HP_LAYOUT_FILE)
        return low->name_size && low->offset + (low->high - low->low) == high->offset;
    return !(low->flags & (HP_LAYOUT_SHARED | HP_LAYOUT_HUGETLB));
}

/* The mapping at `index` with the next one. */
static void merge(struct hp_layout_map *map, size_t index) {
    if (index + 1 >= map->count) return;
    struct hp_layout_mapping *low = map->mappings + index, *high = low + 1;
    if (!can_merge(low, high)) return;
    low->high = high->high;
    low->resident += high->resident;
    low->anonymous += high->anonymous;
    low->swapped += high->swapped;
    low->huge += high->huge;
    close_slots(map, index + 1, index + 2);
}

bool hp_layout_has_room(const struct hp_layout_map *map) { return map->capacity >= map->count + 2; }

bool hp_layout_cut(struct hp_layout_map *map, uint64_t low, uint64_t high) {
    const size_t first = split(map, low), end = split(map, high);
    close_slots(map, first, end);
    return end > first;
}

void hp_layout_put(struct hp_layout_map *map, const struct hp_layout_mapping *mapping) {
    const size_t index = hp_layout_find(map, mapping->low);
    open_slot(map, index);
    map->mappings[index] = *mapping;
    merge(map, index);
    if (index) merge(map, index - 1);
}

void hp_layout_paint(struct hp_layout_map *map, uint64_t low, uint64_t high, unsigned protection) {
    enum { PROTECTIONS = HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_EXECUTE };
    const size_t first = split(map, low), end = split(map, high);
    for (size_t i = first; i < end; i++)
        map->mappings[i].flags = (map->mappings[i].flags & ~(uint32_t)PROTECTIONS) | protection;
    for (size_t i = end; i > first; i--) merge(map, i - 1);
    if (first) merge(map, first - 1);
}
