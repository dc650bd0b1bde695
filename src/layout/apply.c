/* SPDX-License-Identifier: MIT */
/* One call further: what the kernel answers, and what it leaves mapped. */
#include <errno.h>
#include <hardpan/sim.h>

#include "edit.h"

struct play {
    struct hp_layout *layout;
    const struct hp_layout_op *op;
    struct hp_layout_run *run;
};

static bool is_whole(const struct hp_layout *layout, uint64_t n) {
    return !(n & (layout->facts.page - 1));
}

static uint64_t whole(const struct hp_layout *layout, uint64_t n) {
    return hp_round_up(n, layout->facts.page);
}

/* do_munmap of [low, high), which is whole pages */
static void cut(const struct play *play, uint64_t low, uint64_t high) {
    if (low < high && hp_layout_cut(&play->layout->map, low, high) &&
        play->layout->facts.search == HP_LAYOUT_CACHE)
        hp_layout_cache_unmapped(play->run, low);
}

static uint32_t flags_of(const struct hp_layout_request *request) {
    static const struct {
        unsigned request;
        uint32_t mapping;
    } kept[] = {{HP_LAYOUT_MAP_SHARED, HP_LAYOUT_SHARED},
                {HP_LAYOUT_MAP_GROWS_DOWN, HP_LAYOUT_GROWS_DOWN},
                {HP_LAYOUT_MAP_SHADOW_STACK, HP_LAYOUT_SHADOW_STACK}};
    uint32_t flags = request->protection;
    for (size_t i = 0; i < HP_COUNT(kept); i++)
        if (request->flags & kept[i].request) flags |= kept[i].mapping;
    if (request->object == HP_LAYOUT_HUGE) return flags | HP_LAYOUT_HUGETLB;
    return request->object == HP_LAYOUT_ANONYMOUS ? flags : flags | HP_LAYOUT_FILE;
}

static void play_mmap(const struct play *play, uint64_t at, uint64_t length) {
    const struct hp_layout_op *op = play->op;
    const struct hp_layout_mapping mapping = {
        .low = at,
        .high = at + length,
        .offset = op->request.offset,
        .flags = flags_of(&op->request),
        .name = op->name,
        .name_size = op->name_size,
    };
    cut(play, at, at + length);
    hp_layout_put(&play->layout->map, &mapping);
}

/* ---- mremap ---------------------------------------------------------------------------------- */

/* What was there, at its new place. With the old length 0 it is a second view. */
static void move(const struct play *play, uint64_t to, uint64_t old_length, uint64_t length) {
    struct hp_layout_map *map = &play->layout->map;
    const uint64_t from = play->op->request.old_address;
    const size_t index = hp_layout_find(map, from);
    hp_assert(index < map->count);
    struct hp_layout_mapping moved = map->mappings[index];
    if (moved.flags & HP_LAYOUT_FILE) moved.offset += from - moved.low;
    moved.low = to;
    moved.high = to + length;
    moved.resident = moved.anonymous = moved.swapped = moved.huge = 0;
    hp_layout_put(map, &moved);
    cut(play, from, from + old_length);
}

static void grow(const struct play *play, uint64_t old_end, uint64_t end) {
    struct hp_layout_map *map = &play->layout->map;
    map->mappings[hp_layout_find(map, old_end - 1)].high = end;
}

static void play_mremap(const struct play *play, uint64_t at) {
    const struct hp_layout_request *request = &play->op->request;
    const uint64_t from = request->old_address, length = whole(play->layout, request->length);
    uint64_t old_length = whole(play->layout, request->old_length);
    if (request->flags & HP_LAYOUT_MAP_FIXED) cut(play, at, at + length);
    if (old_length > length) {
        cut(play, from + length, from + old_length);
        old_length = length;
    }
    if (at != from)
        move(play, at, old_length, length);
    else if (length > old_length)
        grow(play, from + old_length, from + length);
}

/* ---- munmap, mprotect, brk ------------------------------------------------------------------- */

static int do_munmap(const struct play *play, uint64_t address, uint64_t length) {
    const uint64_t end = play->layout->facts.task_size;
    if (!is_whole(play->layout, address) || address > end || length > end - address) return -EINVAL;
    if (!length) return -EINVAL;
    const uint64_t high = address + whole(play->layout, length);
    if (hp_layout_cuts_huge(play->run, address, high)) return -EINVAL;
    cut(play, address, high);
    return 0;
}

