/* SPDX-License-Identifier: MIT */
/* Every rung of the placement ladder, forced, and every way round, on every odd kernel of quirks.h.
 * A quirk that never struck proves nothing: each is counted. */
#include "quirks.h"
#include "street.h"

static void overlaps_are_refused(unsigned flags) {
    assert_taken(street.low, 1, flags);
    assert_taken(street.low, 2, flags);
    assert_taken(street.room + (ROOM - 1) * page(), 2, flags);
    assert_taken(street.low, ROOM + 2, flags);
    assert_taken(street.room, ROOM + 1, flags);
}

static void places_by(int rung, unsigned flags) {
    struct hp_vm_region region;
    build_street();
    overlaps_are_refused(flags);
    const int before = mappings();
    assert_int_equal(hp_vm_place(street.room, ROOM * page(), flags, &region), 0);
    assert_int_equal(region.rung, rung);
    assert_ptr_equal(region.base, street.room);
    assert_int_equal(region.size, ROOM * page());
    assert_int_equal(peek(region.base), FAULTS);
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    memset(region.base, 0x11, region.size);
    assert_taken(street.room, ROOM, flags);
    assert_taken(street.room + page(), 1, flags);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(mappings(), before);
    tear_street_down();
}

static void places_nowhere(void) {
    struct hp_vm_region region = {0};
    build_street();
    overlaps_are_refused(0);
    const int before = mappings();
    assert_int_equal(hp_vm_place(street.room, ROOM * page(), 0, &region), HP_EELSEWHERE);
    assert_int_equal(region.size, 0);
    assert_int_equal(mappings(), before);
    tear_street_down();
    places_by(HP_VM_RACY, HP_VM_RACE_OK);
}

static void every_rung_places_exactly_or_not_at_all(void **state) {
    (void)state;
    static const struct {
        unsigned missing, flags;
        int rung;
    } rows[] = {
        {0, 0, HP_VM_NOREPLACE},
        {HP_VM_HAS_NOREPLACE, 0, HP_VM_HINT},
        {HP_VM_HAS_NOREPLACE | HP_VM_HAS_SHM, 0, HP_VM_HINT},
        {HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT, 0, HP_VM_SHM},
        {HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM, HP_VM_RACE_OK, HP_VM_RACY},
        {HP_VM_HAS_EVERYTHING, HP_VM_RACE_OK, HP_VM_RACY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hp_vm_force(rows[i].missing);
        if (!(has() & HP_VM_HAS_NOREPLACE) && rows[i].rung == HP_VM_NOREPLACE) continue;
        places_by(rows[i].rung, rows[i].flags);
    }
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM);
    places_nowhere();
}

/* ---- Each odd kernel, through a region's whole life ---- */

static void decommit_leaves_zeroes(struct hp_vm_region *region, unsigned options) {
    unsigned char *at = region->base + page();
    const size_t size = 2 * page();
    assert_in_range(hp_vm_commit(region, region->base, region->size, 0), 0, HP_VM_ZERO);
    memset(region->base, 0x77, region->size);
    const int answer = hp_vm_decommit(region, at, size, options);
    assert_in_range(answer, 0, HP_VM_STILL_RESIDENT);
    if (options && answer == 0) assert_int_equal(peek(at), FAULTS);
    assert_int_equal(hp_vm_commit(region, at, size, 0), 0);
    for (size_t i = 0; i < size; i++) assert_int_equal(at[i], 0);
    assert_int_equal(at[-1], 0x77);
    assert_int_equal(at[size], 0x77);
}

static void guards_and_discards(struct hp_vm_region *region) {
    assert_int_equal(hp_vm_guard(region, region->base, page()), 0);
    assert_int_equal(peek(region->base), FAULTS);
    assert_int_equal(hp_vm_unguard(region, region->base, page()), 0);
    assert_int_equal(hp_vm_commit(region, region->base, page(), HP_VM_POPULATE), 0);
    region->base[0] = 0x55;
    assert_int_equal(hp_vm_discard(region, region->base, page()), 0);
    assert_true(region->base[0] == 0x55 || region->base[0] == 0);
}

