/* SPDX-License-Identifier: MIT */
/* A parallel move, one copy at a time. A wish whose target nobody still needs as a source can be
 * granted. When there is none left, all that is wished for are cycles: what one of them would
 * overwrite is copied to the scratch number, and the cycle is a chain. */
#include "moves.h"

static bool is_in(const struct hp_move *wishes, unsigned count, int number) {
    for (unsigned i = 0; i < count; i++)
        if (wishes[i].from == number || wishes[i].to == number) return true;
    return false;
}

int hp_moves_free(const struct hp_move *wishes, unsigned count, int least) {
    while (is_in(wishes, count, least)) least++;
    return least;
}

static bool is_needed(const struct hp_move *wishes, unsigned count, int number) {
    for (unsigned i = 0; i < count; i++)
        if (wishes[i].from == number) return true;
    return false;
}

/* Which one can be granted now, or `count`. What stays where it is needs itself only. */
static unsigned grantable(const struct hp_move *wishes, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (wishes[i].from == wishes[i].to || !is_needed(wishes, count, wishes[i].to)) return i;
    return count;
}

static struct hp_move break_cycle(struct hp_move *wishes, unsigned count, int scratch) {
    const struct hp_move saved = {wishes[0].to, scratch};
    for (unsigned i = 0; i < count; i++)
        if (wishes[i].from == saved.from) wishes[i].from = scratch;
    return saved;
}

unsigned hp_moves_order(struct hp_move *wishes, unsigned count, struct hp_move *order,
                        int *scratch) {
    unsigned made = 0;
    *scratch = hp_moves_free(wishes, count, 0);
    while (count) {
        const unsigned i = grantable(wishes, count);
        if (i == count) {
            order[made++] = break_cycle(wishes, count, *scratch);
            continue;
        }
        order[made++] = wishes[i];
        wishes[i] = wishes[--count];
    }
    return made;
}
