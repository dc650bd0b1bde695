/* SPDX-License-Identifier: MIT */
/* A plan's map, made into what the child does one after the other. */
#include "spawn.h"

static void keep(struct hp_start *start, int number) {
    unsigned i = start->kept_count++;
    for (; i && start->kept[i - 1] > number; i--) start->kept[i] = start->kept[i - 1];
    start->kept[i] = number;
}

/* What is to become /dev/null is opened when all else is closed, so that it finds room. */
static unsigned wish(struct hp_start *start, struct hp_move *wishes) {
    unsigned count = 0;
    for (unsigned i = 0; i < start->plan->fd_count; i++) {
        const int child = start->plan->fds[i].child;
        keep(start, child);
        if (start->parent[i] != HP_SPAWN_NULL)
            wishes[count++] = (struct hp_move){start->parent[i], child};
    }
    return count;
}

/* What must outlive the moves, and what is to become /dev/null: it goes to a number that nobody
 * asked for. */
static unsigned wish_hidden(struct hp_start *start, struct hp_move *wishes, unsigned count,
                            int from, int *where) {
    *where = -1;
    if (from < 0) return count;
    int to = hp_moves_free(wishes, count, 0);
    for (unsigned i = 0; i < start->kept_count; i++)
        if (start->kept[i] == to) to = hp_moves_free(wishes, count, to + 1);
    *where = to;
    keep(start, to);
    wishes[count] = (struct hp_move){from, to};
    return count + 1;
}

/* What is only marked is still open, and may leave no room for /dev/null. */
static bool has_null(const struct hp_start *start) {
    for (unsigned i = 0; i < start->plan->fd_count; i++)
        if (start->parent[i] == HP_SPAWN_NULL) return true;
    return false;
}

void hp_start_compile(struct hp_start *start) {
    struct hp_move wishes[HP_START_WISHES];
    start->kept_count = 0;
    unsigned count = wish(start, wishes);
    count = wish_hidden(start, wishes, count, start->extra[HP_EXTRA_FILE], &start->file);
    count = wish_hidden(start, wishes, count, start->extra[HP_EXTRA_LINE], &start->line);
    start->closes_now = has_null(start) || start->plan->flags & HP_SPAWN_SUSPENDED;
    start->move_count = hp_moves_order(wishes, count, start->moves, &start->scratch);
}
