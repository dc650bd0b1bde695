/* SPDX-License-Identifier: MIT */
/* How many calls many runs cost, and how many mappings many guards and much churn: a handful with
 * the kernel's guards; with mprotect the process ends at vm.max_map_count, which is shown too. */
#include "vm_test.h"

#include <sys/uio.h>

enum { SLOTS = 100000, SLOTS_TOUCHED = 1000 };

/* 64 KiB, where the address space has 6.1 GiB to spare. */
static size_t slot_size(void) { return sizeof(void *) == 8 ? 64 * KIB : 2 * page(); }

static struct hp_vm_region slots(void) {
    struct hp_vm_region region = reserve(SLOTS * slot_size());
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    return region;
}

/* How many slots have their guard when the first is refused, or all have it. */
static int guard_slots(struct hp_vm_region *region, int *answer) {
    int done = 0;
    while (done < SLOTS) {
        *answer = hp_vm_guard(region, region->base + (size_t)done * slot_size(), page());
        if (*answer < 0) break;
        done++;
    }
    return done;
}

static void hundred_thousand_guards_are_at_most_4_mappings(void **state) {
    (void)state;
    int answer = 0;
    if (!(has() & HP_VM_HAS_GUARD)) skip();
    const int before = mappings();
    struct hp_vm_region region = slots();
    assert_int_equal(guard_slots(&region, &answer), SLOTS);
    assert_int_equal(answer, 0);
    assert_in_range(mappings() - before, 1, 4);
    print_message("%d guarded slots: %d mappings\n", SLOTS, mappings() - before);
    for (size_t i = 0; i < SLOTS; i += SLOTS / SLOTS_TOUCHED) {
        unsigned char *slot = region.base + i * slot_size();
        assert_int_equal(peek(slot), FAULTS);
        slot[page()] = 1;
        slot[slot_size() - 1] = 1;
    }
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(mappings(), before);
}

static int map_limit(void) {
    int limit = 65530;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (file && fscanf(file, "%d", &limit) != 1) limit = 65530;
    if (file) fclose(file);
    return limit;
}

/* Where the guards are mprotect's, each is two mappings: the process is full at a third of the
 * slots. The refusal is told apart, changes nothing, and everything else goes on. */
static void mprotect_guards_end_at_the_mapping_limit(void **state) {
    (void)state;
    int answer = 0;
    char why[256];
    const int limit = map_limit();
    if (limit > 2 * SLOTS) skip();
    hp_vm_force(HP_VM_HAS_GUARD);
    const int before = mappings();
    struct hp_vm_region region = slots();
    const int done = guard_slots(&region, &answer);
    print_message("guards by mprotect: %d slots, then %d\n", done, answer);
    assert_int_equal(answer, -ENOMEM);
    assert_in_range(done, (limit - before) / 2 - 8, limit / 2);
    assert_int_equal(hp_vm_why(answer, HP_VM_CHANGE, page(), why, sizeof why),
                     HP_VM_CAUSE_MAPPINGS);
    unsigned char *refused = region.base + (size_t)done * slot_size();
    assert_int_equal(peek(refused), 0); /* still Ready, as it was */
    refused[0] = 9;
    assert_int_equal(hp_vm_decommit(&region, refused, page(), 0), 0);
    assert_int_equal(peek(refused), 0);
    assert_int_equal(peek(refused - slot_size()), FAULTS);
    hp_vm_force(0);
    if (has() & HP_VM_HAS_GUARD) assert_int_equal(hp_vm_guard(&region, refused, page()), 0);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(mappings(), before);
}

enum { CHURN_SLOTS = 16384, CHECK_EACH = 5000 };

static uint32_t chance(void) {
    static uint64_t seed = 88172645463325252u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

static void turn(struct hp_vm_region *region, unsigned char ready[CHURN_SLOTS], size_t slot) {
    unsigned char *at = region->base + slot * 64 * KIB;
    if (ready[slot]) {
        assert_int_equal(hp_vm_decommit(region, at, 64 * KIB, HP_VM_HARD), 0);
    } else {
        assert_int_equal(hp_vm_commit(region, at, 64 * KIB, 0), 0);
        assert_int_equal(at[page()], 0);
        at[page()] = 1;
    }
    ready[slot] = !ready[slot];
}

/* Committed whole and taken back whole first: from then on no commit changes a mapping's
 * protection, and none splits. */
static void churn_in_a_gibibyte_is_at_most_8_mappings(void **state) {
    (void)state;
    static unsigned char ready[CHURN_SLOTS];
    const int operations = getenv("HP_LONG") ? 1000000 : 100000;
    int most = 0;
    if (!(has() & HP_VM_HAS_GUARD)) skip();
    const int before = mappings();
    struct hp_vm_region region = reserve(GIB);
    assert_int_equal(hp_vm_commit(&region, region.base, GIB, 0), 0);
    assert_int_equal(hp_vm_decommit(&region, region.base, GIB, HP_VM_HARD), 0);
    for (int i = 0; i < operations; i++) {
        turn(&region, ready, chance() % CHURN_SLOTS);
        if (i % CHECK_EACH && i > 100) continue;
        const int now = mappings() - before;
        if (now > most) most = now;
    }
    print_message("%d operations: at most %d mappings\n", operations, most);
    assert_in_range(most, 1, 8);
    assert_int_equal(hp_vm_release(&region), 0);
}

enum { RUNS_MAX = 5000 };

static void decommit_in_batches(unsigned options, int wanted) {
    static const size_t counts[] = {1, 2, 1000, 1024, 1025, RUNS_MAX};
    static struct iovec runs[RUNS_MAX];
    has();
    struct hp_vm_region region = reserve(2 * RUNS_MAX * page());
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    memset(region.base, 7, region.size);
    for (size_t i = 0; i < RUNS_MAX; i++)
        runs[i] = (struct iovec){region.base + 2 * i * page(), page()};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t done = 0;
        const struct mark start = mark();
        const int answer = hp_vm_decommit_runs(&region, runs, counts[i], options, &done);
        const int calls = calls_since(&start);
        assert_int_equal(answer, 0);
        assert_int_equal(done, counts[i]);
        if (i == 0 || has() & HP_VM_HAS_BATCH) /* the second look: it is found at the first use */
            assert_cost(start, (int)((counts[i] + 1023) / 1024), 0);
        else
            assert_in_range(calls, counts[i], counts[i] + 1);
    }
    assert_int_equal(peek(region.base + page()), 7);
    assert_int_equal(peek(region.base), wanted);
    assert_int_equal(peek(region.base + 2 * (RUNS_MAX - 1) * page()), wanted);
    assert_int_equal(hp_vm_release(&region), 0);
}

static void runs_are_decommitted_1024_a_call(void **state) {
    (void)state;
    decommit_in_batches(0, 0);
    if (has() & HP_VM_HAS_GUARD) decommit_in_batches(HP_VM_HARD, FAULTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hundred_thousand_guards_are_at_most_4_mappings, fresh),
        cmocka_unit_test_setup(mprotect_guards_end_at_the_mapping_limit, fresh),
        cmocka_unit_test_setup(churn_in_a_gibibyte_is_at_most_8_mappings, fresh),
        cmocka_unit_test_setup(runs_are_decommitted_1024_a_call, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
