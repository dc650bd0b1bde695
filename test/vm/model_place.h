/* SPDX-License-Identifier: MIT */
/* The model's operations on whole regions: from None and back to it, and looking. */
#ifndef MODEL_PLACE_H
#define MODEL_PLACE_H

#include "model_kernel.h"

static bool no_rung_is_left(void) {
    const unsigned left = has() & (HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM);
    return fault.quirk->rung < 0 || !left;
}

/* shm's last step is a MAP_FIXED, which this kernel refuses. */
static bool fixed_is_refused(void) {
    for (size_t i = 0; i < 3; i++)
        if (fault.quirk->in_place[i].function == mmap_refuses_fixed ||
            fault.quirk->in_place[i].function == mmap_loses_what_it_replaces)
            return true;
    return false;
}

/* shmat alone is left, and takes not every page. */
static bool places_are_coarse(void) {
    return SHM_GRANULE_PAGES > 1 && !(has() & (HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT));
}

static void assert_refusal(int answer, bool free, unsigned flags) {
    if (fault.armed || places_are_coarse()) return;
    if (!free)
        assert_model(answer == -EEXIST);
    else if (flags & HP_VM_STRICT && answer == -EOPNOTSUPP)
        return;
    else if (fixed_is_refused())
        assert_model(answer == -ENOMEM || answer == HP_EELSEWHERE);
    else
        assert_model(answer == HP_EELSEWHERE && no_rung_is_left());
}

static unsigned some_flags(void) {
    static const unsigned flags[] = {HP_VM_NO_DUMP, HP_VM_NO_HUGE, HP_VM_STRICT, HP_VM_RACE_OK,
                                     HP_VM_TELL_ZERO};
    unsigned some = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (chance(4) == 0) some |= flags[i];
    return some;
}

static void now_owned(int slot, enum access access, unsigned char value) {
    const struct hp_vm_region *region = &model.regions[slot];
    pages_become(region->base, region->size, (struct model_page){slot, access, value, 0, 0});
}

static void place(void) {
    const int slot = free_slot();
    if (slot == NOBODY) return;
    const uint32_t from = chance(ROOM_PAGES), most = ROOM_PAGES - from;
    unsigned char *at = room((int)chance(ROOMS)) + from * page();
    const size_t size = (1 + chance(most < 8 ? most : 8)) * page();
    const unsigned flags = some_flags();
    const bool free = all_are_nobodys(at, size);
    struct hp_vm_region region = {0};
    const struct price before = price(at);
    arm(false);
    const int answer = hp_vm_place(at, size, flags, &region);
    if (answer < 0) {
        assert_refusal(answer, free, flags);
        assert_model(region.size == 0);
    } else {
        assert_model(free && region.base == at && region.size == size);
        model.regions[slot] = region;
        now_owned(slot, NO, 0);
    }
    disarm();
    assert_price(before, answer == 0);
    check_pages(at, size);
}

static unsigned char *lowest_gap(unsigned char *low, unsigned char *high, size_t size,
                                 size_t align) {
    for (unsigned char *at = low; at + size <= high; at += page())
        if ((uintptr_t)at % align == 0 && all_are_nobodys(at, size)) return at;
    return 0;
}

static void reserve_within(void) {
    const int slot = free_slot();
    if (slot == NOBODY) return;
    unsigned char *low = room((int)chance(ROOMS)), *high = low + ROOM_PAGES * page();
    low += chance(ROOM_PAGES / 2) * page();
    const struct hp_vm_request request = {.size = (1 + chance(6)) * page(),
                                          .align = page() << chance(3),
                                          .low = (uintptr_t)low,
                                          .high = (uintptr_t)high,
                                          .flags = some_flags()};
    unsigned char *wanted = lowest_gap(low, high, request.size, request.align);
    struct hp_vm_region region = {0};
    const struct price before = price(low);
    arm(false);
    const int answer = hp_vm_reserve(&request, &region);
    if (answer < 0) {
        assert_refusal(answer, wanted != 0, request.flags);
    } else {
        assert_model(region.base == wanted || places_are_coarse());
        assert_model(all_are_nobodys(region.base, region.size) && region.size == request.size);
        model.regions[slot] = region;
        now_owned(slot, NO, 0);
    }
    disarm();
    assert_price(before, answer == 0);
    check_pages(low, (size_t)(high - low));
}

static void adopt(void) {
    const int slot = free_slot();
    unsigned char *low = room((int)chance(ROOMS));
    const size_t size = (1 + chance(4)) * page();
    unsigned char *at = lowest_gap(low, low + ROOM_PAGES * page(), size, page());
    if (slot == NOBODY || !at) return;
    mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
         -1, 0);
    memset(at, 0x21, size);
    struct hp_vm_region region = {0};
    arm(false);
    const int answer = hp_vm_adopt(at, size, 0, &region);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    if (answer < 0) {
        munmap(at, size);
        return;
    }
    model.regions[slot] = region;
    now_owned(slot, YES, 0x21);
    check_pages(at, size);
}

