/* SPDX-License-Identifier: MIT */
/* What the header promises of each page, as plain data: who owns it, whether it may be touched, and
 * which bytes it may hold. The test compares every page with this after each operation.
 *
 * Rooms lie between canary pages that belong to nobody. Regions are placed in rooms only. */
#ifndef MODEL_H
#define MODEL_H

#include "vm_test.h"

enum { ROOMS = 3, ROOM_PAGES = 32, REGIONS_MAX = 12, NOBODY = -1, CANARY = 0xc7 };

enum access { NO, READ_ONLY, YES, MAYBE };

struct model_page {
    int owner; /* of model.regions, or NOBODY: nothing is mapped there */
    enum access access;
    unsigned char value; /* its first and last byte */
    bool or_zero;        /* or zero: contents were given up */
    bool guarded;        /* maybe by a guard that protection does not lift */
};

static struct {
    unsigned char *street;
    struct model_page pages[ROOMS][ROOM_PAGES];
    struct hp_vm_region regions[REGIONS_MAX]; /* size 0: free slot */
    uint64_t seed;
    unsigned operations;
    struct hp_vm_totals start;
} model;

static inline uint32_t chance(uint32_t below) {
    model.seed ^= model.seed << 13;
    model.seed ^= model.seed >> 7;
    model.seed ^= model.seed << 17;
    return (uint32_t)(model.seed >> 32) % below;
}

static inline unsigned char *room(int index) {
    return model.street + page() + (size_t)index * (ROOM_PAGES + 1) * page();
}

static inline unsigned char *canary(int index) { return room(index) - page(); }

static inline struct model_page *model_at(const unsigned char *at) {
    const size_t offset = (size_t)(at - room(0)) / page();
    return &model.pages[offset / (ROOM_PAGES + 1)][offset % (ROOM_PAGES + 1)];
}

#define assert_model(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) fail_msg("operation %u: not so: %s", model.operations, #condition);      \
    } while (0)

/* By its fields: between them there may be bytes that nobody wrote. */
static inline bool is_as_it_was(const struct hp_vm_region *region, const struct hp_vm_region *was) {
    return region->base == was->base && region->size == was->size && region->flags == was->flags &&
           region->missed == was->missed && region->rung == was->rung &&
           region->used_low == was->used_low && region->used_high == was->used_high;
}

static inline void check_byte(const struct model_page *is, const unsigned char *at) {
    const int byte = peek(at);
    if (is->access == NO) assert_model(byte == FAULTS);
    if (is->access == YES || is->access == READ_ONLY) assert_model(byte != FAULTS);
    if (byte != FAULTS) assert_model(byte == is->value || (is->or_zero && byte == 0));
}

static inline bool is_unmapped(unsigned char *at) {
    unsigned char resident;
    return mincore(at, page(), &resident) < 0 && errno == ENOMEM;
}

static inline void check_pages(unsigned char *at, size_t size) {
    for (const unsigned char *end = at + size; at < end; at += page()) {
        const struct model_page *is = model_at(at);
        if (is->owner == NOBODY) {
            assert_model(is_unmapped(at));
            continue;
        }
        assert_model(!is_unmapped(at));
        check_byte(is, at);
        check_byte(is, at + page() - 1);
    }
}

static inline void check_canaries(void) {
    for (int i = 0; i <= ROOMS; i++)
        for (size_t byte = 0; byte < page(); byte += 256)
            assert_model(canary(i)[byte] == CANARY && canary(i)[byte + 255] == CANARY);
}

/* What the counters say is held, and what the model holds. */
static inline void check_totals(void) {
    uint64_t regions = 0, bytes = 0;
    for (int i = 0; i < REGIONS_MAX; i++) {
        regions += model.regions[i].size != 0;
        bytes += model.regions[i].size;
    }
    const struct hp_vm_totals now = totals();
    assert_model(now.regions - model.start.regions == regions);
    assert_model(now.reserved - model.start.reserved == bytes);
}

static inline void check_everything(void) {
    for (int i = 0; i < ROOMS; i++) check_pages(room(i), ROOM_PAGES * page());
    check_canaries();
    check_totals();
}

static inline void build_model(uint64_t seed) {
    const size_t size = (ROOMS * (ROOM_PAGES + 1) + 1) * page();
    memset(&model, 0, sizeof model);
    model.seed = seed;
    model.start = totals();
    model.street = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(model.street != MAP_FAILED);
    memset(model.street, CANARY, size);
    for (int i = 0; i < ROOMS; i++) munmap(room(i), ROOM_PAGES * page());
    for (int i = 0; i < ROOMS; i++)
        for (int j = 0; j < ROOM_PAGES; j++) model.pages[i][j].owner = NOBODY;
}

static inline void tear_model_down(void) {
    munmap(model.street, (ROOMS * (ROOM_PAGES + 1) + 1) * page());
}

/* ---- What an operation makes of a page ---- */

static inline void pages_become(unsigned char *at, size_t size, struct model_page as) {
    for (const unsigned char *end = at + size; at < end; at += page()) *model_at(at) = as;
}

static inline void access_becomes(unsigned char *at, size_t size, enum access access) {
    for (const unsigned char *end = at + size; at < end; at += page())
        model_at(at)->access = access;
}

static inline void contents_are_given_up(unsigned char *at, size_t size) {
    for (const unsigned char *end = at + size; at < end; at += page()) model_at(at)->or_zero = true;
}

static inline void contents_are_zero(unsigned char *at, size_t size) {
    for (const unsigned char *end = at + size; at < end; at += page()) {
        model_at(at)->value = 0;
        model_at(at)->or_zero = false;
    }
}

static inline bool all_have(const unsigned char *at, size_t size, enum access access) {
    for (const unsigned char *end = at + size; at < end; at += page())
        if (model_at(at)->access != access) return false;
    return true;
}

static inline bool all_are_nobodys(const unsigned char *at, size_t size) {
    for (const unsigned char *end = at + size; at < end; at += page())
        if (model_at(at)->owner != NOBODY) return false;
    return true;
}

#endif
