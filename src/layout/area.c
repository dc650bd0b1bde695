/* SPDX-License-Identifier: MIT */
/* Who is asked for an address, and what is checked of the answer: __get_unmapped_area of
 * mm/mmap.c. */
#include <errno.h>

#include "layout.h"

uint64_t hp_layout_unmapped_area(struct hp_layout_run *run,
                                 const struct hp_layout_gap_query *query) {
    static hp_layout_find_gap *const searches[] = {
        [HP_LAYOUT_MAPLE] = hp_layout_maple_search, [HP_LAYOUT_RBTREE] = hp_layout_rbtree_search};
    const bool goes = query->down ? FIRES(run, SEARCH_DOWN, query->length, query->low, query->high)
                                  : FIRES(run, SEARCH_UP, query->length, query->low, query->high);
    return goes ? searches[run->facts->search](run, query) : hp_error(ENOMEM);
}

uint64_t hp_layout_mm_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    return hp_layout_row(run->facts)->area(run, call);
}

/* Anonymous memory is aligned to huge pages by the mm itself. */
static bool is_anonymous_thp(const struct hp_layout_facts *facts,
                             const struct hp_layout_call *call) {
    if (!hp_layout_has(facts, HP_LAYOUT_HAS_THP)) return false;
    if (hp_layout_has(facts, HP_LAYOUT_HAS_THP_NO_HINT) && call->address) return false;
    return !hp_layout_has(facts, HP_LAYOUT_HAS_THP_MULTIPLES) ||
           !(call->length & (facts->huge_page - 1));
}

static enum hp_layout_callback of_file(const struct hp_layout_facts *facts,
                                       const struct hp_layout_call *call) {
    const bool thp = hp_layout_has(facts, HP_LAYOUT_HAS_THP_FILE);
    switch (call->object) {
    case HP_LAYOUT_THP_FILE: return thp ? HP_CALLBACK_THP : HP_CALLBACK_MM;
    case HP_LAYOUT_MEMFD:
    case HP_LAYOUT_TMPFS: return HP_CALLBACK_SHMEM;
    case HP_LAYOUT_DEV_ZERO:
        if (call->flags & HP_LAYOUT_MAP_SHARED) return HP_CALLBACK_SHMEM;
        return hp_layout_has(facts, HP_LAYOUT_HAS_THP_ZERO) ? HP_CALLBACK_THP : HP_CALLBACK_MM;
    case HP_LAYOUT_HUGE: return HP_CALLBACK_HUGETLB;
    case HP_LAYOUT_DRIVER: return HP_CALLBACK_DRIVER;
    default: return HP_CALLBACK_MM;
    }
}

/* Up to 3.7 nothing was aligned, and hugetlbfs had a cache of its own, as a driver may. */
static enum hp_layout_callback of_old(int object) {
    const bool own = object == HP_LAYOUT_HUGE || object == HP_LAYOUT_DRIVER;
    return own ? HP_CALLBACK_DRIVER : HP_CALLBACK_MM;
}

enum hp_layout_callback hp_layout_callback(const struct hp_layout_run *run,
                                           const struct hp_layout_call *call) {
    if (run->facts->search == HP_LAYOUT_CACHE) return of_old(call->object);
    if (call->object != HP_LAYOUT_ANONYMOUS) return of_file(run->facts, call);
    if (call->flags & HP_LAYOUT_MAP_SHARED) return HP_CALLBACK_SHMEM;
    return is_anonymous_thp(run->facts, call) ? HP_CALLBACK_THP : HP_CALLBACK_MM;
}

static uint64_t not_known(struct hp_layout_run *run, const struct hp_layout_call *call) {
    (void)call;
    run->unknown = true;
    return hp_error(ENOMEM);
}

static uint64_t ask(struct hp_layout_run *run, const struct hp_layout_call *call) {
    static hp_layout_area *const areas[] = {
        [HP_CALLBACK_MM] = hp_layout_mm_area,           [HP_CALLBACK_THP] = hp_layout_thp_area,
        [HP_CALLBACK_SHMEM] = hp_layout_shmem_area,     [HP_CALLBACK_DRIVER] = not_known,
        [HP_CALLBACK_HUGETLB] = hp_layout_hugetlb_area,
    };
    return areas[hp_layout_callback(run, call)](run, call);
}

static bool may_lie(struct hp_layout_run *run, uint64_t address) {
    return address >= run->facts->low_addr || NEED(run, raw_io) ||
           !FIRES(run, LOW_ADDRESS, address, run->facts->low_addr);
}

uint64_t hp_layout_checked(struct hp_layout_run *run, const struct hp_layout_call *call,
                           uint64_t found) {
    const struct hp_layout_facts *facts = run->facts;
    /* an address that was fixed within the last 4095 bytes reads as an error too */
    if (hp_is_error(found) && (found != call->address || FIRES(run, ERROR_VALUE, -found, found)))
        return found;
    if (found > facts->task_size - call->length &&
        FIRES(run, PAST_END, found, call->length, facts->task_size))
        return hp_error(ENOMEM);
    if (found & (facts->page - 1) && FIRES(run, UNALIGNED, found)) return hp_error(EINVAL);
    return may_lie(run, found) ? found : hp_error(EPERM);
}

uint64_t hp_layout_get_unmapped_area(struct hp_layout_run *run, const struct hp_layout_call *call) {
    const struct hp_layout_facts *facts = run->facts;
    if (call->length > facts->task_size && FIRES(run, TOO_LONG, call->length, facts->task_size))
        return hp_error(ENOMEM);
    struct hp_layout_call asked = *call;
    if (call->object == HP_LAYOUT_ANONYMOUS) asked.offset = 0;
    return hp_layout_checked(run, call, ask(run, &asked));
}
