/* SPDX-License-Identifier: MIT */
/* Every public function, with its n-th entry of each call failing, n = 1, 2, 3..., by each error
 * that call may answer, once and from then on. Whatever it answers: mappings and descriptors are as
 * before, what was owned is owned, and once nothing fails a second try works. */
#include "vm_test.h"

#include <sys/uio.h>

enum { PAGES = 8, CALLS_MAX = 40 };

static struct {
    struct hp_vm_region region;
    unsigned char *hole; /* PAGES free pages, for who places */
} given;

/* What the function under test reserved. */
static struct hp_vm_region made;

static int do_reserve(void) {
    const struct hp_vm_request request = {.size = PAGES * page()};
    return hp_vm_reserve(&request, &made);
}
static int do_reserve_aligned(void) {
    const struct hp_vm_request request = {.size = PAGES * page(), .align = 64 * page()};
    return hp_vm_reserve(&request, &made);
}
static int do_reserve_within(void) {
    const uintptr_t low = (uintptr_t)given.hole;
    const struct hp_vm_request request = {
        .size = 2 * page(), .low = low, .high = low + PAGES * page()};
    return hp_vm_reserve(&request, &made);
}
static int do_reserve_strictly(void) {
    const struct hp_vm_request request = {.size = PAGES * page(),
                                          .flags = HP_VM_STRICT | HP_VM_NO_DUMP | HP_VM_NO_FORK};
    return hp_vm_reserve(&request, &made);
}
static int do_reserve_loosely(void) {
    const struct hp_vm_request request = {
        .size = PAGES * page(), .flags = HP_VM_NO_DUMP | HP_VM_NO_HUGE, .name = "sweep"};
    return hp_vm_reserve(&request, &made);
}
static int do_reserve_least(void) {
    const struct hp_vm_request request = {.size = PAGES * page(), .least = page()};
    return hp_vm_reserve(&request, &made);
}
static int do_place(void) { return hp_vm_place(given.hole, 2 * page(), 0, &made); }
static int do_place_by_race(void) {
    return hp_vm_place(given.hole, 2 * page(), HP_VM_RACE_OK, &made);
}
static int do_commit(void) {
    return hp_vm_commit(&given.region, given.region.base, 2 * page(), HP_VM_POPULATE);
}
static int do_soft(void) { return hp_vm_decommit(&given.region, given.region.base, page(), 0); }
static int do_hard(void) {
    return hp_vm_decommit(&given.region, given.region.base, page(), HP_VM_HARD);
}
static int do_refund(void) {
    return hp_vm_decommit(&given.region, given.region.base, page(), HP_VM_REFUND);
}
static int do_runs(void) {
    const struct iovec runs[] = {{given.region.base, page()},
                                 {given.region.base + 2 * page(), page()},
                                 {given.region.base + 4 * page(), page()}};
    return hp_vm_decommit_runs(&given.region, runs, 3, 0, 0);
}
static int do_runs_hard(void) {
    const struct iovec runs[] = {{given.region.base, page()},
                                 {given.region.base + 2 * page(), page()},
                                 {given.region.base + 4 * page(), page()}};
    return hp_vm_decommit_runs(&given.region, runs, 3, HP_VM_HARD, 0);
}
static int do_reserve_near(void) {
    const struct hp_vm_request request = {
        .size = 2 * page(), .near = (uintptr_t)given.hole, .reach = PAGES * page()};
    return hp_vm_reserve(&request, &made);
}
static int do_view(void) {
    struct hp_vm_view view;
    const int answer = hp_vm_view_open(&view);
    if (answer < 0) assert_int_equal(view.fd < 0, 1);
    hp_vm_view_close(&view);
    return answer;
}
static int do_adopt_strictly(void) {
    return hp_vm_adopt(given.region.base, given.region.size, HP_VM_NO_DUMP | HP_VM_STRICT, &made);
}
static int do_discard(void) { return hp_vm_discard(&given.region, given.region.base, page()); }
static int do_populate(void) {
    return hp_vm_populate(&given.region, given.region.base + 5 * page(), page());
}
static int do_protect(void) {
    return hp_vm_protect(&given.region, given.region.base, given.region.size, HP_VM_READ);
}
static int do_guard(void) { return hp_vm_guard(&given.region, given.region.base, page()); }
static int do_unguard(void) { return hp_vm_unguard(&given.region, given.region.base, page()); }
static int do_query(void) {
    struct hp_vm_span span;
    return hp_vm_query(0, (uintptr_t)given.hole, PAGES * page(), &span);
}
static int do_find_gap(void) {
    const uintptr_t low = (uintptr_t)given.hole;
    uintptr_t at;
    return hp_vm_find_gap(0, low, low + PAGES * page(), page(), 0, &at);
}
static int do_probe(void) {
    struct hp_vm_info info;
    hp_vm_forget();
    return hp_vm_probe(&info);
}
static int do_adopt(void) {
    return hp_vm_adopt(given.region.base, given.region.size, HP_VM_NO_DUMP, &made);
}
static int do_bounds(void) {
    uintptr_t low, high;
    return hp_vm_bounds(0, &low, &high);
}
static int do_why(void) {
    char text[200];
    return hp_vm_why(-ENOMEM, HP_VM_COMMIT, MIB, text, sizeof text) < 0 ? -EIO : 0;
}
static int do_report(void) {
    char text[4096];
    return hp_vm_report(text, sizeof text) ? 0 : -EIO;
}

