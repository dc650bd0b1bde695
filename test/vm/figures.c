/* SPDX-License-Identifier: MIT */
/* What each operation costs, counted: system calls through the opened table, mappings by the lines
 * of /proc/self/maps. Nothing here is timed. */
#include "vm_test.h"

/* What the first use of all cost, before anything else was asked. */
static struct {
    unsigned calls, files;
    int mappings;
} first_use;

static void measure_first_use(void) {
    struct hp_vm_info info;
    const int before = mappings();
    hp_vm_probe(&info);
    first_use.calls = open_count(OPEN_EVERY);
    first_use.files = open_count(HP_CALL_openat);
    first_use.mappings = mappings() - before;
}

enum { GET_AUXV = 0x41555856, AUXV_FILE_CALLS = 3 /* open, read, close */ };

static void probing_is_at_most_12_calls_and_opens_no_file(void **state) {
    (void)state;
    unsigned long vector[128];
    const bool file = hp_sys_prctl(GET_AUXV, (unsigned long)vector, sizeof vector, 0, 0) < 0;
    print_message("first use: %u calls, %u files\n", first_use.calls, first_use.files);
    assert_in_range(first_use.calls, 1, 12 + (file ? AUXV_FILE_CALLS : 0));
    assert_int_equal(first_use.files, file);
    assert_int_equal(first_use.mappings, 0);
}

static void probing_again_is_free(void **state) {
    (void)state;
    struct hp_vm_info info;
    hp_vm_probe(&info);
    const struct mark start = mark();
    assert_int_equal(hp_vm_probe(&info), 0);
    assert_cost(start, 0, 0);
}

static void reserve_is_one_call_and_one_mapping(void **state) {
    (void)state;
    const struct mark start = mark();
    struct hp_vm_region region = reserve(16 * MIB);
    assert_cost(start, 1, 1);
    const struct mark end = mark();
    assert_int_equal(hp_vm_release(&region), 0);
    assert_cost(end, 1, -1);
}

static void each_attribute_is_one_call_and_no_mapping(void **state) {
    (void)state;
    static const unsigned flags[] = {HP_VM_NO_DUMP, HP_VM_NO_FORK, HP_VM_WIPE_ON_FORK,
                                     HP_VM_HUGE,    HP_VM_NO_HUGE, HP_VM_NODE};
    unsigned all = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct hp_vm_region region;
        all |= flags[i];
        const struct hp_vm_request request = {.size = MIB, .flags = all, .name = "hardpan"};
        const struct mark start = mark();
        assert_int_equal(hp_vm_reserve(&request, &region), 0);
        assert_cost(start, 1 + (int)(i + 1) + 1, 1);
        assert_int_equal(hp_vm_release(&region), 0);
    }
}

/* Placed among strangers, so that what the kernel would have chosen is never aligned by luck. */
static void aligned_reserve_is_at_most_3_calls(void **state) {
    (void)state;
    unsigned worst = 0;
    for (size_t align = 2 * page(); align <= 64 * MIB; align *= 2) {
        for (size_t pages = 1; pages <= 4096; pages = pages * 3 + 1) {
            struct hp_vm_region stranger = reserve(page()), region;
            const struct hp_vm_request request = {.size = pages * page(), .align = align};
            const struct mark start = mark();
            assert_int_equal(hp_vm_reserve(&request, &region), 0);
            const unsigned calls = (unsigned)calls_since(&start);
            if (calls > worst) worst = calls;
            assert_in_range(mappings() - start.mappings, 0, 1); /* 0: it grew a neighbour */
            assert_int_equal((uintptr_t)region.base % align, 0);
            assert_int_equal(hp_vm_release(&region), 0);
            assert_int_equal(hp_vm_release(&stranger), 0);
        }
    }
    print_message("worst aligned reserve: %u calls\n", worst);
    assert_in_range(worst, 2, 3);
}

