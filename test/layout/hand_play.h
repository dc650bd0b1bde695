/* SPDX-License-Identifier: MIT */
/* Plays a case worked by hand on the naive model. Each mapping is of another kind than all others,
 * so that none merge. */
#ifndef HAND_PLAY_H
#define HAND_PLAY_H

#include "hp_test.h"

#include "hand.h"

static inline void check_step(const struct hand_case *hand, size_t step, uint64_t is,
                              uint64_t worked_out) {
    if (is != worked_out)
        fail_msg("%s, step %zu: 0x%llx, worked out was 0x%llx\n%s", hand->name, step,
                 (unsigned long long)is, (unsigned long long)worked_out, hand->working);
}

static inline void naive_have(struct naive *naive, const struct hand_step *step, naive_word word) {
    if (step->act == STACK) word |= NAIVE_GROWS_DOWN;
    for (uint64_t at = step->at; at < step->length; at += PAGE) naive->page[at / PAGE] = word;
}

static inline int64_t naive_ask(struct naive *naive, const struct hand_step *step,
                                naive_word word) {
    const struct naive_request request = {.hint = step->at,
                                          .length = step->length,
                                          .flags = step->flags,
                                          .word = word,
                                          .own = step->own,
                                          .random = {step->random[0], step->random[1]}};
    return naive_map(naive, &request);
}

static inline void play_naive_step(struct naive *naive, const struct hand_case *hand, size_t i) {
    const struct hand_step *step = &hand->script[i];
    const naive_word word = (naive_word)(2 + i);
    switch (step->act) {
    case END: break;
    case HAVE:
    case STACK: naive_have(naive, step, word); break;
    case MAP:
        check_step(hand, i, (uint64_t)naive_ask(naive, step, word), (uint64_t)step->answer);
        break;
    case UNMAP:
        check_step(hand, i, (uint64_t)naive_unmap(naive, step->at, step->length),
                   (uint64_t)step->answer);
        break;
    case BRK: check_step(hand, i, naive_brk(naive, step->at, 1), (uint64_t)step->answer); break;
    case CACHE_IS:
        check_step(hand, i, naive->cache, step->at);
        check_step(hand, i, naive->hole, step->length);
        break;
    }
}

static inline void play_naive(const struct hand_case *hand) {
    struct naive naive = hand->process;
    naive.pages = naive.task_size / PAGE;
    naive.page = calloc(naive.pages, sizeof *naive.page);
    assert_non_null(naive.page);
    naive.cache = naive.base;
    for (size_t i = 0; hand->script[i].act != END; i++) play_naive_step(&naive, hand, i);
    free(naive.page);
}

#endif
