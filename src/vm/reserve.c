/* SPDX-License-Identifier: MIT */
/* From a request to a region: how much, how aligned, where, by which rung, and all undone when one
 * step fails. */
#include <string.h>

#include "fresh.h"
#include "gap.h"

enum { TRIES_MAX = 64, MIN_ADDRESS_MAX = 1 << 20 };

static bool name_fits(const char *name) {
    size_t length = 0;
    while (name && length <= NAME_BYTES_MAX && name[length]) length++;
    return length <= NAME_BYTES_MAX;
}

static int check_request(const struct hp_vm_request *request) {
    if (!request->size || request->least > request->size) return -EINVAL;
    if (request->align && !hp_is_power_of_two(request->align)) return -EINVAL;
    if (request->high ? request->low >= request->high : request->low != 0) return -EINVAL;
    if (request->near && !request->reach) return -EINVAL;
    if (request->flags & ~(unsigned)(HP_VM_FLAGS_WITHOUT_NODE | HP_VM_NODE)) return -EINVAL;
    return name_fits(request->name) ? 0 : -EINVAL;
}

/* Cuts [*at, *at + total) to `size` bytes at the alignment. Cutting an end off splits nothing,
 * unless the kernel merged the mapping with a neighbour: then all of it is given back. */
static int trim(uintptr_t *at, size_t total, size_t size, size_t align) {
    const uintptr_t end = *at + total;
    uintptr_t aligned;
    if (!hp_align_up(*at, align, &aligned)) return -ENOMEM;
    int answer = 0;
    if (aligned > *at) answer = hp_sys_munmap((void *)*at, aligned - *at);
    if (answer == 0 && end > aligned + size) {
        *at = aligned;
        answer = hp_sys_munmap((void *)(aligned + size), end - aligned - size);
    }
    if (answer < 0) hp_sys_munmap((void *)*at, end - *at);
    *at = aligned;
    return answer;
}

/* Kernels from 6.7 align multiples of a huge page by themselves; one that once did not is not
 * trusted again. */
static int map_lucky(size_t size, size_t align, uintptr_t *at) {
    const size_t huge = hp_vm_huge_page();
    if (!(hp_vm_features() & HP_VM_HAS_HUGE_ALIGN) || align > huge || size % huge)
        return HP_EELSEWHERE;
    const int answer = hp_vm_map(size, at);
    if (answer < 0 || hp_is_aligned(*at, align)) return answer;
    hp_sys_munmap((void *)*at, size);
    hp_vm_lack(HP_VM_HAS_HUGE_ALIGN);
    return HP_EELSEWHERE;
}

/* Below vm.mmap_min_addr free space is refused with EPERM, and a hint is moved: the search goes on
 * above it. A kernel that ignores all addresses is not one that moves hints. */
static bool go_higher(struct hp_gap_wish *wish, uintptr_t refused, int answer) {
    const bool moved = answer == HP_EELSEWHERE && hp_vm_features() & HP_VM_HAS_HINT;
    if (answer != -EPERM && !moved) return false;
    wish->low = refused + hp_vm_page();
    return refused < MIN_ADDRESS_MAX && wish->low < wish->high;
}

/* Where shmat is the last rung, it may want more than a page. */
static bool go_coarser(struct hp_gap_wish *wish) {
    const size_t granule = SHM_GRANULE_PAGES * hp_vm_page();
    if (wish->align >= granule) return false;
    wish->align = granule;
    return true;
}

/* A gap is looked for and placed in; who comes in between makes us look again. */
static int map_within(const struct hp_vm_request *request, size_t size, size_t align, uintptr_t *at,
                      int *rung) {
    struct hp_gap_wish wish = hp_gap_wish(request, size, align);
    struct hp_vm_view view;
    const bool seeing = hp_vm_view_open(&view) == 0;
    int answer = -EEXIST;
    for (int i = 0; i < TRIES_MAX && answer == -EEXIST; i++) {
        answer = hp_gap_find(seeing ? &view : 0, &wish, at);
        if (answer < 0) break;
        answer = hp_vm_climb(*at, size, request->flags, rung);
        if (go_higher(&wish, *at, answer) || (answer == HP_EELSEWHERE && go_coarser(&wish)))
            answer = -EEXIST;
    }
    if (seeing) hp_vm_view_close(&view);
    return answer;
}

/* For want of room for what would be cut off: the size alone says whether there is room for it, and
 * where to look for a place. */