static void a_huge_page_is_one_call_where_the_kernel_aligns(void **state) {
    (void)state;
    if (!(has() & HP_VM_HAS_HUGE_ALIGN)) skip();
    struct hp_vm_info info;
    struct hp_vm_region region;
    hp_vm_probe(&info);
    const struct hp_vm_request request = {.size = 8 * info.huge_page, .align = info.huge_page};
    const struct mark start = mark();
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_cost(start, 1, 1);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void exact_placement_is_one_call_both_ways(void **state) {
    (void)state;
    if (!(has() & HP_VM_HAS_NOREPLACE)) skip();
    struct hp_vm_region region, second;
    unsigned char *at = free_place(MIB);
    const struct mark start = mark();
    assert_int_equal(hp_vm_place(at, MIB, 0, &region), 0);
    assert_cost(start, 1, 1);
    assert_int_equal(region.rung, HP_VM_NOREPLACE);
    const struct mark taken = mark();
    assert_int_equal(hp_vm_place(at + MIB - page(), MIB, 0, &second), -EEXIST);
    assert_cost(taken, 1, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void placement_by_hint_is_one_call(void **state) {
    (void)state;
    struct hp_vm_region region;
    unsigned char *at = free_place(MIB);
    hp_vm_force(HP_VM_HAS_NOREPLACE);
    const struct mark start = mark();
    assert_int_equal(hp_vm_place(at, MIB, 0, &region), 0);
    assert_cost(start, 1, 1);
    assert_int_equal(region.rung, HP_VM_HINT);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* shmget, shmat, mmap, shmctl. */
static void placement_by_shm_is_four_calls(void **state) {
    (void)state;
    struct hp_vm_region region, second;
    unsigned char *at = free_place(MIB);
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT);
    const struct mark start = mark();
    assert_int_equal(hp_vm_place(at, MIB, 0, &region), 0);
    assert_cost(start, 4, 1);
    assert_int_equal(region.rung, HP_VM_SHM);
    const struct mark taken = mark();
    assert_int_equal(hp_vm_place(at, MIB, 0, &second), -EEXIST);
    assert_cost(taken, 3, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* A hint that is missed is two calls; then shm is refused by its second, and removed. */
static void a_missed_hint_and_a_refused_shm_are_five_calls(void **state) {
    (void)state;
    struct hp_vm_region region, second;
    unsigned char *at = free_place(MIB);
    assert_int_equal(hp_vm_place(at, MIB, 0, &region), 0);
    hp_vm_force(HP_VM_HAS_NOREPLACE);
    const struct mark start = mark();
    assert_int_equal(hp_vm_place(at, MIB, 0, &second), -EEXIST);
    assert_cost(start, 5, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

enum { GAPS = 5 };

/* [hole of 1 page][page taken] five times, then room, then one more: the lowest place for 2 pages
 * is the room, and what comes after it is nobody's business. */
static unsigned char *make_comb(struct hp_vm_region teeth[GAPS + 1]) {
    unsigned char *at = free_place(64 * page());
    assert_int_equal(hp_vm_place(at + 32 * page(), page(), 0, &teeth[GAPS]), 0);
    for (int i = 0; i < GAPS; i++)
        assert_int_equal(hp_vm_place(at + (2 * i + 1) * page(), page(), 0, &teeth[i]), 0);
    return at;
}

static void release_all(struct hp_vm_region *regions, int count) {
    for (int i = 0; i < count; i++) assert_int_equal(hp_vm_release(&regions[i]), 0);
}

/* The view is opened and closed, each gap is one look (five that are too small and the one that
 * does), and the placement is one. */
static void place_in_a_range_is_one_call_a_gap(void **state) {
    (void)state;
    struct hp_vm_span span;
    hp_vm_query(0, page(), page(),
                &span); /* whether there is PROCMAP_QUERY is known from here on */
    if (!(has() & HP_VM_HAS_NOREPLACE) || !(has() & HP_VM_HAS_QUERY)) skip();
    struct hp_vm_region teeth[GAPS + 1], region;
    unsigned char *at = make_comb(teeth);
    const uintptr_t low = (uintptr_t)at;
    const struct hp_vm_request request = {
        .size = 2 * page(), .low = low, .high = low + 64 * page()};
    const unsigned looks = open_count(HP_CALL_ioctl);
    const struct mark start = mark();
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_cost(start, 2 + (GAPS + 1) + 1, 0); /* it grows the last tooth */
    assert_int_equal(open_count(HP_CALL_ioctl) - looks, GAPS + 1);
    assert_ptr_equal(region.base, at + 2 * GAPS * page());
    assert_int_equal(hp_vm_release(&region), 0);
    release_all(teeth, GAPS + 1);
}

/* Without PROCMAP_QUERY the text is read, and once: whatever the number of gaps. */
static void without_a_query_the_text_is_read_once(void **state) {
    (void)state;
    struct hp_vm_region teeth[GAPS + 1], region;
    unsigned char *at = make_comb(teeth);
    const uintptr_t low = (uintptr_t)at;
    const struct hp_vm_request request = {
        .size = 2 * page(), .low = low, .high = low + 64 * page()};
    hp_vm_force(HP_VM_HAS_QUERY);
    const unsigned seeks = open_count(HP_CALL_lseek), files = open_count(HP_CALL_openat);
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(open_count(HP_CALL_openat) - files, 1);
    assert_in_range(open_count(HP_CALL_lseek) - seeks, 0, 1);
    assert_ptr_equal(region.base, at + 2 * GAPS * page());
    assert_int_equal(hp_vm_release(&region), 0);
    release_all(teeth, GAPS + 1);
}

/* Page by page, and no further than the size that is wanted: the range is the address space. */
static void without_proc_a_gap_is_looked_at_as_far_as_it_need_be(void **state) {
    (void)state;
    unsigned char *at = free_place(64 * page());
    uintptr_t found;
    hp_vm_force(HP_VM_HAS_MAPS);
    const unsigned looks = open_count(HP_CALL_mincore);
    assert_int_equal(hp_vm_find_gap(0, (uintptr_t)at, UINTPTR_MAX - 65535, 8 * page(), 0, &found),
                     0);
    assert_ptr_equal((unsigned char *)found, at);
    assert_in_range(open_count(HP_CALL_mincore) - looks, 8, 10);
}

static void a_look_at_any_size_is_one_call(void **state) {
    (void)state;
    struct hp_vm_view view;
    struct hp_vm_span span;
    assert_int_equal(hp_vm_view_open(&view), 0);
    for (size_t size = page(); size <= 512 * MIB; size *= 4) {
        unsigned char *at = free_place(size);
        if (hp_vm_query(&view, (uintptr_t)at, size, &span) == 0 && !(has() & HP_VM_HAS_QUERY))
            break;
        const struct mark start = mark();
        assert_int_equal(hp_vm_query(&view, (uintptr_t)at, size, &span), 0);
        assert_cost(start, 1, 0);
        assert_false(span.mapped);
        assert_int_equal(span.high - span.low, size);
    }
    hp_vm_view_close(&view);
}

static void commit_at_the_frontier_adds_no_mapping(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(64 * MIB);
    const struct mark first = mark();
    assert_int_equal(hp_vm_commit(&region, region.base, 64 * KIB, 0), 0);
    assert_cost(first, 1, 1);
    for (size_t at = 64 * KIB; at < MIB; at += 64 * KIB) {
        const struct mark start = mark();
        assert_int_equal(hp_vm_commit(&region, region.base + at, 64 * KIB, 0), 0);
        assert_cost(start, 1, 0);
    }
    const struct mark island = mark();
    assert_int_equal(hp_vm_commit(&region, region.base + 8 * MIB, 64 * KIB, 0), 0);
    assert_cost(island, 1, 2);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void commit_with_populate_is_two_calls(void **state) {
    (void)state;
    if (!(has() & HP_VM_HAS_POPULATE)) skip();
    struct hp_vm_region region = reserve(MIB);
    const struct mark start = mark();
    assert_int_equal(hp_vm_commit(&region, region.base, 64 * KIB, HP_VM_POPULATE), 0);
    assert_cost(start, 2, 1);
    assert_int_equal(hp_vm_release(&region), 0);
}

static struct hp_vm_region committed(size_t size) {
    struct hp_vm_region region = reserve(size);
    assert_int_equal(hp_vm_commit(&region, region.base, size, 0), 0);
    memset(region.base, 7, size);
    return region;
}

static void soft_decommit_and_discard_are_one_call(void **state) {
    (void)state;
    struct hp_vm_region region = committed(MIB);
    const struct mark start = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base + 64 * KIB, 64 * KIB, 0), 0);
    assert_cost(start, 1, 0);
    const struct mark lazy = mark();
    assert_int_equal(hp_vm_discard(&region, region.base + 128 * KIB, 64 * KIB), 0);
    assert_cost(lazy, 1, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void hard_decommit_and_guard_are_one_call_and_no_mapping(void **state) {
    (void)state;
    if (!(has() & HP_VM_HAS_GUARD)) skip();
    struct hp_vm_region region = committed(MIB);
    const struct mark hard = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base + 64 * KIB, 64 * KIB, HP_VM_HARD), 0);
    assert_cost(hard, 1, 0);
    const struct mark guard = mark();
    assert_int_equal(hp_vm_guard(&region, region.base, page()), 0);
    assert_cost(guard, 1, 0);
    const struct mark again = mark();
    assert_int_equal(hp_vm_commit(&region, region.base + 64 * KIB, 64 * KIB, 0), 0);
    assert_cost(again, 2, 0);
    const struct mark end = mark();
    assert_int_equal(hp_vm_unguard(&region, region.base, page()), 0);
    assert_cost(end, 1, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void without_guards_they_cost_two_mappings(void **state) {
    (void)state;
    struct hp_vm_region region = committed(MIB);
    hp_vm_force(HP_VM_HAS_GUARD);
    const struct mark hard = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base + 64 * KIB, 64 * KIB, HP_VM_HARD), 0);
    assert_cost(hard, 2, 2);
    const struct mark guard = mark();
    assert_int_equal(hp_vm_guard(&region, region.base + 256 * KIB, page()), 0);
    assert_cost(guard, 1, 2);
    const struct mark end = mark();
    assert_int_equal(hp_vm_unguard(&region, region.base + 256 * KIB, page()), 0);
    assert_cost(end, 0, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void refund_is_one_call_and_two_mappings(void **state) {
    (void)state;
    struct hp_vm_region region = committed(MIB);
    const struct mark island = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base + 64 * KIB, 64 * KIB, HP_VM_REFUND), 0);
    assert_cost(island, 1, 2);
    const struct mark rest = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base, MIB, HP_VM_REFUND), 0);
    assert_cost(rest, 1, -2);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Split is bookkeeping. Part of a region goes in one call; being an end, it splits nothing. */
static void split_is_free_and_release_of_a_part_is_one_call(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(MIB), tail;
    const struct mark start = mark();
    assert_int_equal(hp_vm_split(&region, 256 * KIB, &tail), 0);
    assert_cost(start, 0, 0);
    const struct mark part = mark();
    assert_int_equal(hp_vm_release_part(&tail, tail.base + 512 * KIB, 256 * KIB), 0);
    assert_cost(part, 1, 0);
    const struct mark both = mark();
    assert_int_equal(hp_vm_release(&tail), 0);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_cost(both, 2, -1);
}

/* With the probes done, so that nobody below counts them. */
static int warm(void **state) {
    uintptr_t at;
    fresh(state);
    hp_vm_find_gap(0, page(), UINTPTR_MAX - 65535, page(), 0, &at);
    return 0;
}

int main(void) {
    measure_first_use();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probing_is_at_most_12_calls_and_opens_no_file),
        cmocka_unit_test_setup(probing_again_is_free, warm),
        cmocka_unit_test_setup(reserve_is_one_call_and_one_mapping, warm),
        cmocka_unit_test_setup(each_attribute_is_one_call_and_no_mapping, warm),
        cmocka_unit_test_setup(aligned_reserve_is_at_most_3_calls, warm),
        cmocka_unit_test_setup(a_huge_page_is_one_call_where_the_kernel_aligns, warm),
        cmocka_unit_test_setup(exact_placement_is_one_call_both_ways, warm),
        cmocka_unit_test_setup(placement_by_hint_is_one_call, warm),
        cmocka_unit_test_setup(placement_by_shm_is_four_calls, warm),
        cmocka_unit_test_setup(a_missed_hint_and_a_refused_shm_are_five_calls, warm),
        cmocka_unit_test_setup(place_in_a_range_is_one_call_a_gap, warm),
        cmocka_unit_test_setup(without_a_query_the_text_is_read_once, warm),
        cmocka_unit_test_setup(without_proc_a_gap_is_looked_at_as_far_as_it_need_be, warm),
        cmocka_unit_test_setup(a_look_at_any_size_is_one_call, warm),
        cmocka_unit_test_setup(commit_at_the_frontier_adds_no_mapping, warm),
        cmocka_unit_test_setup(commit_with_populate_is_two_calls, warm),
        cmocka_unit_test_setup(soft_decommit_and_discard_are_one_call, warm),
        cmocka_unit_test_setup(hard_decommit_and_guard_are_one_call_and_no_mapping, warm),
        cmocka_unit_test_setup(without_guards_they_cost_two_mappings, warm),
        cmocka_unit_test_setup(refund_is_one_call_and_two_mappings, warm),
        cmocka_unit_test_setup(split_is_free_and_release_of_a_part_is_one_call, warm),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
