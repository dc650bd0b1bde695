/* SPDX-License-Identifier: MIT */
/* Bad input: an exact code, not one system call, and nothing changed. */
#include "vm_test.h"

#include <sys/uio.h>

enum { PAGES = 8 };

static struct hp_vm_region ready(void) {
    struct hp_vm_region region = reserve(PAGES * page());
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    memset(region.base, 0x5a, region.size);
    return region;
}

static void assert_untouched(const struct hp_vm_region *region, const struct hp_vm_region *before) {
    assert_memory_equal(region, before, sizeof *region);
    for (size_t i = 0; i < PAGES; i++) {
        assert_int_equal(peek(region->base + i * page()), 0x5a);
        assert_int_equal(peek(region->base + (i + 1) * page() - 1), 0x5a);
    }
}

/* ---- Every verb that takes a range of a region ---- */

typedef int verb(struct hp_vm_region *region, void *at, size_t size);

static int commit(struct hp_vm_region *r, void *at, size_t n) { return hp_vm_commit(r, at, n, 0); }
static int soft(struct hp_vm_region *r, void *at, size_t n) { return hp_vm_decommit(r, at, n, 0); }
static int hard(struct hp_vm_region *r, void *at, size_t n) {
    return hp_vm_decommit(r, at, n, HP_VM_HARD);
}
static int refund(struct hp_vm_region *r, void *at, size_t n) {
    return hp_vm_decommit(r, at, n, HP_VM_REFUND);
}
static int one_run(struct hp_vm_region *r, void *at, size_t n) {
    const struct iovec run = {at, n};
    return hp_vm_decommit_runs(r, &run, 1, 0, 0);
}
static int protect(struct hp_vm_region *r, void *at, size_t n) {
    return hp_vm_protect(r, at, n, HP_VM_NONE);
}

static verb *const verbs[] = {
    commit,         soft,    hard,        refund,        one_run,           hp_vm_discard,
    hp_vm_populate, protect, hp_vm_guard, hp_vm_unguard, hp_vm_release_part};
enum { VERBS = sizeof verbs / sizeof *verbs };

struct range {
    intptr_t offset; /* from the region's base */
    size_t size;
};

static void every_verb_refuses_a_bad_range(void **state) {
    (void)state;
    const size_t p = page(), all = PAGES * p;
    const struct range bad[] = {
        {0, 0},
        {1, p},
        {0, p + 1},
        {0, p - 1},
        {(intptr_t)p / 2, p},
        {-(intptr_t)p, p},
        {-(intptr_t)p, 2 * p},
        {(intptr_t)all, p},
        {(intptr_t)all - (intptr_t)p, 2 * p},
        {0, all + p},
        {(intptr_t)p, SIZE_MAX - p + 1},
        {(intptr_t)p, SIZE_MAX & ~(p - 1)},
        {INTPTR_MAX & ~((intptr_t)p - 1), p},
    };
    struct hp_vm_region region = ready();
    const struct hp_vm_region before = region;
    for (size_t v = 0; v < VERBS; v++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            void *at = (void *)((uintptr_t)region.base + (uintptr_t)bad[i].offset);
            const struct mark start = mark();
            const int answer = verbs[v](&region, at, bad[i].size);
            assert_int_equal(calls_since(&start), 0);
            assert_int_equal(answer, -EINVAL);
        }
    }
    assert_untouched(&region, &before);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void every_verb_refuses_foreign_memory(void **state) {
    (void)state;
    static char ours[1 << 16];
    struct hp_vm_region region = ready(), other = ready();
    const struct hp_vm_region before = region;
    void *const foreign[] = {
        other.base, (void *)(((uintptr_t)ours + page() - 1) & ~(uintptr_t)(page() - 1)), 0};
    for (size_t v = 0; v < VERBS; v++) {
        for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
            const struct mark start = mark();
            assert_int_equal(verbs[v](&region, foreign[i], page()), -EINVAL);
            assert_int_equal(calls_since(&start), 0);
        }
    }
    assert_untouched(&region, &before);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(hp_vm_release(&other), 0);
}

static void a_released_region_is_of_no_use(void **state) {
    (void)state;
    struct hp_vm_region region = ready(), tail;
    unsigned char *was = region.base;
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(region.size, 0);
    const struct hp_vm_totals before = totals();
    const struct mark start = mark();
    for (size_t v = 0; v < VERBS; v++) {
        assert_int_equal(verbs[v](&region, was, page()), -EINVAL);
        assert_int_equal(verbs[v](&region, region.base, page()), -EINVAL);
    }
    assert_int_equal(hp_vm_release(&region), -EINVAL);
    assert_int_equal(hp_vm_seal(&region), -EINVAL);
    assert_int_equal(hp_vm_split(&region, page(), &tail), -EINVAL);
    assert_cost(start, 0, 0);
    const struct hp_vm_totals after = totals();
    assert_memory_equal(&before, &after, sizeof before);
}

