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
    if (run->missing >= 0 || run->unknown) return 0;
    if (answer->count)
        return settle_parts(run, run->history ? HP_LAYOUT_HISTORY : HP_LAYOUT_ONE_OF);
    if (hp_is_error(at))
        settle_refused(answer, (int)(int64_t)at);
    else
        settle_exact(run, at);
    return 0;
}

int hp_layout_where(const struct hp_layout *layout, const struct hp_layout_request *request,
                    struct hp_layout_answer *answer) {
    if (!layout || !request || !answer || !is_sane(layout, request)) return -EINVAL;
    open_answer(answer);
    struct hp_layout_run run = {
        .layout = layout,
        .facts = &layout->facts,
        .map = &layout->map,
        .request = request,
        .answer = answer,
        .start32 = HP_START_32BIT,
        .missing = -1,
    };
    const struct hp_layout_call call = {
        .address = request->address,
        .length = request->length,
        .offset = request->offset,
        .flags = request->flags,
        .protection = request->protection,
        .object = request->object,
        .align = request->align,
    };
    if (request->flags & HP_LAYOUT_REMAP) return settle(&run, hp_layout_do_mremap(&run, &call));
    return settle(&run, hp_layout_do_mmap(&run, &call));
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
