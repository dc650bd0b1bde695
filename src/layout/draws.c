/* SPDX-License-Identifier: MIT */
/* MAP_32BIT of a randomised task begins its search at a page that the kernel draws afresh for each
 * search: the answer is what every draw comes to. A search answers with the lowest gap above its
 * start, so all starts up to that gap share it, and those within it are found where they are.
 *
 * Where a callback searches twice there are two draws, and the pairs are counted. */
#include "era.h"

/* One of a callback's searches, over all starts. */
struct stage {
    struct hp_layout_run run; /* a copy that leaves no trace */
    struct hp_layout_answer mute;
    const struct hp_layout_call *call;
    hp_layout_area *area;
    uint64_t huge, inside; /* what was found goes up to where it is `inside` a multiple of `huge`;
                              0: it stays */
    bool forks;            /* where it goes on may differ from one start to the next */
    bool beyond;           /* and if it is there already, to the next */
};

uint64_t hp_layout_part_draws(const struct hp_layout_part *part) {
    return part->draws * (part->step ? (part->last - part->first) / part->step + 1 : 1);
}

void hp_layout_add_part(struct hp_layout_answer *answer, const struct hp_layout_part *part) {
    if (answer->count < answer->capacity) answer->parts[answer->count] = *part;
    answer->count++;
    answer->draws += hp_layout_part_draws(part);
}

static void add_point(struct hp_layout_answer *answer, uint64_t at, uint64_t draws) {
    if (draws) hp_layout_add_part(answer, &(struct hp_layout_part){at, at, 0, draws, 0});
}

static void add_error(struct hp_layout_answer *answer, uint64_t error, uint64_t draws) {
    const int code = (int)(int64_t)error;
    if (draws) hp_layout_add_part(answer, &(struct hp_layout_part){.draws = draws, .code = code});
}

static uint64_t moved(const struct stage *stage, uint64_t at) {
    if (!stage->huge) return at;
    const uint64_t shift = (stage->inside - at) & (stage->huge - 1);
    return at + (shift || !stage->beyond ? shift : stage->huge);
}

/* What a run of pages comes to, each found by `weight` draws: a huge page's worth of them share a
 * place. */
static void add_pages(struct hp_layout_answer *answer, const struct stage *stage, uint64_t first,
                      uint64_t last, uint64_t weight) {
    const uint64_t page = stage->run.facts->page;
    if (!stage->huge) {
        hp_layout_add_part(answer, &(struct hp_layout_part){first, last, page, weight, 0});
        return;
    }
    while (first <= last) {
        const uint64_t at = moved(stage, first), end = at - (stage->beyond ? page : 0);
        const uint64_t until = end < last ? end : last;
        add_point(answer, at, weight * ((until - first) / page + 1));
        first = until + page;
    }
}

/* Starts in [start, *until] that find exactly what they start at; start does. */
static uint64_t slide(const struct stage *stage, uint64_t start) {
    const struct hp_layout_mapping *next = hp_layout_next(&stage->run, start);
    const uint64_t window_end = UINT64_C(0x80000000);
    uint64_t end = next ? hp_layout_guarded(stage->run.facts, next) : window_end;
    if (end > window_end) end = window_end;
    return end >= start + stage->call->length ? end - stage->call->length : start;
}

/* Addresses a page apart that starts come to, `draws` starts each; or an error. */
struct piece {
    uint64_t first, last, draws;
};

/* The last of the starts that share a piece with `start`; the piece ends where that one's does. */
static uint64_t piece_until(const struct stage *stage, uint64_t start, uint64_t last,
                            struct piece *piece) {
    if (stage->run.drawn && stage->forks) return start;
    /* further up there is no more room, and a hint that holds holds for all */
    if (hp_is_error(piece->first) || !stage->run.drawn) return last;
    if (stage->call->object == HP_LAYOUT_HUGE) return start;
    if (piece->first > start) return piece->first < last ? piece->first : last;
    const uint64_t end = slide(stage, start);
    return piece->last = end < last ? end : last;
}

/* The answers to the starts from *start on that can be told at once; false behind the last. */
static bool next_piece(struct stage *stage, uint64_t *start, struct piece *piece) {
    const uint64_t page = stage->run.facts->page;
    const uint64_t last = HP_START_32BIT + HP_RANDOM_32BIT - page;
    if (*start > last) return false;
    stage->run.start32 = *start;
    stage->run.drawn = stage->run.fork = 0;
    const uint64_t found = stage->area(&stage->run, stage->call);
    *piece = (struct piece){found, found, 0};
    const uint64_t until = piece_until(stage, *start, last, piece);
    piece->draws = piece->last > found ? 1 : (until - *start) / page + 1;
    *start = until + page;
    return true;
}