static int map_without_waste(const struct hp_vm_request *request, size_t size, size_t align,
                             uintptr_t *at, int *rung) {
    int answer = hp_vm_map(size, at);
    if (answer < 0 || hp_is_aligned(*at, align)) return answer;
    const struct hp_vm_request beside = {
        .near = *at, .reach = UINTPTR_MAX, .flags = request->flags};
    hp_sys_munmap((void *)*at, size);
    answer = map_within(&beside, size, align, at, rung);
    return answer == -EEXIST || answer == HP_EELSEWHERE ? -ENOMEM : answer;
}

static int map_aligned(const struct hp_vm_request *request, size_t size, size_t align,
                       uintptr_t *at, int *rung) {
    size_t total;
    int answer = map_lucky(size, align, at);
    if (answer != HP_EELSEWHERE) return answer;
    answer = hp_add(size, align - hp_vm_page(), &total) ? hp_vm_map(total, at) : -ENOMEM;
    if (answer == -ENOMEM || answer == -EAGAIN)
        return map_without_waste(request, size, align, at, rung);
    if (answer < 0) return answer;
    hp_vm_count(&hp_vm_counters.trimmed, 1);
    return trim(at, total, size, align);
}

static int map_size(const struct hp_vm_request *request, size_t size, uintptr_t *at, int *rung) {
    const size_t page = hp_vm_page(), align = request->align > page ? request->align : page;
    *rung = HP_VM_ANYWHERE;
    if (request->high || request->reach) return map_within(request, size, align, at, rung);
    if (align > page) return map_aligned(request, size, align, at, rung);
    return hp_vm_map(size, at);
}

static int reserve_size(const struct hp_vm_request *request, size_t size,
                        struct hp_vm_region *region) {
    uintptr_t at = 0;
    int rung;
    hp_vm_hold(size);
    int answer = map_size(request, size, &at, &rung);
    if (answer == 0) answer = hp_vm_take(region, at, size, request, rung);
    if (answer < 0) hp_vm_let_go(size);
    return answer;
}

static bool smaller_may_do(int answer) {
    return answer == -ENOMEM || answer == -EEXIST || answer == -EAGAIN;
}

/* Size and nothing else: the pages of it, else 0. Most requests, and one branch is enough: kernels
 * clear the branch history, and until the next call each costs what a cold one does. */
static size_t plain_size(const struct hp_vm_request *request) {
    const uintptr_t more = request->least | request->align | request->low | request->high |
                           request->near | request->reach | request->flags |
                           (uintptr_t)request->name;
    /* 0 before it was asked for: then no size is plain */
    const size_t page = __atomic_load_n(&hp_vm_page_size, __ATOMIC_RELAXED);
    const size_t rounded = (request->size + page - 1) & -page;
    return rounded & -(size_t)((rounded >= request->size) & !more);
}

__attribute__((noinline, cold)) static int refused(size_t size, int answer) {
    hp_vm_let_go(size);
    return answer;
}

static int reserve_plain(size_t size, struct hp_vm_region *region) {
    uintptr_t at;
    hp_vm_hold(size);
    const int answer = hp_vm_map(size, &at);
    if (__builtin_expect(answer < 0, 0)) return refused(size, answer);
    *region = (struct hp_vm_region){.base = (unsigned char *)at, .size = size};
    return 0;
}

/* Out of line, or the plain one would save the registers that this one needs. */
__attribute__((noinline)) static int reserve_any(const struct hp_vm_request *request,
                                                 struct hp_vm_region *region) {
    uintptr_t size, least;
    int answer = check_request(request);
    if (answer < 0) return answer;
    if (!hp_align_up(request->size, hp_vm_page(), &size)) return -EINVAL;
    if (!request->least || !hp_align_up(request->least, hp_vm_page(), &least)) least = size;
    while ((answer = reserve_size(request, size, region)) < 0) {
        if (!smaller_may_do(answer) || size == least) return answer;
        size = hp_align_down(size / 2, hp_vm_page());
        if (size < least) size = least;
        hp_vm_count(&hp_vm_counters.halved, 1);
    }
    return 0;
}

int hp_vm_reserve(const struct hp_vm_request *request, struct hp_vm_region *region) {
    const size_t size = plain_size(request);
    return __builtin_expect(size != 0, 1) ? reserve_plain(size, region)
                                          : reserve_any(request, region);
}
