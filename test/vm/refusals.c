/* SPDX-License-Identifier: MIT */
/* Refusals told apart: taken, elsewhere, out of memory, not allowed, lost. What was there before is
 * there after. */
#include "quirks.h"
#include "street.h"

#include <sys/prctl.h>
#include <sys/uio.h>

/* ---- Taken, elsewhere, out of memory: three answers ---- */

static void three_refusals_are_three_answers(void **state) {
    (void)state;
    struct hp_vm_region region;
    build_street();
    assert_int_equal(hp_vm_place(street.low, page(), 0, &region), -EEXIST);
    open_fail(HP_CALL_mmap, 1, ENOMEM, false);
    assert_int_equal(hp_vm_place(street.room, page(), 0, &region), -ENOMEM);
    open_fail(HP_CALL_mmap, 1, EPERM, false);
    assert_int_equal(hp_vm_place(street.room, page(), 0, &region), -EPERM);
    quirk_strikes(&quirks[2]);
    assert_int_equal(hp_vm_place(street.room, page(), 0, &region), HP_EELSEWHERE);
    assert_int_equal(hp_vm_place(street.low, page(), 0, &region), -EEXIST);
    tear_street_down();
}

/* Halved on the way down, and never below what will do. */
static void the_least_that_will_do_is_tried_last(void **state) {
    (void)state;
    struct hp_vm_region region;
    const struct hp_vm_request fits = {.size = 256 * MIB, .least = 48 * MIB};
    const struct hp_vm_request does_not = {.size = 256 * MIB, .least = 64 * MIB};
    open_replace(HP_CALL_mmap, mmap_refuses_large);
    const struct hp_vm_totals before = totals();
    assert_int_equal(hp_vm_reserve(&fits, &region), 0);
    assert_int_equal(region.size, 48 * MIB);
    assert_int_equal(totals().halved - before.halved, 3);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(hp_vm_reserve(&does_not, &region), -ENOMEM);
    assert_int_equal(totals().halved - before.halved, 5);
}

/* Contents are gone all the same, and the answer says what could not be had. */
static void what_cannot_be_made_to_fault_is_said(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(ROOM * page());
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    memset(region.base, 5, region.size);
    hp_vm_force(HP_VM_HAS_GUARD);
    has();
    open_fail(HP_CALL_mprotect, 1, ENOMEM, false);
    assert_int_equal(hp_vm_decommit(&region, region.base, page(), HP_VM_HARD), HP_VM_NOT_HARD);
    assert_int_equal(peek(region.base), 0);
    open_fail(HP_CALL_mmap, 1, ENOMEM, false);
    assert_int_equal(hp_vm_decommit(&region, region.base + page(), page(), HP_VM_REFUND),
                     HP_VM_NOT_REFUNDED);
    assert_int_equal(peek(region.base + page()), 0);
    open_fail(HP_CALL_madvise, 1, EINVAL, true);
    open_fail(HP_CALL_mmap, 1, ENOMEM, false);
    assert_int_equal(hp_vm_decommit(&region, region.base + 2 * page(), page(), 0),
                     HP_VM_STILL_RESIDENT);
    assert_int_equal(peek(region.base + 2 * page()), 0);
    assert_int_equal(peek(region.base + 3 * page()), 5);
    open_reset();
    assert_int_equal(hp_vm_release(&region), 0);
}

static void strays_are_given_back_and_counted(void **state) {
    (void)state;
    struct hp_vm_region region;
    build_street();
    const int before = mappings();
    const struct hp_vm_totals start = totals();
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_SHM);
    for (int i = 0; i < 10; i++) assert_taken(street.low, 2, 0);
    assert_int_equal(totals().strays - start.strays, 10);
    assert_int_equal(mappings(), before);
    assert_int_equal(hp_vm_place(street.room, page(), 0, &region), 0);
    assert_int_equal(totals().placed_hint - start.placed_hint, 1);
    assert_int_equal(hp_vm_release(&region), 0);
    tear_street_down();
}

static long shmat_where_it_likes(const long a[6]) {
    const long anywhere[6] = {a[0], 0, a[2], 0, 0, 0};
    return open_real(HP_CALL_shmat, anywhere);
}

