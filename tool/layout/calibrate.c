/* SPDX-License-Identifier: MIT */
/* Numbers of this kernel and this process that no file tells, by a few mappings that are taken
 * back. */
#include <errno.h>

#include "../doctor/probe.h"
#include "live.h"
#include "probes.h"

static void set(struct hp_layout *layout, int fact, uint64_t number) {
    hp_layout_set_fact(&layout->facts, fact, number, HP_LAYOUT_PROBED);
}
#define SET(field, number) set(layout, HP_LAYOUT_FACT_##field, number)

static void find_end(struct hp_layout *layout) {
    uintptr_t low, high, most;
    if (hp_vm_bounds(0, &low, &high) || hp_vm_bounds(1, &low, &most)) return;
    if (layout->facts.machine != HP_LAYOUT_AARCH64) SET(window, high); /* there it is 2^48 */
    SET(task_size, most);
}

/* A hint at the second page goes up to the lowest address there is, if that is free. The sysctl
 * tells only half of it: CONFIG_LSM_MMAP_MIN_ADDR counts too. */
static void find_lowest(struct hp_layout *layout) {
    enum { NO_FURTHER = 1 << 20 };
    const size_t page = page_size();
    uintptr_t at;
    if (map_at(page, page, PROT_NONE, MAP_NORESERVE, &at)) return;
    unmap(at, page);
    if (at < NO_FURTHER) SET(min_addr, at);
}

/* A page that is free is granted by its hint unless it lies in the guard. */
static bool is_granted(uintptr_t hint) {
    const size_t page = page_size();
    uintptr_t at;
    if (map_at(hint, page, PROT_NONE, MAP_NORESERVE, &at)) return false;
    unmap(at, page);
    return at == hint;
}

/* The guard below a page that grows down, by halving; stack_guard_gap= sets it at boot. */
static void find_guard(struct hp_layout *layout) {
    enum { MOST_PAGES = 1 << 14 };
    const size_t page = page_size(), room = (MOST_PAGES + 2) * page;
    const uintptr_t hole = free_hole(room);
    uintptr_t top;
    if (!hole || map_at(hole + room - page, page, PROT_NONE, MAP_GROWSDOWN, &top)) return;
    size_t low = 0, high = MOST_PAGES; /* pages of distance: refused below low, granted at high */
    const bool here = top == hole + room - page && is_granted(top - page * (high + 1));
    while (here && low < high) {
        const size_t middle = (low + high) / 2;
        if (is_granted(top - page * (middle + 1)))
            high = middle;
        else
            low = middle + 1;
    }
    unmap(top, page);
    if (here) SET(guard, high * page);
}

/* Two reservations: the second lies below the first, or above. */
static void find_direction(struct hp_layout *layout) {
    enum { SPAN = (32 << 20) + 65536 };
    uintptr_t first, second;
    if (map_at(0, SPAN, PROT_NONE, MAP_NORESERVE, &first)) return;
    const int code = map_at(0, SPAN, PROT_NONE, MAP_NORESERVE, &second);
    if (!code) unmap(second, SPAN);
    unmap(first, SPAN);
    if (!code) SET(legacy, second > first);
}

static int find_bases(struct hp_layout *layout) {
    uintptr_t at;
    int code = map_at(0, page_size(), PROT_NONE, 0, &at);
    if (code) return code;
    code = live_own_map(layout);
    if (!code) code = hp_layout_recover_own(layout, at);
    unmap(at, page_size());
    return code;
}

int live_calibrate(struct hp_layout *layout) {
    find_end(layout);
    find_lowest(layout);
    find_guard(layout);
    find_direction(layout);
    int code = find_bases(layout);
    if (code && code != -ENODATA) return code; /* without a base the rest can still be told */
    code = live_own_map(layout);
    if (!code) find_features(layout);
    return code ? code : live_own_map(layout);
}