static const struct subject {
    const char *name;
    int (*act)(void);
    unsigned missing; /* forced, so that the n-th call is one of the way round */
    bool always;      /* succeeds whatever fails */
} subjects[] = {
    {"reserve", do_reserve, 0, false},
    {"reserve, aligned", do_reserve_aligned, 0, false},
    {"reserve, within", do_reserve_within, 0, false},
    {"reserve, within, by maps", do_reserve_within, HP_VM_HAS_QUERY, false},
    {"reserve, within, by mincore", do_reserve_within, HP_VM_HAS_MAPS, false},
    {"reserve, near", do_reserve_near, 0, false},
    {"view", do_view, 0, false},
    {"reserve, strict", do_reserve_strictly, 0, false},
    {"reserve, attributes", do_reserve_loosely, 0, false},
    {"reserve, at least", do_reserve_least, 0, false},
    {"place", do_place, 0, false},
    {"place, hint", do_place, HP_VM_HAS_NOREPLACE, false},
    {"place, shm", do_place, HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT, false},
    {"place, race", do_place_by_race, HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM, false},
    {"commit", do_commit, 0, false},
    {"soft decommit", do_soft, 0, false},
    {"soft decommit, remapped", do_soft, HP_VM_HAS_ZEROING, false},
    {"hard decommit", do_hard, 0, false},
    {"hard decommit, protected", do_hard, HP_VM_HAS_GUARD, false},
    {"hard decommit, remapped", do_hard, HP_VM_HAS_GUARD | HP_VM_HAS_ZEROING, false},
    {"refund", do_refund, 0, false},
    {"runs", do_runs, 0, false},
    {"runs, singly", do_runs, HP_VM_HAS_BATCH, false},
    {"runs, hard", do_runs_hard, 0, false},
    {"runs, hard, singly", do_runs_hard, HP_VM_HAS_BATCH | HP_VM_HAS_GUARD, false},
    {"discard", do_discard, 0, false},
    {"populate", do_populate, 0, false},
    {"protect", do_protect, 0, false},
    {"guard", do_guard, 0, false},
    {"guard, protected", do_guard, HP_VM_HAS_GUARD, false},
    {"unguard", do_unguard, 0, false},
    {"query", do_query, 0, false},
    {"query, maps", do_query, HP_VM_HAS_QUERY, false},
    {"query, mincore", do_query, HP_VM_HAS_MAPS, false},
    {"find gap", do_find_gap, 0, false},
    {"adopt", do_adopt, 0, false},
    {"adopt, strict", do_adopt_strictly, 0, false},
    {"probe", do_probe, 0, false},
    {"bounds", do_bounds, 0, false},
    {"why", do_why, 0, true},
    {"report", do_report, 0, true},
};

static void set_up(const struct subject *subject) {
    made.size = 0;
    hp_vm_force(0);
    hp_vm_forget();
    has();
    given.region = reserve(PAGES * page());
    assert_int_equal(hp_vm_commit(&given.region, given.region.base, given.region.size, 0), 0);
    memset(given.region.base, 0x44, given.region.size);
    given.hole = free_place(4 * PAGES * page()) + 2 * PAGES * page();
    hp_vm_force(subject->missing);
}

static void clean_up(void) {
    open_reset();
    if (made.size && made.rung != HP_VM_ADOPTED) assert_int_equal(hp_vm_release(&made), 0);
    made.size = 0;
}

