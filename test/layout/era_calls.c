/* SPDX-License-Identifier: MIT */
/* What calls leave mapped: split, merged, moved, or as it was where the kernel refuses. */
#include "era_test.h"

enum { RW = HP_LAYOUT_READ | HP_LAYOUT_WRITE, R = HP_LAYOUT_READ };
#define AT(n) (UINT64_C(0x50000000) + (n)*ERA_PAGE)

static struct era era;

static void open_i386(const char *kernel) {
    era_open(&era, kernel, HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_raw_io, 1);
    era_exec(&era);
}

static int64_t put(uint64_t at, uint64_t pages, unsigned protection) {
    return era_mmap(&era, at, pages * ERA_PAGE, protection, HP_LAYOUT_MAP_FIXED);
}

/* "50000-50002 3" of all between AT(0) and AT(256), in pages */
static void check_pages(const char *expected) {
    char text[512] = "";
    for (size_t i = 0; i < era.layout.map.count; i++) {
        const struct hp_layout_mapping *at = &era.mappings[i];
        if (at->low < AT(0) || at->low >= AT(256)) continue;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%llu-%llu:%x",
                 *text ? " " : "", (unsigned long long)((at->low - AT(0)) / ERA_PAGE),
                 (unsigned long long)((at->high - AT(0)) / ERA_PAGE), at->flags);
    }
    assert_string_equal(text, expected);
}

/* ---- Split and merge ------------------------------------------------------------------------- */

static void neighbours_of_a_kind_are_one(void **state) {
    (void)state;
    open_i386("6.18");
    put(AT(0), 2, RW);
    put(AT(4), 2, RW);
    put(AT(2), 2, RW);
    check_pages("0-6:3");
    put(AT(2), 1, R);
    check_pages("0-2:3 2-3:1 3-6:3");
    era_call(&era, HP_LAYOUT_MPROTECT, AT(2), ERA_PAGE, RW);
    check_pages("0-6:3");
    era_call(&era, HP_LAYOUT_MPROTECT, AT(1), 2 * ERA_PAGE, R);
    check_pages("0-1:3 1-3:1 3-6:3");
    era_call(&era, HP_LAYOUT_MUNMAP, AT(2), 2 * ERA_PAGE, 0);
    check_pages("0-1:3 1-2:1 4-6:3");
    era_call(&era, HP_LAYOUT_MUNMAP, AT(0), 256 * ERA_PAGE, 0);
    check_pages("");
}

static int64_t put_file(uint64_t at, uint64_t offset, uint64_t name, uint32_t name_size) {
    const struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP,
                                    .request = {.address = at,
                                                .length = ERA_PAGE,
                                                .offset = offset * ERA_PAGE,
                                                .protection = R,
                                                .flags = HP_LAYOUT_MAP_FIXED,
                                                .object = HP_LAYOUT_PLAIN_FILE},
                                    .name = name,
                                    .name_size = name_size};
    return era_do(&era, &op);
}

static void files_merge_where_they_go_on(void **state) {
    (void)state;
    open_i386("2.6.32");
    put_file(AT(0), 0, 10, 4);
    put_file(AT(1), 1, 10, 4);
    put_file(AT(2), 5, 10, 4); /* another offset */
    put_file(AT(3), 6, 20, 4); /* another file */
    put_file(AT(4), 7, 20, 5);
    put_file(AT(5), 0, 0, 0); /* files without a name are not known to be the same */
    put_file(AT(6), 1, 0, 0);
    check_pages("0-2:11 2-3:11 3-4:11 4-5:11 5-6:11 6-7:11");
    era_call(&era, HP_LAYOUT_MPROTECT, AT(1), ERA_PAGE, RW);
    assert_int_equal(era.mappings[hp_layout_find(&era.layout.map, AT(1))].offset, ERA_PAGE);
    era_call(&era, HP_LAYOUT_MPROTECT, AT(1), ERA_PAGE, R);
    check_pages("0-2:11 2-3:11 3-4:11 4-5:11 5-6:11 6-7:11");
}

static void shared_and_huge_ones_stay_apart(void **state) {
    (void)state;
    open_i386("6.18");
    for (unsigned i = 0; i < 2; i++)
        era_mmap(&era, AT(i), ERA_PAGE, R, HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_SHARED);
    check_pages("0-1:9 1-2:9");
    const struct hp_layout_op huge = {.kind = HP_LAYOUT_MMAP,
                                      .request = {.address = 0x60000000,
                                                  .length = 2 << 20,
                                                  .protection = R,
                                                  .flags = HP_LAYOUT_MAP_FIXED,
                                                  .object = HP_LAYOUT_HUGE,
                                                  .align = 2 << 20}};
    assert_int_equal(era_do(&era, &huge), 0x60000000);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, 0x60000000, ERA_PAGE, 0), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, 0x60000000, 2 << 20, 0), 0x60000000);
}

/* ---- Refusals of the kernel ------------------------------------------------------------------ */

