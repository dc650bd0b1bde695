/* SPDX-License-Identifier: MIT */
/* What this room counts, what it found missing, and what it is told to do without. */
#include "stats.h"
#include "poll.h"

struct hp_poll_totals hp_poll_counters;
static unsigned lacking, forced;

bool hp_poll_has(unsigned bit) {
    return !((__atomic_load_n(&lacking, __ATOMIC_RELAXED) | forced) & bit);
}

void hp_poll_lack(unsigned bit) { __atomic_fetch_or(&lacking, bit, __ATOMIC_RELAXED); }

/* epoll_pwait2 is the door's to do without. */
void hp_poll_force(unsigned missing) {
    forced = missing;
    hp_poll_forget();
    if (missing & HP_POLL_HAS_PWAIT2) hp_sys_learn(LACKS_EPOLL_PWAIT2);
}

void hp_poll_forget(void) {
    __atomic_store_n(&lacking, 0, __ATOMIC_RELAXED);
    hp_sys_forget();
}

const char *hp_poll_has_name(unsigned bit) {
    static const char *const names[] = {"epoll",   "create1", "pwait2",
                                        "eventfd", "user",    "membarrier"};
    for (size_t i = 0; i < HP_COUNT(names); i++)
        if (bit == 1u << i) return names[i];
    return 0;
}

void hp_poll_stats(struct hp_poll_totals *totals) {
    const uint64_t *from = (const uint64_t *)&hp_poll_counters;
    uint64_t *to = (uint64_t *)totals;
    for (size_t i = 0; i < sizeof *totals / sizeof *to; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
_Static_assert(sizeof(struct hp_poll_totals) % sizeof(uint64_t) == 0, "counters and nothing else");