static void a_stray_segment_is_given_back_too(void **state) {
    (void)state;
    struct hp_vm_region region;
    build_street();
    const int before = mappings();
    const struct hp_vm_totals start = totals();
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT);
    open_replace(HP_CALL_shmat, shmat_where_it_likes);
    assert_int_equal(hp_vm_place(street.room, page(), 0, &region), HP_EELSEWHERE);
    assert_int_equal(totals().strays - start.strays, 1);
    assert_int_equal(mappings(), before);
    tear_street_down();
}

/* An end that cannot be cut off: all of it is given back, whichever end it was. */
static void what_cannot_be_trimmed_is_given_back(void **state) {
    (void)state;
    const struct hp_vm_request request = {.size = page(), .align = 64 * page()};
    struct hp_vm_region region;
    has();
    for (unsigned n = 1; n <= 2; n++) {
        const int before = mappings();
        open_fail(HP_CALL_munmap, n, ENOMEM, false);
        const int answer = hp_vm_reserve(&request, &region);
        open_reset();
        if (answer == 0)
            assert_int_equal(hp_vm_release(&region), 0); /* aligned, one time in 64 */
        else
            assert_int_equal(answer, -ENOMEM);
        assert_int_equal(mappings(), before);
    }
}

static void beyond_the_address_space_is_enomem(void **state) {
    (void)state;
    struct hp_vm_region region;
    const int before = mappings();
    void *const beyond = sizeof(void *) == 8 ? (void *)(UINTPTR_MAX / 4 + 1)
                                             : (void *)(UINTPTR_MAX - 2 * page() + 1);
    hp_vm_force(HP_VM_HAS_HINT | HP_VM_HAS_SHM);
    assert_int_equal(hp_vm_place(beyond, page(), 0, &region), -ENOMEM);
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT);
    assert_int_equal(hp_vm_place(beyond, page(), 0, &region), -ENOMEM);
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_SHM);
    assert_int_equal(hp_vm_place(beyond, page(), 0, &region), HP_EELSEWHERE);
    assert_int_equal(mappings(), before);
}

static uintptr_t lowest_address(void) {
    unsigned long lowest = 65536;
    FILE *file = fopen("/proc/sys/vm/mmap_min_addr", "re");
    if (file && fscanf(file, "%lu", &lowest) != 1) lowest = 65536;
    if (file) fclose(file);
    return lowest;
}

/* root may map below; who may not is told so, and a range that begins below is served above. */
static void place_below_the_lowest_address(void) {
    const uintptr_t lowest = lowest_address();
    struct hp_vm_region region;
    const struct hp_vm_request anywhere_low = {.size = page(), .high = lowest + 256 * MIB};
    const size_t p = page();
    if (lowest <= p) return;
    MUST(setuid(65534) == 0);
    for (int dumpable = 0; dumpable < 2; dumpable++) { /* not: /proc/self is root's, and is shut */
        prctl(PR_SET_DUMPABLE, dumpable);
        hp_vm_force(HP_VM_HAS_HINT | HP_VM_HAS_SHM);
        MUST(hp_vm_place((void *)(lowest - p), p, 0, &region) == -EPERM);
        hp_vm_force(HP_VM_HAS_NOREPLACE);
        MUST(hp_vm_place((void *)(lowest - p), p, 0, &region) == -EPERM);
        hp_vm_force(0);
        MUST(hp_vm_reserve(&anywhere_low, &region) == 0);
        MUST((uintptr_t)region.base >= lowest && (uintptr_t)region.base < lowest + 256 * MIB);
        MUST(hp_vm_release(&region) == 0);
    }
}

static void below_the_lowest_address_is_eperm(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(in_child(place_below_the_lowest_address), 0);
}

/* As above where vm.mmap_min_addr is a page, and whoever we are. */
static long mmap_keeps_the_first_64_kib(const long a[6]) {
    const uintptr_t at = (uintptr_t)a[0];
    return at && at < 64 * KIB ? -EPERM : open_real(HP_CALL_mmap, a);
}

