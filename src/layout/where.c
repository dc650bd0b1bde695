/* SPDX-License-Identifier: MIT */
/* The question as a caller asks it, and the answer as a caller reads it. */
#include <errno.h>

#include "layout.h"

static bool is_power(uint64_t n) { return n && !(n & (n - 1)); }

static bool is_sane(const struct hp_layout *layout, const struct hp_layout_request *request) {
    const struct hp_layout_facts *facts = &layout->facts;
    if (!hp_layout_row(facts) || !is_power(facts->page) || !is_power(facts->huge_page))
        return false;
    if (facts->search < HP_LAYOUT_MAPLE || facts->search > HP_LAYOUT_CACHE) return false;
    if (facts->task_size < facts->window || facts->window < facts->huge_page) return false;
    if (request->object < HP_LAYOUT_ANONYMOUS || request->object > HP_LAYOUT_DRIVER) return false;
    if (request->object == HP_LAYOUT_HUGE)
        return is_power(request->align) && request->align >= facts->page;
    return !request->align || (is_power(request->align) && request->align >= facts->page);
}

static void open_answer(struct hp_layout_answer *answer) {
    answer->verdict = HP_LAYOUT_NOT_KNOWN;
    answer->code = 0;
    answer->missing = -1;
    answer->address = answer->mapped = answer->length = 0;
    answer->count = answer->fired = 0;
    answer->draws = 0;
}

static void settle_exact(struct hp_layout_run *run, uint64_t at) {
    struct hp_layout_answer *answer = run->answer;
    const uint64_t low = at & UINT32_MAX;
    answer->verdict = HP_LAYOUT_EXACT;
    answer->mapped = answer->address = at;
    if (low != at && run->request->flags & HP_LAYOUT_BY_INT80 && FIRES(run, TRUNCATED, at, low))
        answer->address = low;
}

static void settle_refused(struct hp_layout_answer *answer, int code) {
    answer->verdict = HP_LAYOUT_REFUSED;
    answer->code = code;
}

/* Whether all draws come to the same. */
static bool is_one(const struct hp_layout_answer *answer) {
    const struct hp_layout_part *first = answer->parts;
    for (size_t i = 0; i < answer->count; i++) {
        const struct hp_layout_part *part = &answer->parts[i];
        if (part->code != first->code || part->first != first->first || part->last != first->first)
            return false;
    }
    return true;
}

static int settle_parts(struct hp_layout_run *run, int verdict) {
    struct hp_layout_answer *answer = run->answer;
    answer->verdict = verdict;
    if (answer->count > answer->capacity) return -ENOSPC;
    if (!is_one(answer)) return 0;
    if (answer->parts->code)
        settle_refused(answer, answer->parts->code);
    else
        settle_exact(run, answer->parts->first);
    return 0;
}

static int settle(struct hp_layout_run *run, uint64_t at) {
    struct hp_layout_answer *answer = run->answer;
    answer->missing = run->missing;
    if (run->missing >= 0 || run->unknown) {
        answer->count = 0;
        answer->draws = 0;
        return 0;
    }
    if (answer->count)
        return settle_parts(run, run->history ? HP_LAYOUT_HISTORY : HP_LAYOUT_ONE_OF);
    if (hp_is_error(at))
        settle_refused(answer, (int)(int64_t)at);
    else
        settle_exact(run, at);
    return 0;
}

static uint64_t attempt(struct hp_layout_run *run, const struct hp_layout_request *request) {
    const struct hp_layout_call call = {
        .address = request->address,
        .length = request->length,
        .offset = request->offset,
        .flags = request->flags,
        .protection = request->protection,
        .object = request->object,
        .align = request->align,
    };
    run->drawn = run->fork = run->taken = 0;
    if (request->flags & HP_LAYOUT_REMAP) return hp_layout_do_mremap(run, &call);
    return hp_layout_do_mmap(run, &call);
}

size_t hp_layout_choose(struct hp_layout_run *run, size_t count) {
    struct hp_layout_forks *forks = run->forks;
    if (count == 1) return 0;
    const unsigned fork = run->fork++;
    hp_assert(fork < HP_FORKS);
    if (count > forks->most[fork]) forks->most[fork] = count;
    return forks->choice[fork] < count ? forks->choice[fork] : 0;
}

static bool next_choice(struct hp_layout_forks *forks) {
    for (size_t i = 0; i < HP_FORKS; i++) {
        if (++forks->choice[i] < forks->most[i]) return true;
        forks->choice[i] = 0;
    }
    return false;
}

static void add_found(struct hp_layout_answer *answer, uint64_t at) {
    struct hp_layout_part part = {at, at, 0, 1, 0};
    if (hp_is_error(at)) part = (struct hp_layout_part){0, 0, 0, 1, (int)(int64_t)at};
    hp_layout_add_part(answer, &part);
}

/* Every way that cannot be told from the first; the trace is the first one's. */
static void try_others(struct hp_layout_run *run, const struct hp_layout_request *request,
                       uint64_t at) {
    struct hp_layout_answer *answer = run->answer;
    const size_t fired = answer->fired, capacity = answer->steps_capacity;
    answer->steps_capacity = 0;
    run->history = true;
    if (!answer->count) add_found(answer, at);
    do {
        const size_t count = answer->count;
        at = attempt(run, request);
        if (answer->count == count) add_found(answer, at);
    } while (next_choice(run->forks));
    answer->fired = fired;
    answer->steps_capacity = capacity;
}

int hp_layout_open(struct hp_layout_run *run, const struct hp_layout *layout,
                   const struct hp_layout_request *request, struct hp_layout_answer *answer) {
    if (!is_sane(layout, request)) return -EINVAL;
    open_answer(answer);
    run->layout = layout;
    run->facts = &layout->facts;
    run->map = &layout->map;
    run->request = request;
    run->answer = answer;
    run->start32 = HP_START_32BIT;
    run->missing = -1;
    run->known = layout->hidden.known;
    run->cache = layout->hidden.cache;
    run->hole = layout->hidden.hole;
    return 0;
}

int hp_layout_ask(struct hp_layout_run *run) {
    const struct hp_layout_request *request = run->request;
    struct hp_layout_forks forks = {0};
    run->forks = &forks;
    const uint64_t at = attempt(run, request);
    if (next_choice(&forks)) try_others(run, request, at);
    run->forks = 0;
    return settle(run, at);
}

int hp_layout_where(const struct hp_layout *layout, const struct hp_layout_request *request,
                    struct hp_layout_answer *answer) {
    struct hp_layout_run run = {0};
    if (!layout || !request || !answer) return -EINVAL;
    const int code = hp_layout_open(&run, layout, request, answer);
    return code ? code : hp_layout_ask(&run);
}

static bool is_in(const struct hp_layout_part *part, uint64_t address, int code) {
    if (part->code || code) return part->code == code;
    if (address < part->first || address > part->last) return false;
    return !part->step || (address - part->first) % part->step == 0;
}

uint64_t hp_layout_holds(const struct hp_layout_answer *answer, uint64_t address, int code) {
    uint64_t draws = 0;
    switch (answer->verdict) {
    case HP_LAYOUT_EXACT: return !code && address == answer->address;
    case HP_LAYOUT_REFUSED: return code && code == answer->code;
    case HP_LAYOUT_ONE_OF:
    case HP_LAYOUT_HISTORY: break;
    default: return 0;
    }
    for (size_t i = 0; i < answer->count && i < answer->capacity; i++)
        if (is_in(&answer->parts[i], address, code)) draws += answer->parts[i].draws;
    return draws;
}