static void unknown_options_are_refused(void **state) {
    (void)state;
    struct hp_vm_region region = ready();
    const struct hp_vm_region before = region;
    const struct iovec run = {region.base, page()};
    const struct mark start = mark();
    for (unsigned bit = 0; bit < 32; bit++) {
        const unsigned option = 1u << bit;
        if (option != HP_VM_POPULATE)
            assert_int_equal(hp_vm_commit(&region, region.base, page(), option), -EINVAL);
        if (option != HP_VM_HARD && option != HP_VM_REFUND)
            assert_int_equal(hp_vm_decommit(&region, region.base, page(), option), -EINVAL);
        if (option != HP_VM_HARD)
            assert_int_equal(hp_vm_decommit_runs(&region, &run, 1, option, 0), -EINVAL);
        if (bit > 2)
            assert_int_equal(hp_vm_protect(&region, region.base, page(), (int)option), -EINVAL);
    }
    assert_cost(start, 0, 0);
    assert_untouched(&region, &before);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* All runs are checked before the first is touched. */
static void one_bad_run_stops_all(void **state) {
    (void)state;
    struct hp_vm_region region = ready();
    const struct hp_vm_region before = region;
    const struct iovec runs[] = {{region.base, page()},
                                 {region.base + 2 * page(), page()},
                                 {region.base + 3 * page() + 1, page()}};
    size_t done = 99;
    const struct mark start = mark();
    assert_int_equal(hp_vm_decommit_runs(&region, runs, 3, 0, &done), -EINVAL);
    assert_int_equal(done, 0);
    assert_int_equal(hp_vm_decommit_runs(&region, runs, 0, 0, &done), -EINVAL);
    assert_cost(start, 0, 0);
    assert_untouched(&region, &before);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void split_and_release_of_a_part_know_their_bounds(void **state) {
    (void)state;
    struct hp_vm_region region = ready(), tail = {0};
    const struct hp_vm_region before = region, nothing = {0};
    const struct mark start = mark();
    assert_int_equal(hp_vm_split(&region, 0, &tail), -EINVAL);
    assert_int_equal(hp_vm_split(&region, region.size, &tail), -EINVAL);
    assert_int_equal(hp_vm_split(&region, region.size + page(), &tail), -EINVAL);
    assert_int_equal(hp_vm_split(&region, page() + 1, &tail), -EINVAL);
    assert_int_equal(hp_vm_split(&region, SIZE_MAX, &tail), -EINVAL);
    assert_int_equal(hp_vm_release_part(&region, region.base + page(), page()), -EINVAL);
    assert_cost(start, 0, 0);
    assert_memory_equal(&tail, &nothing, sizeof tail);
    assert_untouched(&region, &before);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* ---- Requests ---- */

static void a_bad_request_reserves_nothing(void **state) {
    (void)state;
    static char long_name[81];
    memset(long_name, 'n', 80);
    const struct hp_vm_request bad[] = {
        {.size = 0},
        {.size = SIZE_MAX},
        {.size = SIZE_MAX - 1},
        {.size = 4 * page(), .least = 4 * page() + 1},
        {.size = page(), .align = 3},
        {.size = page(), .align = page() + 1},
        {.size = page(), .align = SIZE_MAX},
        {.size = page(), .low = 2 * MIB, .high = MIB},
        {.size = page(), .low = MIB, .high = MIB},
        {.size = page(), .low = MIB},
        {.size = page(), .near = 64 * MIB},
        {.size = page(), .flags = 1u << 20},
        {.size = page(), .flags = 1u << 31},
        {.size = page(), .flags = HP_VM_SEALED},
        {.size = page(), .flags = HP_VM_NAME},
        {.size = page(), .name = long_name},
    };
    struct hp_vm_region region;
    memset(&region, 0x33, sizeof region);
    const struct hp_vm_region before = region;
    const struct mark start = mark();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (hp_vm_reserve(&bad[i], &region) != -EINVAL) fail_msg("request %u", (unsigned)i);
    }
    assert_cost(start, 0, 0);
    assert_memory_equal(&region, &before, sizeof region);
}

static void the_longest_name_is_taken(void **state) {
    (void)state;
    static char name[80];
    memset(name, 'n', 79);
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = page(), .name = name};
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Sizes and alignments that add up to more than there is are a want of space, not bad arguments. */
static void what_cannot_fit_is_enomem(void **state) {
    (void)state;
    const size_t half = SIZE_MAX / 2 + 1;
    const struct hp_vm_request large[] = {{.size = SIZE_MAX & ~(2 * page() - 1)},
                                          {.size = half, .align = half},
                                          {.size = half + half / 2, .align = half}};
    const int before = mappings();
    struct hp_vm_region region;
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        assert_int_equal(hp_vm_reserve(&large[i], &region), -ENOMEM);
    assert_int_equal(mappings(), before);
}

static void a_bad_place_is_refused(void **state) {
    (void)state;
    unsigned char *at = free_place(8 * page());
    struct hp_vm_region region;
    memset(&region, 0x33, sizeof region);
    const struct hp_vm_region before = region;
    const struct mark start = mark();
    assert_int_equal(hp_vm_place(0, page(), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, 0, 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at + 1, page(), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at + page() / 2, page(), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, SIZE_MAX, 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, SIZE_MAX & ~(page() - 1), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, page(), 1u << 20, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, page(), HP_VM_SEALED, &region), -EINVAL);
    assert_int_equal(hp_vm_place(at, page(), HP_VM_NODE, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(0, page(), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(at, 0, 0, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(at + 1, page(), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(at, page() + 1, 0, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(at, SIZE_MAX & ~(page() - 1), 0, &region), -EINVAL);
    assert_int_equal(hp_vm_adopt(at, page(), 1u << 20, &region), -EINVAL);
    assert_cost(start, 0, 0);
    assert_memory_equal(&region, &before, sizeof region);
}

static void adopting_a_hole_is_enomem(void **state) {
    (void)state;
    struct hp_vm_region first, last, region;
    memset(&region, 0x33, sizeof region);
    const struct hp_vm_region before = region;
    unsigned char *at = free_place(3 * page());
    assert_int_equal(hp_vm_place(at, page(), 0, &first), 0);
    assert_int_equal(hp_vm_place(at + 2 * page(), page(), 0, &last), 0);
    assert_int_equal(hp_vm_adopt(at, 3 * page(), 0, &region), -ENOMEM);
    assert_memory_equal(&region, &before, sizeof region);
    assert_int_equal(hp_vm_release(&first), 0);
    assert_int_equal(hp_vm_release(&last), 0);
}

static void a_bad_question_is_refused(void **state) {
    (void)state;
    struct hp_vm_span span;
    uintptr_t at;
    const size_t p = page();
    const struct mark start = mark();
    assert_int_equal(hp_vm_query(0, p, 0, &span), -EINVAL);
    assert_int_equal(hp_vm_query(0, p + 1, p, &span), -EINVAL);
    assert_int_equal(hp_vm_query(0, p, SIZE_MAX, &span), -EINVAL);
    assert_int_equal(hp_vm_find_gap(0, p, 2 * p, 0, 0, &at), -EINVAL);
    assert_int_equal(hp_vm_find_gap(0, 2 * p, p, p, 0, &at), -EINVAL);
    assert_int_equal(hp_vm_find_gap(0, p, 0, p, 0, &at), -EINVAL);
    assert_int_equal(hp_vm_find_gap(0, p, 2 * p, p, 3, &at), -EINVAL);
    assert_int_equal(hp_vm_find_gap(0, p, 2 * p, SIZE_MAX, 0, &at), -EINVAL);
    assert_null(hp_vm_has_name(0));
    assert_null(hp_vm_has_name(3));
    assert_null(hp_vm_has_name(1u << 30));
    assert_cost(start, 0, 0);
}

static int warm(void **state) {
    fresh(state);
    has();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_verb_refuses_a_bad_range, warm),
        cmocka_unit_test_setup(every_verb_refuses_foreign_memory, warm),
        cmocka_unit_test_setup(a_released_region_is_of_no_use, warm),
        cmocka_unit_test_setup(unknown_options_are_refused, warm),
        cmocka_unit_test_setup(one_bad_run_stops_all, warm),
        cmocka_unit_test_setup(split_and_release_of_a_part_know_their_bounds, warm),
        cmocka_unit_test_setup(a_bad_request_reserves_nothing, warm),
        cmocka_unit_test_setup(the_longest_name_is_taken, warm),
        cmocka_unit_test_setup(what_cannot_fit_is_enomem, warm),
        cmocka_unit_test_setup(a_bad_place_is_refused, warm),
        cmocka_unit_test_setup(adopting_a_hole_is_enomem, warm),
        cmocka_unit_test_setup(a_bad_question_is_refused, warm),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