/* What was not asked about is as it was; what was asked about can be committed, and is written. */
static void assert_still_owned(void) {
    for (size_t i = 6; i < PAGES; i++) {
        assert_in_range(hp_vm_protect(&given.region, given.region.base + i * page(), page(),
                                      HP_VM_READ | HP_VM_WRITE),
                        0, 0);
        assert_int_equal(peek(given.region.base + i * page()), 0x44);
    }
    assert_in_range(hp_vm_commit(&given.region, given.region.base, given.region.size, 0), 0,
                    HP_VM_ZERO);
    memset(given.region.base, 1, given.region.size);
}

struct before {
    int mappings, descriptors;
    struct hp_vm_totals totals;
};

struct trial {
    const struct subject *subject;
    enum hp_call call;
    unsigned n;
    int error;
    bool onwards;
};

/* False when the n-th entry never came: the sweep of this call is over. */
static bool strike(const struct trial *trial) {
    const struct subject *subject = trial->subject;
    set_up(subject);
    const struct before before = {mappings(), descriptors(), totals()};
    open_reset();
    open_fail(trial->call, trial->n, trial->error, trial->onwards);

    const int answer = subject->act();
    const bool struck = open_struck() > 0;
    open_reset();
    if (subject->always) assert_true(answer >= 0);
    if (answer < 0) {
        assert_int_equal(made.size, 0);
        assert_int_equal(totals().regions, before.totals.regions);
        assert_int_equal(totals().reserved, before.totals.reserved);
    }
    clean_up();
    assert_in_range(remove_segments(), 0, trial->call == HP_CALL_shmctl);
    assert_int_equal(descriptors(), before.descriptors);
    hp_vm_forget();
    hp_vm_force(subject->missing);
    assert_true(subject->act() >= 0);
    clean_up();
    hp_vm_force(0);
    assert_still_owned();
    assert_int_equal(mappings(), before.mappings);
    assert_int_equal(hp_vm_release(&given.region), 0);
    return struck;
}

/* close is made once, whatever is answered. A munmap that fails keeps what it should give back, and
 * no other way is known: where it is the operation itself, it is swept below. */
static const enum hp_call swept[] = {
    HP_CALL_mmap,    HP_CALL_mprotect, HP_CALL_madvise,   HP_CALL_process_madvise,
    HP_CALL_mincore, HP_CALL_openat,   HP_CALL_read,      HP_CALL_lseek,
    HP_CALL_ioctl,   HP_CALL_prctl,    HP_CALL_shmget,    HP_CALL_shmat,
    HP_CALL_shmctl,  HP_CALL_mbind,    HP_CALL_prlimit64, HP_CALL_uname};
static const int errors[] = {ENOMEM, EAGAIN, EINVAL, EPERM, ENOSYS, EACCES, EBADF};

static unsigned sweep(const struct subject *subject, enum hp_call call, bool onwards) {
    unsigned trials = 0;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        struct trial trial = {subject, call, 1, errors[e], onwards};
        while (trial.n <= CALLS_MAX && strike(&trial)) trial.n++;
        trials += trial.n - 1;
        if (trial.n == 1) break; /* it makes no such call */
    }
    return trials;
}

static void each_call_of_each_function_fails(void **state) {
    (void)state;
    unsigned trials = 0;
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++)
        for (size_t c = 0; c < sizeof swept / sizeof *swept; c++)
            trials += sweep(&subjects[s], swept[c], false) + sweep(&subjects[s], swept[c], true);
    print_message("%u trials\n", trials);
    assert_true(trials > 500);
}

static void release_or_seal_that_fails_changes_nothing(void **state) {
    (void)state;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        struct hp_vm_region region = reserve(PAGES * page());
        assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
        memset(region.base, 0x44, region.size);
        const struct hp_vm_region before = region;
        const struct hp_vm_totals counted = totals();
        open_fail(HP_CALL_munmap, 1, errors[e], true);
        assert_int_equal(hp_vm_release(&region), -errors[e]);
        assert_int_equal(hp_vm_release_part(&region, region.base, page()), -errors[e]);
        open_fail(HP_CALL_mseal, 1, errors[e], true);
        assert_true(hp_vm_seal(&region) < 0);
        const struct hp_vm_totals now = totals();
        open_reset();
        assert_memory_equal(&region, &before, sizeof region);
        assert_memory_equal(&now, &counted, sizeof now);
        assert_int_equal(peek(region.base), 0x44);
        assert_int_equal(hp_vm_release_part(&region, region.base, page()), 0);
        assert_int_equal(hp_vm_release(&region), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_call_of_each_function_fails, fresh, fresh),
        cmocka_unit_test_setup(release_or_seal_that_fails_changes_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