static void runs_leave_zeroes(struct hp_vm_region *region, unsigned options) {
    const struct iovec runs[] = {{region->base, page()},
                                 {region->base + 2 * page(), page()},
                                 {region->base + 5 * page(), page()}};
    size_t done = 0;
    assert_in_range(hp_vm_commit(region, region->base, region->size, 0), 0, HP_VM_ZERO);
    memset(region->base, 0x66, region->size);
    assert_in_range(hp_vm_decommit_runs(region, runs, 3, options, &done), 0, HP_VM_STILL_RESIDENT);
    assert_int_equal(done, 3);
    assert_in_range(hp_vm_commit(region, region->base, region->size, 0), 0, HP_VM_ZERO);
    for (size_t i = 0; i < 3; i++) assert_int_equal(*(unsigned char *)runs[i].iov_base, 0);
    assert_int_equal(region->base[page()], 0x66);
    assert_int_equal(region->base[6 * page()], 0x66);
}

static void looks_at(const struct hp_vm_region *region) {
    struct hp_vm_span span;
    assert_int_equal(hp_vm_query(0, (uintptr_t)region->base, region->size, &span), 0);
    assert_true(span.mapped && span.low == (uintptr_t)region->base);
    assert_int_equal(span.high - span.low, region->size);
}

static void lives_through(const struct quirk *quirk) {
    struct hp_vm_region region, middle;
    const struct hp_vm_request large = {.size = 256 * MIB, .least = 16 * MIB};
    const struct hp_vm_request aligned = {.size = MIB, .align = 4 * MIB};
    assert_int_equal(has() & quirk->missing, 0);
    if (quirk->rung < 0)
        places_nowhere();
    else if (has() & HP_VM_HAS_NOREPLACE || quirk->rung != HP_VM_NOREPLACE)
        places_by(quirk->rung, 0);
    const int before = mappings();
    assert_int_equal(hp_vm_reserve(&large, &region), 0);
    assert_in_range(region.size, 16 * MIB, 256 * MIB);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(hp_vm_reserve(&aligned, &middle), 0);
    assert_int_equal((uintptr_t)middle.base % (4 * MIB), 0);
    assert_int_equal(hp_vm_release(&middle), 0);
    region = reserve(ROOM * page());
    looks_at(&region);
    decommit_leaves_zeroes(&region, 0);
    decommit_leaves_zeroes(&region, HP_VM_HARD);
    decommit_leaves_zeroes(&region, HP_VM_REFUND);
    guards_and_discards(&region);
    runs_leave_zeroes(&region, 0);
    runs_leave_zeroes(&region, HP_VM_HARD);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(mappings(), before);
}

static void each_odd_kernel_is_lived_through(void **state) {
    (void)state;
    for (size_t i = 0; i < QUIRKS; i++) {
        const int descriptors_before = descriptors();
        quirk_strikes(&quirks[i]);
        print_message("%s\n", quirks[i].name);
        lives_through(&quirks[i]);
        assert_int_equal(descriptors(), descriptors_before);
        if (quirks[i].in_place[0].function) assert_true(open_struck() > 0);
    }
}

/* In a range and near an address, whichever rung carries it: the lowest gap and the nearest. */
static void a_range_is_served_on_each_odd_kernel(void **state) {
    (void)state;
    for (size_t i = 0; i < QUIRKS; i++) {
        if (quirks[i].rung < 0) continue;
        struct hp_vm_region region;
        quirk_strikes(&quirks[i]);
        print_message("%s, has %#x\n", quirks[i].name, has());
        build_street();
        const uintptr_t low = (uintptr_t)street.low;
        const struct hp_vm_request within = {
            .size = 2 * page(), .low = low, .high = low + (ROOM + 2) * page()};
        const struct hp_vm_request beside = {
            .size = 4 * page(), .near = (uintptr_t)street.high, .reach = 5 * page()};
        const struct hp_vm_request nowhere = {
            .size = (ROOM + 1) * page(), .low = low, .high = low + (ROOM + 2) * page()};
        assert_int_equal(hp_vm_reserve(&within, &region), 0);
        assert_ptr_equal(region.base, street.room);
        assert_int_equal(hp_vm_release(&region), 0);
        assert_int_equal(hp_vm_reserve(&beside, &region), 0);
        assert_ptr_equal(region.base, street.high - 4 * page());
        assert_int_equal(hp_vm_release(&region), 0);
        assert_int_equal(hp_vm_reserve(&nowhere, &region), -EEXIST);
        tear_street_down();
    }
}