static void munmap_and_mprotect_refuse(void **state) {
    (void)state;
    open_i386("2.6.32");
    put(AT(0), 1, R);
    put(AT(2), 1, R);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, AT(0) + 1, ERA_PAGE, 0), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, AT(0), 0, 0), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, 0xc0001000, ERA_PAGE, 0), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MUNMAP, AT(0), 0xc0000000, 0), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MPROTECT, AT(0) + 1, ERA_PAGE, RW), -EINVAL);
    assert_int_equal(era_call(&era, HP_LAYOUT_MPROTECT, AT(0), 0, RW), AT(0));
    assert_int_equal(era_call(&era, HP_LAYOUT_MPROTECT, AT(0), UINT64_MAX - 4096, RW), -ENOMEM);
    assert_int_equal(era_call(&era, HP_LAYOUT_MPROTECT, AT(4), ERA_PAGE, RW), -ENOMEM);
    check_pages("0-1:1 2-3:1");
    /* up to the hole it is done */
    assert_int_equal(era_call(&era, HP_LAYOUT_MPROTECT, AT(0), 3 * ERA_PAGE, RW), -ENOMEM);
    check_pages("0-1:3 2-3:1");
}

static void brk_answers_the_break_that_holds(void **state) {
    (void)state;
    open_i386("2.6.32");
    const uint64_t start = era.layout.facts.start_brk;
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start - 1, 0, 0), start);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, UINT64_MAX - 1, 0, 0), start);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, 0xc0001000, 0, 0), start);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start + 10, 0, 0), start + 10);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start + 20, 0, 0), start + 20);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start + 0x5000, 0, 0), start + 0x5000);
    put(start + 0x8000, 1, R);
    /* a page stays free above it */
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start + 0x8000, 0, 0), start + 0x5000);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start + 0x7000, 0, 0), start + 0x7000);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, start, 0, 0), start);
    /* what lies below the heap ends elsewhere, or there is nothing above it */
    era_set(&era, HP_LAYOUT_FACT_start_brk, 0x10000000);
    era_set(&era, HP_LAYOUT_FACT_brk, 0x10000000);
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, 0x10001000, 0, 0), 0x10001000);
    era.layout.map.count = 0;
    assert_int_equal(era_call(&era, HP_LAYOUT_BRK, 0x10003000, 0, 0), 0x10003000);
    assert_int_equal(era.layout.map.count, 1);
}

static void mremap_grows_shrinks_and_moves(void **state) {
    (void)state;
    open_i386("2.6.32");
    put(AT(0), 4, RW);
    assert_int_equal(era_mremap(&era, AT(0), 4 * ERA_PAGE, 6 * ERA_PAGE, 0, 0), AT(0));
    check_pages("0-6:3");
    assert_int_equal(era_mremap(&era, AT(0), 6 * ERA_PAGE, 2 * ERA_PAGE, 0, 0), AT(0));
    check_pages("0-2:3");
    assert_int_equal(era_mremap(&era, AT(0), 2 * ERA_PAGE, 2 * ERA_PAGE, 0, 0), AT(0));
    const unsigned to = HP_LAYOUT_MAY_MOVE | HP_LAYOUT_MAP_FIXED;
    assert_int_equal(era_mremap(&era, AT(0), 2 * ERA_PAGE, ERA_PAGE, to, AT(8)), AT(8));
    check_pages("8-9:3");
    put(AT(9), 1, R);
    const uint64_t base = era.layout.facts.base;
    assert_int_equal(era_mremap(&era, AT(8), ERA_PAGE, 2 * ERA_PAGE, HP_LAYOUT_MAY_MOVE, 0),
                     base - 2 * ERA_PAGE);
    check_pages("9-10:1");
    /* of length 0: a second view */
    era_mmap(&era, AT(20), ERA_PAGE, R, HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_SHARED);
    put(AT(24), 2, RW); /* what is in the way is replaced */
    assert_int_equal(era_mremap(&era, AT(20), 0, ERA_PAGE, to, AT(24)), AT(24));
    check_pages("9-10:1 20-21:9 24-25:9 25-26:3");
    era_call(&era, HP_LAYOUT_MUNMAP, AT(25), ERA_PAGE, 0);
    assert_int_equal(era_mremap(&era, AT(20), 0, ERA_PAGE, to, AT(20)), -EINVAL);
    check_pages("9-10:1 20-21:9 24-25:9");
    assert_int_equal(era_mremap(&era, AT(40), ERA_PAGE, ERA_PAGE, 0, 0), -EFAULT);
    assert_int_equal(era_mremap(&era, AT(20) + 1, ERA_PAGE, ERA_PAGE, 0, 0), -EINVAL);
    assert_int_equal(era_mremap(&era, 0xbffff000, ERA_PAGE, ERA_PAGE, 0, 0), 0xbffff000);
    assert_int_equal(era_mremap(&era, 0xd0000000, ERA_PAGE, ERA_PAGE, 0, 0), -EFAULT);
}

/* A view of length 0 to where it is: refused, and nothing is put over it. */
static void a_second_view_is_never_in_place(void **state) {
    (void)state;
    open_i386("6.18");
    era_mmap(&era, AT(0), ERA_PAGE, R, HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_SHARED);
    const unsigned to = HP_LAYOUT_MAY_MOVE | HP_LAYOUT_MAP_FIXED;
    assert_int_equal(era_mremap(&era, AT(0), 0, ERA_PAGE, to, AT(0)), -EFAULT);
    const int64_t view = era_mremap(&era, AT(0), 0, ERA_PAGE, HP_LAYOUT_MAY_MOVE, 0);
    assert_true(view > 0 && (uint64_t)view != AT(0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_of_a_kind_are_one),
        cmocka_unit_test(files_merge_where_they_go_on),
        cmocka_unit_test(shared_and_huge_ones_stay_apart),
        cmocka_unit_test(munmap_and_mprotect_refuse),
        cmocka_unit_test(brk_answers_the_break_that_holds),
        cmocka_unit_test(mremap_grows_shrinks_and_moves),
        cmocka_unit_test(a_second_view_is_never_in_place),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