static void split(void) {
    struct pick pick;
    const int slot = free_slot();
    if (slot == NOBODY || !pick_region(&pick) || pick.region->size == page()) return;
    const uint32_t pages = (uint32_t)(pick.region->size / page());
    const size_t head = (1 + chance(pages - 1)) * page();
    assert_model(hp_vm_split(pick.region, head, &model.regions[slot]) == 0);
    const struct hp_vm_region *tail = &model.regions[slot];
    assert_model(tail->base == pick.region->base + head);
    for (unsigned char *at = tail->base; at < tail->base + tail->size; at += page())
        model_at(at)->owner = slot;
}

static void join(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    for (int i = 0; i < REGIONS_MAX; i++) {
        struct hp_vm_region *tail = &model.regions[i];
        if (!tail->size || tail->base != pick.region->base + pick.region->size) continue;
        unsigned char *at = tail->base, *end = at + tail->size;
        const bool alike = tail->flags == pick.region->flags && tail->node == pick.region->node;
        assert_model(hp_vm_join(pick.region, tail) == (alike ? 0 : -EINVAL));
        if (!alike) return;
        assert_model(tail->size == 0 && pick.region->base + pick.region->size == end);
        for (; at < end; at += page()) model_at(at)->owner = (int)(pick.region - model.regions);
        return;
    }
}

static void now_nobodys(unsigned char *at, size_t size) {
    pages_become(at, size, (struct model_page){NOBODY, NO, 0, 0, 0});
    check_pages(at, size);
}

/* One more mapping at most: when it was the middle of what the kernel had merged. */
static void release(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const struct hp_vm_region was = *pick.region;
    const struct price before = price(was.base);
    arm(true);
    const int answer = hp_vm_release(pick.region);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    assert_price(before, 1);
    if (answer == 0)
        now_nobodys(was.base, was.size);
    else
        assert_model(is_as_it_was(pick.region, &was));
    check_pages(was.base, was.size);
}

static void release_part(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const struct hp_vm_region was = *pick.region;
    const bool head = pick.at == was.base, tail = pick.at + pick.size == was.base + was.size;
    arm(true);
    const int answer = hp_vm_release_part(pick.region, pick.at, pick.size);
    if (!head && !tail)
        assert_model(answer == -EINVAL);
    else
        assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    if (answer == 0)
        now_nobodys(pick.at, pick.size);
    else
        assert_model(is_as_it_was(pick.region, &was));
    if (answer == 0) assert_model(pick.region->size == was.size - pick.size);
    check_pages(was.base, was.size);
}

static void release_everything(void) {
    for (int i = 0; i < REGIONS_MAX; i++) {
        const struct hp_vm_region was = model.regions[i];
        if (!was.size) continue;
        assert_model(hp_vm_release(&model.regions[i]) == 0);
        now_nobodys(was.base, was.size);
    }
}

static bool is_mapped_in_model(const unsigned char *at, const unsigned char *end) {
    return at >= end || model_at(at)->owner != NOBODY;
}

static void query(void) {
    unsigned char *low = room((int)chance(ROOMS)), *end = low + ROOM_PAGES * page();
    low += chance(ROOM_PAGES) * page();
    struct hp_vm_span span;
    arm(false);
    const int answer = hp_vm_query(0, (uintptr_t)low, (size_t)(end - low), &span);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    if (answer < 0) return;
    unsigned char *high = (unsigned char *)span.high;
    assert_model(span.low == (uintptr_t)low && high > low && high <= end);
    for (unsigned char *at = low; at < high; at += page())
        assert_model(is_mapped_in_model(at, end) == (span.mapped != 0));
    if (!span.mapped) assert_model(high == end || is_mapped_in_model(high, end));
}

static void find_gap(void) {
    unsigned char *low = room((int)chance(ROOMS)), *high = low + ROOM_PAGES * page();
    low += chance(ROOM_PAGES) * page();
    const size_t size = (1 + chance(6)) * page(), align = page() << chance(3);
    unsigned char *wanted = lowest_gap(low, high, size, align);
    uintptr_t at = 0;
    arm(false);
    const int answer = hp_vm_find_gap(0, (uintptr_t)low, (uintptr_t)high, size, align, &at);
    if (answer == 0)
        assert_model((unsigned char *)at == wanted);
    else
        assert_model(fault.armed || (answer == -EEXIST && !wanted));
    disarm();
}

#endif
