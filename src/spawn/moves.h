/* SPDX-License-Identifier: MIT */
/* Which descriptor the child copies to which number, in which order: numbers in, numbers out, no
 * call. */
#ifndef HP_SPAWN_MOVES_H
#define HP_SPAWN_MOVES_H

#include "base.h"

/* from == to: it is there already, and has only to stay open. */
struct hp_move {
    int from, to;
};

/* Each of `count` wishes is to come true at once, as if by one parallel assignment: afterwards
 * every `to` is what its `from` was before. All numbers are 0 or above, no two `to` are alike. The
 * moves that do it one after the other, at most count + count / 2: how many. `order` and `wishes`
 * may not overlap; `wishes` is used up. *scratch is a number that is in no wish, and may be
 * overwritten: where one of a cycle waits. */
unsigned hp_moves_order(struct hp_move *wishes, unsigned count, struct hp_move *order,
                        int *scratch);

/* The lowest number from `least` on that is in no wish. */
int hp_moves_free(const struct hp_move *wishes, unsigned count, int least);

#endif
