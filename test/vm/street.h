/* SPDX-License-Identifier: MIT */
/* A free room between two strangers' pages: what a placement may take and what it may not touch. */
#ifndef STREET_H
#define STREET_H

#include "vm_test.h"

enum { ROOM = 8 };
static struct { unsigned char *low, *room, *high; } street;

static inline unsigned char *stranger(unsigned char *at, int mark_byte) {
    unsigned char *got =
        mmap(at, page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    assert_ptr_equal(got, at);
    memset(got, mark_byte, page());
    return got;
}

static inline void build_street(void) {
    const size_t size = (2 * ROOM + 2) * page();
    unsigned char *at = mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(at != MAP_FAILED);
    munmap(at, size);
    at += ROOM * page() - (uintptr_t)at % (ROOM * page()) -
          page(); /* the room begins on a multiple */
    street.low = stranger(at, 0xa1);
    street.room = at + page();
    street.high = stranger(at + (ROOM + 1) * page(), 0xa2);
    munmap(street.room, ROOM * page());
}

static inline void assert_strangers_are_as_they_were(void) {
    for (size_t i = 0; i < page(); i += 64) {
        assert_int_equal(peek(street.low + i), 0xa1);
        assert_int_equal(peek(street.high + i), 0xa2);
    }
}

static inline void tear_street_down(void) {
    assert_strangers_are_as_they_were();
    munmap(street.low, (ROOM + 2) * page());
}

/* Whatever it overlaps, wholly or in part, the answer is "taken" and nothing changes. */
static inline void assert_taken(unsigned char *at, size_t pages, unsigned flags) {
    struct hp_vm_region region = {0};
    const int before = mappings();
    const int answer = hp_vm_place(at, pages * page(), flags, &region);
    assert_int_equal(answer, -EEXIST);
    assert_int_equal(region.size, 0);
    assert_int_equal(mappings(), before);
    assert_strangers_are_as_they_were();
}

#endif