static void a_range_is_served_above_what_is_not_allowed(void **state) {
    (void)state;
    struct hp_vm_region region;
    const struct hp_vm_request low = {.size = page(), .high = 256 * MIB};
    open_replace(HP_CALL_mmap, mmap_keeps_the_first_64_kib);
    assert_int_equal(hp_vm_reserve(&low, &region), 0);
    assert_true((uintptr_t)region.base >= 64 * KIB);
    assert_true((uintptr_t)region.base + region.size <= 256 * MIB);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* ---- What a probe unmaps may be another thread's by the next call ---- */

static unsigned char *squatted;

static long munmap_and_a_squatter(const long a[6]) {
    const long answer = open_real(HP_CALL_munmap, a);
    if (!squatted) squatted = stranger((unsigned char *)a[0], 0xb7);
    return answer;
}

static void probing_takes_nobodys_page(void **state) {
    (void)state;
    squatted = 0;
    hp_vm_forget();
    open_replace(HP_CALL_munmap, munmap_and_a_squatter);
    const unsigned found = has();
    open_reset();
    hp_vm_forget();
    assert_non_null(squatted);
    assert_int_equal(peek(squatted), 0xb7);
    assert_int_equal(peek(squatted + page() - 1), 0xb7);
    munmap(squatted, page());
    assert_int_equal(found, has()); /* and was not misled by it */
}

/* ---- Batches ---- */

static struct iovec advised_runs[4];
static unsigned advised;

static long madvise_writes_down(const long a[6]) {
    if (advised < 4) advised_runs[advised] = (struct iovec){(void *)a[0], (size_t)a[1]};
    advised++;
    return 0;
}

static long batch_is_invalid(const long a[6]) {
    (void)a;
    return -EINVAL;
}

/* More than half of what 32 bits address: a refusal is not more bytes than that. No memory is
 * there, nor needed. */
static void a_refused_batch_did_nothing_however_long_its_runs(void **state) {
    (void)state;
    const size_t p = page();
    unsigned char *const base = (unsigned char *)(16 * p);
    struct hp_vm_region region = {.base = base, .size = 0xa0000000u};
    const struct iovec runs[] = {{base, 0x90000000u}, {base + 0x90000000u + p, p}};
    size_t done = 0;
    has();
    advised = 0;
    open_replace(HP_CALL_process_madvise, batch_is_invalid);
    open_replace(HP_CALL_madvise, madvise_writes_down);
    const struct hp_vm_totals before = totals();
    const int answer = hp_vm_decommit_runs(&region, runs, 2, 0, &done);
    open_reset();
    assert_int_equal(answer, 0);
    assert_int_equal(done, 2);
    assert_int_equal(totals().batches, before.batches);
    assert_int_equal(advised, 2);
    assert_memory_equal(advised_runs, runs, sizeof runs);
}

enum { LOCKED_RUNS = 50 };

/* Locked memory refuses every batch: one is tried, and not one a run. */
static void a_refused_batch_is_not_tried_again_in_the_same_call(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(2 * LOCKED_RUNS * page());
    struct iovec runs[LOCKED_RUNS];
    for (size_t i = 0; i < LOCKED_RUNS; i++)
        runs[i] = (struct iovec){region.base + 2 * i * page(), page()};
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    has();
    open_replace(HP_CALL_process_madvise, batch_is_invalid);
    const struct mark start = mark();
    assert_int_equal(hp_vm_decommit_runs(&region, runs, LOCKED_RUNS, 0, 0), 0);
    assert_int_equal(calls_since(&start), LOCKED_RUNS + 1);
    open_reset();
    assert_true(has() & HP_VM_HAS_BATCH); /* what this memory refuses, other memory may not */
    assert_int_equal(hp_vm_release(&region), 0);
}

/* ---- Sealed ---- */

static void decommit_what_is_sealed(void) {
    struct hp_vm_region region, sealed;
    const struct hp_vm_request request = {.size = ROOM * page()};
    const size_t p = page();
    MUST(hp_vm_reserve(&request, &region) == 0);
    MUST(hp_vm_split(&region, 4 * p, &sealed) == 0);
    if (hp_vm_seal(&sealed) < 0) _exit(77);
    MUST(hp_vm_decommit(&sealed, sealed.base, p, 0) == -EPERM);
    MUST(hp_vm_decommit(&sealed, sealed.base, p, HP_VM_HARD) == -EPERM);
    MUST(hp_vm_decommit(&sealed, sealed.base, p, HP_VM_REFUND) == -EPERM);
    MUST(hp_vm_why(-EPERM, HP_VM_CHANGE, p, 0, 0) == HP_VM_CAUSE_REFUSED);
    const unsigned before = has();
    sealed.flags = 0; /* as one who did not seal it sees it */
    const struct iovec runs[] = {{sealed.base, p}, {sealed.base + 2 * p, p}};
    MUST(hp_vm_decommit_runs(&sealed, runs, 2, 0, 0) == -EPERM);
    MUST(has() == before);
}

static void what_is_sealed_is_refused_as_such(void **state) {
    (void)state;
    const int status = in_child(decommit_what_is_sealed);
    if (status == 77) skip();
    assert_int_equal(status, 0);
}

/* ---- A range that a failed MAP_FIXED lost ---- */

static void a_lost_range_is_taken_back(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(ROOM * page());
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    memset(region.base, 5, region.size);
    const struct hp_vm_totals before = totals();
    open_replace(HP_CALL_mmap, mmap_loses_what_it_replaces);
    assert_int_equal(hp_vm_decommit(&region, region.base, 2 * page(), HP_VM_REFUND), 0);
    assert_int_equal(totals().retaken - before.retaken, 1);
    assert_int_equal(peek(region.base), FAULTS);
    assert_int_equal(peek(region.base + 2 * page()), 5);
    open_reset();
    assert_int_equal(hp_vm_commit(&region, region.base, 2 * page(), 0), 0);
    assert_int_equal(region.base[0], 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* As above, but somebody is quicker. */
static long mmap_loses_to_another(const long a[6]) {
    if (!(a[3] & MAP_FIXED)) return open_real(HP_CALL_mmap, a);
    munmap((void *)a[0], (size_t)a[1]);
    void *thief = mmap((void *)a[0], page(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(thief, 0xee, page());
    return -ENOMEM;
}

static void a_range_lost_to_another_is_said_to_be(void **state) {
    (void)state;
    const struct hp_vm_totals before = totals();
    struct hp_vm_region region = reserve(ROOM * page()), rest;
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    open_replace(HP_CALL_mmap, mmap_loses_to_another);
    assert_int_equal(hp_vm_decommit(&region, region.base, 2 * page(), HP_VM_REFUND), HP_ELOST);
    open_reset();
    assert_int_equal(peek(region.base), 0xee);
    assert_int_equal(peek(region.base + page() - 1), 0xee);
    assert_int_equal(hp_vm_why(HP_ELOST, HP_VM_CHANGE, page(), 0, 0), HP_VM_CAUSE_LOST);
    unsigned char *thief = region.base;
    assert_int_equal(hp_vm_split(&region, 2 * page(), &rest), 0);
    assert_int_equal(hp_vm_release(&rest), 0);
    assert_int_equal(hp_vm_disown(&region), 0);
    assert_int_equal(peek(thief), 0xee);
    assert_int_equal(hp_vm_disown(&region), -EINVAL);
    assert_int_equal(hp_vm_release(&region), -EINVAL);
    assert_int_equal(totals().regions, before.regions);
    assert_int_equal(totals().reserved, before.reserved);
    munmap(thief, 2 * page());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(three_refusals_are_three_answers, fresh),
        cmocka_unit_test_setup(the_least_that_will_do_is_tried_last, fresh),
        cmocka_unit_test_setup(what_cannot_be_made_to_fault_is_said, fresh),
        cmocka_unit_test_setup(strays_are_given_back_and_counted, fresh),
        cmocka_unit_test_setup(a_stray_segment_is_given_back_too, fresh),
        cmocka_unit_test_setup(what_cannot_be_trimmed_is_given_back, fresh),
        cmocka_unit_test_setup(beyond_the_address_space_is_enomem, fresh),
        cmocka_unit_test_setup(below_the_lowest_address_is_eperm, fresh),
        cmocka_unit_test_setup(a_range_is_served_above_what_is_not_allowed, fresh),
        cmocka_unit_test_setup(probing_takes_nobodys_page, fresh),
        cmocka_unit_test_setup(a_refused_batch_did_nothing_however_long_its_runs, fresh),
        cmocka_unit_test_setup(a_refused_batch_is_not_tried_again_in_the_same_call, fresh),
        cmocka_unit_test_setup(what_is_sealed_is_refused_as_such, fresh),
        cmocka_unit_test_setup(a_lost_range_is_taken_back, fresh),
        cmocka_unit_test_setup(a_range_lost_to_another_is_said_to_be, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