static int do_mprotect(const struct play *play, uint64_t address, uint64_t length,
                       unsigned protection) {
    struct hp_layout_map *map = &play->layout->map;
    if (!is_whole(play->layout, address)) return -EINVAL;
    if (!length) return 0;
    const uint64_t high = address + whole(play->layout, length);
    if (high <= address) return -ENOMEM;
    uint64_t end = address;
    for (size_t i = hp_layout_find(map, address);
         i < map->count && map->mappings[i].low <= end && end < high; i++)
        end = map->mappings[i].high;
    if (end > high) end = high;
    if (end > address) hp_layout_paint(map, address, end, protection);
    return end == high ? 0 : -ENOMEM;
}

/* do_brk, and do_munmap when it shrinks; the answer is the break that holds. */
static uint64_t do_brk(const struct play *play, uint64_t wanted) {
    struct hp_layout_facts *facts = &play->layout->facts;
    struct hp_layout_map *map = &play->layout->map;
    const uint64_t from = whole(play->layout, facts->brk), to = whole(play->layout, wanted);
    if (wanted < facts->start_brk || to < wanted || to > facts->task_size) return facts->brk;
    if (to < from) {
        cut(play, to, from);
    } else if (to > from) {
        const size_t next = hp_layout_find(map, from);
        if (next < map->count && hp_layout_guarded(facts, map->mappings + next) < to + facts->page)
            return facts->brk;
        struct hp_layout_mapping heap = {
            .low = from, .high = to, .flags = HP_LAYOUT_READ | HP_LAYOUT_WRITE};
        if (next && map->mappings[next - 1].high == from) {
            heap.name = map->mappings[next - 1].name;
            heap.name_size = map->mappings[next - 1].name_size;
        }
        hp_layout_put(map, &heap);
    }
    return facts->brk = wanted;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void settle(struct hp_layout_answer *answer, int code, uint64_t address) {
    answer->verdict = code ? HP_LAYOUT_REFUSED : HP_LAYOUT_EXACT;
    answer->code = code;
    answer->address = answer->mapped = address;
}

static int place(struct play *play, struct hp_layout_answer *answer) {
    struct hp_layout_request request = play->op->request;
    const struct hp_layout_map *map = &play->layout->map;
    const bool remaps = play->op->kind == HP_LAYOUT_MREMAP;
    const size_t index = hp_layout_find(map, request.old_address);
    if (remaps) request.flags |= HP_LAYOUT_REMAP;
    if (remaps && index < map->count) request.protection = map->mappings[index].flags;
    play->run->request = &request;
    play->run->random = play->op->random;
    const int code = hp_layout_ask(play->run);
    play->run->request = &play->op->request;
    if (code || answer->verdict != HP_LAYOUT_EXACT) return code;
    if (!remaps)
        play_mmap(play, answer->mapped, answer->length);
    else
        play_mremap(play, answer->mapped);
    return 0;
}

static int change(struct play *play, struct hp_layout_answer *answer) {
    const struct hp_layout_request *request = &play->op->request;
    const uint64_t address = request->address, length = request->length;
    switch (play->op->kind) {
    case HP_LAYOUT_MUNMAP: settle(answer, do_munmap(play, address, length), address); return 0;
    case HP_LAYOUT_MPROTECT:
        settle(answer, do_mprotect(play, address, length, request->protection), address);
        return 0;
    default: settle(answer, 0, do_brk(play, address)); return 0;
    }
}

static bool is_placed(int kind) { return kind == HP_LAYOUT_MMAP || kind == HP_LAYOUT_MREMAP; }

/* The first fact that a call asks for and that is not known; -1: none. */
static int missing(const struct hp_layout *layout, const struct hp_layout_op *op) {
    static const int asked[] = {HP_LAYOUT_FACT_start_brk, HP_LAYOUT_FACT_brk};
    for (size_t i = 0; op->kind == HP_LAYOUT_BRK && i < HP_COUNT(asked); i++)
        if (layout->facts.mark[asked[i]] == HP_LAYOUT_UNKNOWN) return asked[i];
    return -1;
}

int hp_layout_apply(struct hp_layout *layout, const struct hp_layout_op *op,
                    struct hp_layout_answer *answer) {
    if (!layout || !op || !answer) return -EINVAL;
    if (op->kind < HP_LAYOUT_MMAP || op->kind > HP_LAYOUT_BRK) return -EINVAL;
    if (!hp_layout_has_room(&layout->map)) return -ENOSPC;
    struct hp_layout_run run = {0};
    struct play play = {layout, op, &run};
    int code = hp_layout_open(&run, layout, &op->request, answer);
    if (code) return code;
    answer->missing = missing(layout, op);
    if (answer->missing >= 0) return 0;
    code = is_placed(op->kind) ? place(&play, answer) : change(&play, answer);
    if (run.known) {
        layout->hidden.known = 1;
        layout->hidden.cache = run.cache;
        layout->hidden.hole = run.hole;
    }
    return code;
}
