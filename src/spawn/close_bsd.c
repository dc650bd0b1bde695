/* SPDX-License-Identifier: MIT */
/* Everything that the plan does not name, on FreeBSD, NetBSD and OpenBSD: each gap between what is
 * kept, by close_range (FreeBSD 12.2) or one by one, then all behind the last. */
#include "spawn.h"

static int close_each(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last; fd++) hp_sys_close((int)fd);
    return HP_CLOSED_BY_FORCE;
}

static int close_gap(unsigned first, unsigned last) {
    if (hp_spawn_has(HP_SPAWN_HAS_RANGE)) {
        const int answer = hp_sys_close_range(first, last, 0);
        if (answer == 0) return HP_CLOSED_BY_RANGE;
        if (!hp_is_refusal(answer)) return answer;
        hp_spawn_lack(HP_SPAWN_HAS_RANGE);
    }
    return close_each(first, last);
}

int hp_close_others(const struct hp_start *start) {
    unsigned first = 0;
    int how = HP_CLOSED_BY_RANGE;
    for (unsigned i = 0; i < start->kept_count; i++) {
        const unsigned kept = (unsigned)start->kept[i];
        if (kept > first) how = close_gap(first, kept - 1);
        if (how < 0) return how;
        first = kept + 1;
    }
    hp_sys_closefrom((int)first);
    return how;
}
