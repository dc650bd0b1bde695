/* SPDX-License-Identifier: MIT */
/* Ground for probes. Nothing is accounted for what is mapped here: it is never readable. */
#include "ground.h"

#include <sys/mman.h>

#include "../doctor/probe.h"

/* At an address, or where the kernel likes (0). */
static bool lay(struct hp_layout *layout, struct ground *ground, uint64_t address, uint64_t length,
                int extra) {
    uintptr_t at;
    if (ground->count == MOST_GROUND) return false;
    if (map_at((uintptr_t)address, (size_t)length, PROT_NONE, MAP_NORESERVE | extra, &at))
        return false;
    struct hp_layout_mapping *laid = &ground->laid[ground->count++];
    *laid = (struct hp_layout_mapping){.low = at, .high = at + length};
    if (extra & MAP_GROWSDOWN) laid->flags |= HP_LAYOUT_GROWS_DOWN;
    if (extra & MAP_HUGETLB) laid->flags |= HP_LAYOUT_HUGETLB;
    return shadow_put(&layout->map, laid) && (!address || at == address);
}

void ground_clear(struct hp_layout *layout, struct ground *ground) {
    while (ground->count) {
        const struct hp_layout_mapping *laid = &ground->laid[--ground->count];
        unmap((uintptr_t)laid->low, (size_t)(laid->high - laid->low));
        shadow_cut(&layout->map, laid->low, laid->high);
    }
}

/* ---- Beside a huge page ---------------------------------------------------------------------- */

/* A mapping from the nearest free space of some size up to an edge on a huge page, and `more`. What
 * is looked for is too short to be aligned itself, and too long for the holes between libraries. */
static bool lay_edge(struct hp_layout *layout, struct ground *ground, uint64_t more) {
    const uint64_t huge = layout->facts.huge_page, room = huge - page_size();
    const bool up = layout->facts.legacy;
    uintptr_t at;
    if (map_at(0, (size_t)room, PROT_NONE, MAP_NORESERVE, &at)) return false;
    unmap(at, (size_t)room);
    const uint64_t edge = up ? at : at + room;
    const uint64_t length = ((up ? -edge : edge) & (huge - 1)) + more;
    return !length || lay(layout, ground, up ? edge : edge - length, length, 0);
}

bool lay_uneven(struct hp_layout *layout, struct ground *ground,
                struct hp_layout_request *request) {
    if (!lay_edge(layout, ground, page_size())) return false;
    if (request->address) request->address = ground->laid->low;
    return true;
}

bool lay_hint(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    const uint64_t far = 8 * layout->facts.huge_page;
    if (!lay_edge(layout, ground, page_size())) return false;
    request->address = layout->facts.legacy ? ground->laid->high + far : ground->laid->low - far;
    return true;
}

bool lay_even(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    (void)request;
    return lay_edge(layout, ground, 0);
}

/* ---- The lowest gap -------------------------------------------------------------------------- */

/* Every gap between mappings, and below the base, that has room for as much. */
static bool fill_gaps(struct hp_layout *layout, struct ground *ground, uint64_t length) {
    const struct hp_layout_map *map = &layout->map;
    const uint64_t base = layout->facts.base;
    for (size_t i = 1; i <= map->count && map->mappings[i - 1].high < base; i++) {
        const uint64_t low = map->mappings[i - 1].high;
        const uint64_t next = i < map->count ? map->mappings[i].low : base;
        const uint64_t high = next < base ? next : base;
        if (high - low >= length && !lay(layout, ground, low, high - low, 0)) return false;
    }
    return true;
}