/* ---- The ways round that only their counters show ---- */

static void locked_memory_is_dropped_all_the_same(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(ROOM * page());
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    if (hp_sys_mlock(region.base, region.size) < 0) skip(); /* a sanitizer has its own mlock */
    const struct hp_vm_totals before = totals();
    decommit_leaves_zeroes(&region, 0);
    if (has() & HP_VM_HAS_LOCKED)
        assert_int_equal(totals().decommit_locked - before.decommit_locked, 1);
    decommit_leaves_zeroes(&region, HP_VM_HARD);
    assert_true(totals().decommit_protected > before.decommit_protected);
    hp_vm_force(HP_VM_HAS_LOCKED);
    decommit_leaves_zeroes(&region, 0);
    assert_true(totals().decommit_remapped > before.decommit_remapped);
    assert_int_equal(hp_vm_guard(&region, region.base, page()), 0);
    assert_true(totals().guard_protected > before.guard_protected);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void batches_are_made_where_they_work(void **state) {
    (void)state;
    const struct hp_vm_totals before = totals();
    struct hp_vm_region region = reserve(ROOM * page());
    open_replace(HP_CALL_process_madvise, batch_of_one_self);
    runs_leave_zeroes(&region, 0);
    assert_int_equal(totals().batches - before.batches, 1);
    assert_int_equal(totals().batch_singles, before.batch_singles);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* The kernel stops where it likes, also in the middle of a run: what it did not say it did is done
 * again. */
static long batch_of_a_page_and_a_half(const long a[6]) {
    const struct iovec *runs = (const struct iovec *)a[1];
    const long call[6] = {(long)runs[0].iov_base, (long)page(), a[3], 0, 0, 0};
    const long answer = open_real(HP_CALL_madvise, call);
    return answer < 0 ? answer : (long)(page() + page() / 2);
}

static void batches_that_stop_half_way_are_finished(void **state) {
    (void)state;
    const struct hp_vm_totals before = totals();
    struct hp_vm_region region = reserve(ROOM * page());
    open_replace(HP_CALL_process_madvise, batch_of_a_page_and_a_half);
    runs_leave_zeroes(&region, 0);
    runs_leave_zeroes(&region, HP_VM_HARD);
    assert_true(totals().batches > before.batches);
    assert_true(totals().batch_singles > before.batch_singles);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Whatever this program did not bring about is a way round that nobody has seen work. */
static void every_counter_has_risen(void **state) {
    (void)state;
    static const char *const names[] = {"committed",
                                        "decommitted",
                                        "placed_noreplace",
                                        "placed_hint",
                                        "placed_shm",
                                        "placed_racy",
                                        "strays",
                                        "halved",
                                        "trimmed",
                                        "decommit_locked",
                                        "decommit_remapped",
                                        "decommit_protected",
                                        "decommit_zeroed",
                                        "guard_protected",
                                        "batches",
                                        "batch_singles",
                                        "discard_eager",
                                        "populate_touched",
                                        "query_maps",
                                        "query_mincore",
                                        "retaken"};
    const struct hp_vm_totals before = totals();
    struct hp_vm_region region = reserve(page());
    const struct hp_vm_totals now = totals();
    assert_int_equal(now.regions - before.regions, 1);
    assert_int_equal(now.reserved - before.reserved, page());
    const uint64_t *counters = &now.committed;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!counters[i]) fail_msg("%s has never risen", names[i]);
    assert_ptr_equal(&counters[sizeof names / sizeof *names - 1], &now.retaken);
    assert_int_equal(hp_vm_release(&region), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_rung_places_exactly_or_not_at_all, fresh),
        cmocka_unit_test_setup(each_odd_kernel_is_lived_through, fresh),
        cmocka_unit_test_setup(a_range_is_served_on_each_odd_kernel, fresh),
        cmocka_unit_test_setup(locked_memory_is_dropped_all_the_same, fresh),
        cmocka_unit_test_setup(batches_are_made_where_they_work, fresh),
        cmocka_unit_test_setup(batches_that_stop_half_way_are_finished, fresh),
        cmocka_unit_test_setup(every_counter_has_risen, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
