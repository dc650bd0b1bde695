/* SPDX-License-Identifier: MIT */
/* Where a reservation may go is decided here; whether it still can, when it is placed. */
#include "gap.h"

#include <sys/resource.h>

#include "auxv.h"
#include "walk.h"

/* The kernel's stack_guard_gap. A stack that grows keeps this distance only to what was mapped when
 * it grows, and not to what cannot be accessed then: a reservation. */
enum { STACK_GUARD_PAGES = 256, NOBODY_SAYS = 1 };

static uintptr_t least(uintptr_t a, uintptr_t b) { return a < b ? a : b; }
static uintptr_t most(uintptr_t a, uintptr_t b) { return a > b ? a : b; }

/* What nobody asked beyond: the 47-bit window, where every pointer tagger expects its addresses.
 * Who asks for a place near an address beyond it (48 bits are usual on arm64) is served there. */
static uintptr_t top(uintptr_t near) {
    const uint64_t window = (uint64_t)1 << 47;
    const uintptr_t last =
        near < window && window < UINTPTR_MAX ? (uintptr_t)window - 1 : UINTPTR_MAX;
    return hp_align_down(last, hp_vm_page());
}

struct hp_gap_wish hp_gap_wish(const struct hp_vm_request *request, size_t size, size_t align) {
    struct hp_gap_wish wish = {request->low, request->high ? request->high : top(request->near), 0,
                               size, align};
    if (request->reach) {
        const uintptr_t near = request->near, reach = request->reach;
        wish.near = near;
        wish.low = most(wish.low, near > reach ? near - reach : 0);
        const uintptr_t end = top(near);
        wish.high = least(wish.high, near < end && end - near > reach ? near + reach : end);
    }
    wish.low = most(wish.low, hp_vm_page()); /* address 0 means "anywhere" to mmap */
    return wish;
}

/* The best place in [low, high), false if the size does not fit there. */
static bool fit(const struct hp_gap_wish *wish, uintptr_t low, uintptr_t high, uintptr_t *at) {
    uintptr_t first;
    if (!hp_align_up(low, wish->align, &first) || first >= high || high - first < wish->size)
        return false;
    *at = first;
    if (!wish->near) return true;
    const uintptr_t last = hp_align_down(high - wish->size, wish->align);
    const uintptr_t ideal = hp_align_down(wish->near, wish->align);
    *at = most(first, least(last, ideal));
    return true;
}

static uintptr_t distance(const struct hp_gap_wish *wish, uintptr_t at) {
    const uintptr_t end = at + wish->size;
    if (at > wish->near) return at - wish->near;
    return wish->near > end ? wish->near - end : 0;
}

/* As many free bytes in a row hold the lowest place, whatever its alignment costs. */
static size_t enough(const struct hp_gap_wish *wish) {
    size_t sum;
    return !wish->near && hp_add(wish->size, wish->align, &sum) ? sum : SIZE_MAX;
}

/* Somewhere in the stack that the program began on. The kernel's text names that stack, but
 * PROCMAP_QUERY would have to be asked for each name, and mincore cannot be. */
static uintptr_t initial_stack(void) {
    static uintptr_t known;
    uintptr_t address = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (address) return address;
    address = hp_auxv(AUXV_RANDOM);
    if (!address) address = NOBODY_SAYS;
    __atomic_store_n(&known, address, __ATOMIC_RELAXED);
    return address;
}

static bool holds(const struct hp_mapping *mapping, uintptr_t address) {
    return mapping->low <= address && address < mapping->high;
}

/* Down to where it may yet grow; an unlimited one has no such edge. */
static uintptr_t lowest_of(const struct hp_mapping *stack) {
    uint64_t limit[2];
    if (hp_sys_prlimit(0, RLIMIT_STACK, 0, limit) < 0 || limit[0] >= stack->high) return stack->low;
    return least(stack->low, stack->high - (uintptr_t)limit[0]);
}

/* The end of the gap below a mapping, which is not all of it below a stack: once committed, memory
 * right below one would be overwritten by its growth, and no fault would say so. */
static uintptr_t end_below(const struct hp_mapping *next) {
    const size_t guard = STACK_GUARD_PAGES * hp_vm_page();
    uintptr_t low = next->low;
    if (holds(next, initial_stack()))
        low = lowest_of(next);
    else if (!holds(next, (uintptr_t)__builtin_frame_address(0)))
        return low;
    return low > guard ? low - guard : 0;
}

int hp_gap_find(const struct hp_vm_view *view, const struct hp_gap_wish *wish, uintptr_t *at) {
    struct hp_vm_walk walk;
    bool found = false;
    int answer = 1;
    hp_vm_walk_begin(&walk, view, enough(wish));
    for (uintptr_t here = hp_align_down(wish->low, hp_vm_page());
         here < wish->high && answer == 1;) {
        struct hp_mapping next;
        uintptr_t place;
        answer = hp_vm_walk_next(&walk, here, wish->high, &next);
        if (answer < 0) break;
        const uintptr_t end = answer ? least(end_below(&next), wish->high) : wish->high;
        if (end > here && fit(wish, most(here, wish->low), end, &place)) {
            /* Gaps come in rising order: from here on they only get further away. */
            if (found && distance(wish, place) >= distance(wish, *at)) break;
            *at = place;
            found = true;
            if (!wish->near) break;
        }
        if (answer) here = next.high;
    }
    hp_vm_walk_end(&walk);
    return answer < 0 ? answer : found ? 0 : -EEXIST;
}

int hp_vm_find_gap(const struct hp_vm_view *view, uintptr_t low, uintptr_t high, size_t size,
                   size_t align, uintptr_t *at) {
    const size_t page = hp_vm_page();
    const struct hp_vm_request request = {.low = low, .high = high};
    uintptr_t rounded;
    if (!size || !high || low >= high || (align && !hp_is_power_of_two(align))) return -EINVAL;
    if (!hp_align_up(size, page, &rounded)) return -EINVAL;
    const struct hp_gap_wish wish = hp_gap_wish(&request, rounded, align > page ? align : page);
    return hp_gap_find(view, &wish, at);
}
