/* SPDX-License-Identifier: MIT */
/* What kernels up to 3.7 draw: randomize_range gives a page of a range, its first and its last one
 * less often than the others, so draws are counted in bytes. */
#include "era.h"

static uint64_t width(const struct hp_layout_range *range) {
    const uint64_t begin = range->begin + range->length;
    return range->end > begin ? range->end - begin : 0;
}

uint64_t hp_layout_randomize(const struct hp_layout_run *run, const struct hp_layout_range *range,
                             uint64_t random) {
    const uint64_t bytes = width(range);
    return bytes ? hp_round_up(range->begin + random % bytes, run->facts->page) : 0;
}

uint64_t hp_layout_random(struct hp_layout_run *run, unsigned draw,
                          const struct hp_layout_range *range) {
    run->drawn += !run->random;
    return hp_layout_randomize(run, range, run->random ? run->random[draw] : 0);
}

/* ---- Counting -------------------------------------------------------------------------------- */

/* Pages of a range in rising order, each with how many numbers come to it. */
struct page {
    uint64_t at, draws;
};

static bool next_page(const struct hp_layout_run *run, const struct hp_layout_range *range,
                      struct page *page) {
    const uint64_t size = run->facts->page, bytes = width(range), last = range->begin + bytes;
    const bool begun = page->draws;
    *page = (struct page){begun ? page->at + size : range->begin, size};
    if (!bytes) *page = (struct page){0, 1};
    if (page->at == range->begin) page->draws = 1;
    if (page->at == last) page->draws = size - 1;
    return bytes ? page->at <= last : !begun;
}

/* What comes of draws, gathered as long as it goes on from page to page. An error comes last. */
struct tally {
    struct hp_layout_run *run;
    struct hp_layout_part part;
};

static void flush(struct tally *tally) {
    if (tally->part.draws) hp_layout_add_part(tally->run->answer, &tally->part);
    tally->part.draws = 0;
}

static bool joins(const struct tally *tally, uint64_t at, uint64_t draws) {
    const struct hp_layout_part *part = &tally->part;
    return part->draws == draws && at == part->last + tally->run->facts->page;
}

static void count(struct tally *tally, uint64_t at, uint64_t draws) {
    struct hp_layout_part *part = &tally->part;
    if (!draws) return;
    if (joins(tally, at, draws)) {
        part->step = tally->run->facts->page;
        part->last = at;
        return;
    }
    flush(tally);
    *part = (struct hp_layout_part){at, at, 0, draws, 0};
    if (hp_is_error(at)) *part = (struct hp_layout_part){0, 0, 0, draws, (int)(int64_t)at};
}

/* A copy that leaves no trace. */
struct silent {
    struct hp_layout_run run;
    struct hp_layout_answer answer;
};

static void open_silent(struct silent *silent, const struct hp_layout_run *run) {
    *silent = (struct silent){.run = *run};
    silent->run.answer = &silent->answer;
    silent->run.known = run->layout->hidden.known;
    silent->run.cache = run->layout->hidden.cache;
    silent->run.hole = run->layout->hidden.hole;
}

/* ---- MAP_32BIT ------------------------------------------------------------------------------- */

/* All starts up to what one of them finds find it too. */
static void starts(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_range range = {HP_START_32BIT, HP_START_32BIT + HP_RANDOM_32BIT, 0};
    struct tally tally = {.run = run};
    struct page page = {0};
    uint64_t found = 0, draws = 0;
    while (next_page(run, &range, &page)) {
        if (!draws || page.at > found) {
            struct silent silent;
            count(&tally, found, draws);
            open_silent(&silent, run);
            silent.run.start32 = page.at;
            found = hp_layout_get_unmapped_area(&silent.run, call);
            draws = 0;
        }
        draws += page.draws;
    }
    count(&tally, found, draws);
    flush(&tally);
}

/* ---- Exec-shield ----------------------------------------------------------------------------- */

/* What is found without the first draw: by the second one, if there is one; each `weight` times. */
static void search(struct tally *tally, struct silent *silent, const struct hp_layout_call *call,
                   uint64_t weight) {
    struct hp_layout_range range;
    struct page page = {0};
    const uint64_t fit = hp_layout_shield_search(&silent->run, call, &range);
    if (silent->run.history) return;
    const uint64_t stands = hp_layout_checked(&silent->run, call, fit);
    if (!range.length) return count(tally, stands, weight);
    uint64_t taken = 0;
    while (next_page(tally->run, &range, &page)) {
        if (hp_layout_shield_free(&silent->run, page.at, call->length))
            count(tally, hp_layout_checked(&silent->run, call, page.at), weight * page.draws);
        else
            taken += weight * page.draws;
    }
    count(tally, stands, taken);
}

/* How many numbers the second draw has; 1 without it. */
static uint64_t second_draws(const struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct silent silent;
    struct hp_layout_range range;
    open_silent(&silent, run);
    hp_layout_shield_search(&silent.run, call, &range);
    return range.length && width(&range) ? width(&range) : 1;
}

/* The first draw's pages that are free; how many numbers come to others. */
static uint64_t first_draw(struct tally *tally, const struct hp_layout_call *call) {
    struct silent silent;
    struct page page = {0};
    uint64_t taken = 0;
    open_silent(&silent, tally->run);
    const struct hp_layout_range range = hp_layout_shield_range(&silent.run, call);
    const uint64_t weight = second_draws(tally->run, call);
    if (!range.length) return 1;
    while (next_page(tally->run, &range, &page)) {
        if (page.at && hp_layout_shield_free(&silent.run, page.at, call->length))
            count(tally, hp_layout_checked(&silent.run, call, page.at), page.draws * weight);
        else
            taken += page.draws;
    }
    return taken;
}

/* Where the heap would be passed and the history is not known, the candidates are part of it. */
static void shield(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct tally tally = {.run = run};
    struct silent silent;
    const uint64_t taken = first_draw(&tally, call);
    flush(&tally);
    open_silent(&silent, run);
    silent.answer = *run->answer;
    silent.answer.steps_capacity = 0;
    if (taken) search(&tally, &silent, call, taken);
    flush(&tally);
    if (!silent.run.history) return;
    run->history = true;
    run->answer->count = silent.answer.count;
}

void hp_layout_cache_draws(struct hp_layout_run *run, const struct hp_layout_call *call) {
    if (run->facts->machine == HP_LAYOUT_I386)
        shield(run, call);
    else
        starts(run, call);
}