/* All that a stage comes to, each draw `weight` times; errors `failed` times. */
static void add_stage(struct hp_layout_answer *answer, struct stage *stage, uint64_t weight,
                      uint64_t failed) {
    struct piece piece;
    for (uint64_t start = HP_START_32BIT; next_piece(stage, &start, &piece);) {
        if (hp_is_error(piece.first))
            add_error(answer, piece.first, piece.draws * failed);
        else if (piece.last == piece.first)
            add_point(answer, moved(stage, piece.first), piece.draws * weight);
        else
            add_pages(answer, stage, piece.first, piece.last, weight);
    }
}

static uint64_t count_failed(struct stage *stage) {
    struct piece piece;
    uint64_t failed = 0;
    for (uint64_t start = HP_START_32BIT; next_piece(stage, &start, &piece);)
        if (hp_is_error(piece.first)) failed += piece.draws;
    return failed;
}

static void open_stage(struct stage *stage, const struct hp_layout_run *run,
                       const struct hp_layout_call *call) {
    *stage = (struct stage){.run = *run, .call = call, .area = hp_layout_mm_area};
    stage->run.answer = &stage->mute;
    stage->forks = run->facts->search == HP_LAYOUT_RBTREE && hp_layout_may_fork(run);
}

static void once(struct hp_layout_run *run, const struct hp_layout_call *call,
                 hp_layout_area *area) {
    struct stage stage;
    open_stage(&stage, run, call);
    stage.area = area;
    add_stage(run->answer, &stage, 1, 1);
}

static uint64_t starts(const struct hp_layout_run *run) {
    return HP_RANDOM_32BIT / run->facts->page;
}

/* The padded gap, or where there is none the plain one, by a second draw. */
static void thp(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct stage first, second;
    struct hp_layout_call padded = *call;
    open_stage(&first, run, &padded);
    open_stage(&second, run, call);
    padded.length = hp_layout_thp_padded(&second.run, call);
    if (!padded.length) return once(run, call, hp_layout_mm_area);
    first.huge = FIRES(&second.run, THP_SHIFT, 0) ? run->facts->huge_page : 0;
    first.inside = call->offset & (run->facts->huge_page - 1);
    first.beyond = !run->facts->legacy && hp_layout_has(run->facts, HP_LAYOUT_HAS_THP_UP) &&
                   FIRES(&second.run, THP_UP, 0);
    const uint64_t failed = count_failed(&first);
    add_stage(run->answer, &first, failed ? starts(run) : 1, 0);
    if (failed) add_stage(run->answer, &second, failed, failed);
}

/* Draws of the first search whose place is not given up; the others' number in *given_up. */
static void shmem_first(struct hp_layout_answer *answer, struct stage *stage, uint64_t huge,
                        const uint64_t weight[2], uint64_t *given_up) {
    const uint64_t page = stage->run.facts->page;
    struct piece piece;
    *given_up = 0;
    for (uint64_t start = HP_START_32BIT; next_piece(stage, &start, &piece);) {
        if (hp_is_error(piece.first)) {
            add_error(answer, piece.first, piece.draws * weight[0]);
            continue;
        }
        for (uint64_t at = piece.first; at <= piece.last; at += page) {
            const bool moves = hp_layout_shmem_moves(stage->call, huge, at);
            add_point(answer, at, piece.draws * weight[moves]);
            if (moves) *given_up += piece.draws;
        }
    }
}

/* The plain place, kept where it is aligned or where the second search finds nothing; else the
 * second one's. */
static void shmem(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct stage first, second;
    struct hp_layout_call inflated = *call;
    uint64_t given_up;
    open_stage(&first, run, call);
    open_stage(&second, run, &inflated);
    const uint64_t huge = hp_layout_shmem_page(&first.run, call);
    inflated.length = huge ? hp_layout_shmem_inflated(run, call, huge) : 0;
    inflated.offset = 0;
    inflated.object = HP_LAYOUT_ANONYMOUS;
    if (!inflated.length || call->length < huge || !FIRES(&first.run, SHMEM_PAD, 0))
        return once(run, call, hp_layout_mm_area);
    second.huge = FIRES(&first.run, SHMEM_SHIFT, 0) ? huge : 0;
    second.inside = call->offset & (huge - 1);
    shmem_first(run->answer, &first, huge, (const uint64_t[]){starts(run), count_failed(&second)},
                &given_up);
    if (given_up) add_stage(run->answer, &second, given_up, 0);
}

void hp_layout_draws(struct hp_layout_run *run, const struct hp_layout_call *call) {
    struct hp_layout_call asked = *call;
    if (call->object == HP_LAYOUT_ANONYMOUS) asked.offset = 0;
    if (run->facts->search == HP_LAYOUT_CACHE) return hp_layout_cache_draws(run, &asked);
    switch (hp_layout_callback(run, &asked)) {
    case HP_CALLBACK_THP: thp(run, &asked); break;
    case HP_CALLBACK_SHMEM: shmem(run, &asked); break;
    case HP_CALLBACK_HUGETLB: once(run, &asked, hp_layout_hugetlb_area); break;
    default: once(run, &asked, hp_layout_mm_area);
    }
}