/* A limit of the address space refuses as a failed search does: so without a flag first. */
bool lay_lowest(struct hp_layout *layout, struct ground *ground,
                struct hp_layout_request *request) {
    const struct hp_layout_facts *facts = &layout->facts;
    const uint64_t end = layout->map.count ? layout->map.mappings->low : 0;
    uintptr_t at;
    if (facts->legacy || !facts->mark[HP_LAYOUT_FACT_base] || end <= facts->min_addr) return false;
    request->length = end - facts->min_addr;
    if (!fill_gaps(layout, ground, request->length)) return false;
    if (map_at(0, (size_t)request->length, PROT_NONE, MAP_NORESERVE, &at)) return false;
    unmap(at, (size_t)request->length);
    return at == facts->min_addr;
}

bool lay_below(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    const struct hp_layout_facts *facts = &layout->facts;
    if (facts->min_addr <= facts->page || !lay_lowest(layout, ground, request)) return false;
    request->length += facts->min_addr - facts->page;
    return true;
}

/*     free ... | page, grows down | taken, wherever there is as much room
 *          ^ its guard begins: all below is as long as the request, and not all may be had */
bool lay_short(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    const struct hp_layout_facts *facts = &layout->facts;
    const uint64_t page = facts->page, grows = 2 * facts->guard;
    const uint64_t end = layout->map.count ? layout->map.mappings->low : 0;
    if (facts->legacy || !facts->mark[HP_LAYOUT_FACT_base]) return false;
    if (facts->guard <= facts->min_addr || end < grows + page) return false;
    request->length = facts->guard;
    return lay(layout, ground, grows, page, MAP_GROWSDOWN) &&
           fill_gaps(layout, ground, request->length);
}

/* ---- Guards ---------------------------------------------------------------------------------- */

/*     free ... | page | free, as long as the request | grows down
 *          ^ the guard ends a page further down
 * A search downward that sees the guard only when it has the upper gap goes on below the guard; one
 * that counts guards out of gaps goes on at the page. */
bool lay_in_guard(struct hp_layout *layout, struct ground *ground,
                  struct hp_layout_request *request) {
    const uint64_t page = layout->facts.page, guard = layout->facts.guard;
    uintptr_t hole;
    if (layout->facts.legacy || guard < 4 * page) return false;
    request->length = guard - 2 * page;
    if (map_at(0, (size_t)(guard + page), PROT_NONE, MAP_NORESERVE, &hole)) return false;
    unmap(hole, (size_t)(guard + page));
    return lay(layout, ground, hole + guard, page, MAP_GROWSDOWN) &&
           lay(layout, ground, hole + page, page, MAP_FIXED);
}

/* The same upward, where it takes alignment to tell: from a page past an edge, just room enough for
 * a huge page wherever it is aligned, and then the guard. */
bool lay_under_guard(struct hp_layout *layout, struct ground *ground,
                     struct hp_layout_request *request) {
    const uint64_t page = layout->facts.page, guard = layout->facts.guard;
    if (!layout->facts.legacy || !guard || !lay_edge(layout, ground, page)) return false;
    const uint64_t room = request->length + request->align - page;
    return lay(layout, ground, ground->laid->high + room + guard, page, MAP_GROWSDOWN);
}

/* ---- Huge pages ------------------------------------------------------------------------------ */

bool lay_huge(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    if (!lay(layout, ground, 0, 2 * layout->facts.huge_page, MAP_HUGETLB)) return false;
    request->address = ground->laid->low + layout->facts.page;
    return true;
}

bool lay_wrap(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    request->address = (uintptr_t)0 - 2 * page_size();
    return lay_edge(layout, ground, 0);
}

bool lay_whole(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    const struct hp_layout_facts *facts = &layout->facts;
    request->length = facts->task_size & ~(facts->huge_page - 1);
    if (request->length <= facts->task_size - facts->min_addr) return false;
    return lay_huge(layout, ground, request);
}

bool lay_remap(struct hp_layout *layout, struct ground *ground, struct hp_layout_request *request) {
    if (!lay(layout, ground, 0, page_size(), 0)) return false;
    request->old_address = ground->laid->low;
    request->old_length = page_size();
    request->length = layout->facts.task_size + page_size();
    return true;
}
