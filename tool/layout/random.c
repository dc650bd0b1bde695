/* SPDX-License-Identifier: MIT */
/* Calls that come close to every edge that the rules know: of mappings, guards, windows, sizes. */
#include "../doctor/probe.h"
#include "worker.h"

/* splitmix64 */
uint64_t random_next(struct worker *worker) {
    uint64_t z = worker->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t random_below(struct worker *worker, uint64_t n) { return n ? random_next(worker) % n : 0; }
bool random_percent(struct worker *worker, unsigned n) { return random_below(worker, 100) < n; }

/* -2 to 2 pages */
static uint64_t jitter(struct worker *worker) {
    return (random_below(worker, 5) - 2) * worker->layout.facts.page;
}

static const struct hp_layout_mapping *any_mapping(struct worker *worker) {
    const struct hp_layout_map *map = &worker->layout.map;
    return &map->mappings[random_below(worker, map->count)];
}

static uint64_t huge_length(struct worker *worker) {
    const struct hp_layout_facts *facts = &worker->layout.facts;
    const uint64_t whole = facts->huge_page * (1 + random_below(worker, 8));
    return random_percent(worker, 60) ? whole : whole + jitter(worker);
}

/* That of a gap, or nearly. The lowest begins at the lowest address, or at 4 GiB. */
static uint64_t gap_length(struct worker *worker) {
    const struct hp_layout_mapping *first = worker->layout.map.mappings;
    const struct hp_layout_mapping *m = random_percent(worker, 40) ? first : any_mapping(worker);
    const uint64_t least = random_percent(worker, 50) ? worker->layout.facts.min_addr : 0;
    return m->low - (m == first ? least : m[-1].high) + jitter(worker);
}

static uint64_t absurd_length(struct worker *worker) {
    const struct hp_layout_facts *facts = &worker->layout.facts;
    switch (random_below(worker, 5)) {
    case 0: return facts->task_size + jitter(worker);
    case 1: return UINT64_MAX - random_below(worker, UINT64_C(3) * facts->page);
    case 2: return facts->task_size - facts->base + jitter(worker);
    case 3: return facts->base + jitter(worker);
    default: return random_next(worker);
    }
}

/* Nothing of ours lies low: the space below the program is whole. */
static bool is_low_free(const struct worker *worker) {
    return worker->layout.map.mappings->flags & FOREIGN;
}

static uint64_t length_of(struct worker *worker) {
    const uint64_t page = worker->layout.facts.page;
    if (is_low_free(worker) && random_percent(worker, 10)) return gap_length(worker);
    switch (random_below(worker, 16)) {
    case 0: return random_below(worker, 2 * page);
    case 1:
    case 2:
    case 3: return huge_length(worker);
    case 4: return page * random_below(worker, 65536);
    case 5: return gap_length(worker);
    case 6: return random_below(worker, worker->layout.facts.task_size) >> random_below(worker, 30);
    case 7: return absurd_length(worker);
    default: return page * (1 + random_below(worker, 64)) - (random_percent(worker, 10) ? 1 : 0);
    }
}

/* Just below or just above a mapping, its guard, or into them. */
static uint64_t edge(struct worker *worker, uint64_t length) {
    const struct hp_layout_mapping *m = any_mapping(worker);
    const uint64_t page = worker->layout.facts.page, whole = (length + page - 1) & ~(page - 1);
    switch (random_below(worker, 5)) {
    case 0: return m->low - whole + jitter(worker);
    case 1: return m->high + jitter(worker);
    case 2:
    case 3: return m->low - worker->layout.facts.guard - whole + jitter(worker);
    default: return m->low + jitter(worker);
    }
}

static uint64_t landmark(struct worker *worker, uint64_t length) {
    const struct hp_layout_facts *facts = &worker->layout.facts;
    const uint64_t marks[] = {facts->task_size,  facts->window,      facts->base,
                              facts->base,       facts->legacy_base, UINT64_C(1) << 47,
                              UINT64_C(1) << 32, UINT64_C(1) << 31,  UINT64_C(1) << 30,
                              facts->min_addr,   facts->low_addr};
    const uint64_t mark = marks[random_below(worker, COUNT(marks))] + jitter(worker);
    return random_percent(worker, 50) ? mark : mark - length;
}

static uint64_t hint_of(struct worker *worker, uint64_t length) {
    const struct hp_layout_facts *facts = &worker->layout.facts;
    switch (random_below(worker, 16)) {
    case 0: return random_below(worker, facts->task_size) & ~(facts->page - 1);
    case 1:
    case 2: return edge(worker, length);
    case 3: return landmark(worker, length);
    case 4: return random_below(worker, 3 * facts->min_addr);
    case 5: return UINT64_MAX - random_below(worker, UINT64_C(3) * facts->page);
    case 6: return random_next(worker) >> random_below(worker, 40);
    case 7: return worker->last + jitter(worker);
    default: return 0;
    }
}

static unsigned flags_of(struct worker *worker) {
    static const struct {
        unsigned percent, flag;
    } chances[] = {{25, HP_LAYOUT_MAP_SHARED},    {2, HP_LAYOUT_MAP_32BIT},
                   {4, HP_LAYOUT_MAP_GROWS_DOWN}, {5, HP_LAYOUT_MAP_FIXED},
                   {5, HP_LAYOUT_MAP_NOREPLACE},  {6, HP_LAYOUT_MAP_ABOVE_4G}};
    unsigned flags = 0;
    for (size_t i = 0; i < COUNT(chances); i++)
        if (random_percent(worker, chances[i].percent)) flags |= chances[i].flag;
    return flags;
}

/* Anything of this process itself within; what overflows is refused before anything is replaced. */
static bool meets_foreign(const struct worker *worker, const struct hp_layout_request *request) {
    const struct hp_layout_map *map = &worker->layout.map;
    const uint64_t huge = worker->layout.facts.huge_page;
    const uint64_t low = request->address & ~(huge - 1), high = request->address + request->length;
    for (size_t i = hp_layout_find(map, low); i < map->count; i++) {
        if (high >= request->address && map->mappings[i].low >= high + huge) break;
        if (map->mappings[i].flags & FOREIGN) return true;
    }
    return false;
}

/* No file is mapped longer than its file system lets files be. */
static unsigned kind_of(struct worker *worker, const struct hp_layout_request *request) {
    const uint64_t longest = UINT64_C(1) << 40;
    const uint64_t roll = random_below(worker, 100);
    if (roll < 52) return FD_NONE;
    const unsigned kind = FD_FILE + (unsigned)random_below(worker, FD_KINDS - FD_FILE);
    return worker->fds[kind] < 0 || request->length > longest ? FD_NONE : kind;
}

static uint64_t offset_of(struct worker *worker) {
    const uint64_t page = worker->layout.facts.page;
    if (random_percent(worker, 60)) return 0;
    return random_below(worker, 2048) * page + (random_percent(worker, 2) ? 7 : 0);
}

/* As wide as the machine's arguments are. */
static uint64_t narrow(uint64_t n) { return (uint64_t)(size_t)n; }

void random_mmap(struct worker *worker, struct hp_layout_request *request, int *fd) {
    const uint64_t length = narrow(length_of(worker));
    *request = (struct hp_layout_request){
        .length = length,
        .address = narrow(hint_of(worker, length)),
        .protection = random_percent(worker, 50) ? HP_LAYOUT_READ : 0,
        .flags = flags_of(worker),
    };
    if (length > worker->layout.facts.base / 4 && random_percent(worker, 30))
        request->flags |= HP_LAYOUT_MAP_ABOVE_4G;
    const unsigned kind = kind_of(worker, request);
    *fd = worker->fds[kind];
    request->object = worker->kinds[kind].object;
    request->align = worker->kinds[kind].align;
    if (kind == FD_NONE && worker->has_huge && random_percent(worker, 12)) {
        request->object = HP_LAYOUT_HUGE;
        request->align = worker->layout.facts.huge_page;
    }
    if (kind != FD_NONE) request->offset = offset_of(worker);
    if (request->flags & HP_LAYOUT_MAP_FIXED && meets_foreign(worker, request))
        request->flags ^= HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_NOREPLACE;
    if (!(request->flags & (HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_NOREPLACE)) &&
        random_percent(worker, 5))
        request->address += random_below(worker, worker->layout.facts.page);
    request->address = narrow(request->address);
}

const struct hp_layout_mapping *random_own(struct worker *worker) {
    for (int tries = 0; tries < 8; tries++) {
        const struct hp_layout_mapping *m = any_mapping(worker);
        if (!(m->flags & FOREIGN)) return m;
    }
    return 0;
}

bool random_mremap(struct worker *worker, struct hp_layout_request *request) {
    const struct hp_layout_mapping *m = random_own(worker);
    if (!m || m->flags & HP_LAYOUT_HUGETLB) return false;
    const uint64_t page = worker->layout.facts.page, pages = (m->high - m->low) / page;
    const uint64_t skipped = random_percent(worker, 50) ? 0 : random_below(worker, pages) * page;
    const struct hp_layout_request *kind = &worker->kinds[m->name];
    *request = (struct hp_layout_request){
        .old_address = m->low + skipped,
        .old_length = m->high - m->low - skipped,
        .flags = HP_LAYOUT_REMAP | (random_percent(worker, 85) ? HP_LAYOUT_MAY_MOVE : 0u),
        .object = m->flags & HP_LAYOUT_SHARED && kind->object != HP_LAYOUT_TMPFS &&
                          kind->object != HP_LAYOUT_THP_FILE && kind->object != HP_LAYOUT_PLAIN_FILE
                      ? HP_LAYOUT_MEMFD
                      : kind->object,
        .align = kind->align,
    };
    request->length = narrow(random_percent(worker, 70) ? request->old_length + length_of(worker)
                                                        : length_of(worker));
    return request->length < UINT64_C(1) << 40 || m->name != FD_FILE;
}
