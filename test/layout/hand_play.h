/* SPDX-License-Identifier: MIT */
/* Plays a case worked by hand, on the naive model and on the library. Each mapping is of another
 * kind than all others, so that none merge. */
#ifndef HAND_PLAY_H
#define HAND_PLAY_H

#include "hp_test.h"

#include "hand.h"
#include "peer.h"

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

static inline struct naive_request hand_request(const struct hand_step *step, naive_word word) {
    return (struct naive_request){.hint = step->at,
                                  .length = step->length,
                                  .flags = step->flags,
                                  .word = word,
                                  .own = step->own,
                                  .random = {step->random[0], step->random[1]}};
}

static inline void play_naive_step(struct naive *naive, const struct hand_case *hand, size_t i) {
    const struct hand_step *step = &hand->script[i];
    const naive_word word = (naive_word)(2 + i);
    const struct naive_request request = hand_request(step, word);
    switch (step->act) {
    case END: break;
    case HAVE:
    case STACK: naive_have(naive, step, word); break;
    case MAP:
        check_step(hand, i, (uint64_t)naive_map(naive, &request), (uint64_t)step->answer);
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

/* ---- The library ----------------------------------------------------------------------------- */

static inline void peer_have_step(struct peer *peer, const struct hand_step *step,
                                  naive_word word) {
    const struct hp_layout_mapping mapping = {
        .low = step->at,
        .high = step->length,
        .flags = HP_LAYOUT_READ | HP_LAYOUT_FILE |
                 (step->act == STACK ? (uint32_t)HP_LAYOUT_GROWS_DOWN : 0),
        .offset = step->at,
        .name = word,
        .name_size = 1};
    peer_have(peer, &mapping);
}

static inline int64_t peer_map(struct peer *peer, const struct hand_step *step, naive_word word) {
    const struct naive_request request = hand_request(step, word);
    const struct hp_layout_op op = peer_op(&request);
    return peer_apply(peer, &op);
}

/* 32-bit kernels have an unsigned long of 32 bits. */
static inline uint64_t peer_hole(const struct hand_case *hand, const struct peer *peer) {
    return peer->layout.hidden.hole & (hand->process.kernel32 ? UINT32_MAX : UINT64_MAX);
}

static inline void play_peer_step(struct peer *peer, const struct hand_case *hand, size_t i) {
    const struct hand_step *step = &hand->script[i];
    const naive_word word = (naive_word)(2 + i);
    const uint64_t answer = (uint64_t)step->answer;
    switch (step->act) {
    case END: break;
    case HAVE:
    case STACK: peer_have_step(peer, step, word); break;
    case MAP: check_step(hand, i, (uint64_t)peer_map(peer, step, word), answer); break;
    case UNMAP:
        check_step(hand, i, (uint64_t)peer_unmap(peer, step->at, step->length), answer);
        break;
    case BRK: check_step(hand, i, (uint64_t)peer_brk(peer, step->at), answer); break;
    case CACHE_IS:
        check_step(hand, i, peer->layout.hidden.cache, step->at);
        check_step(hand, i, peer_hole(hand, peer), step->length);
        break;
    }
}

/* What a driver's own routine answers the library does not pretend to know. */
static inline void play_peer(const struct hand_case *hand) {
    static struct peer peer;
    peer_begin(&peer, hand->kernel, &hand->process);
    for (size_t i = 0; hand->script[i].act != END; i++)
        if (!(hand->script[i].flags & NAIVE_OWN)) play_peer_step(&peer, hand, i);
}

#endif
