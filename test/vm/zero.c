/* SPDX-License-Identifier: MIT */
/* HP_VM_ZERO is said where it is asked for and true, and of nothing that was ever committed, also
 * when threads commit parts of one region at the same moment. */
#include <pthread.h>
#include <sched.h>

#include "vm_test.h"

enum { ROUNDS = 30000 };

static struct hp_vm_region telling(size_t size) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = size, .flags = HP_VM_TELL_ZERO};
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(region.flags, HP_VM_TELL_ZERO);
    return region;
}

static int commit(struct hp_vm_region *region, size_t at, size_t size) {
    return hp_vm_commit(region, region->base + at, size, 0);
}

static void it_is_said_where_it_is_asked_for(void **state) {
    (void)state;
    struct hp_vm_region silent = reserve(MIB), region = telling(MIB);
    assert_int_equal(commit(&silent, 0, 64 * KIB), 0);
    assert_int_equal(commit(&region, 64 * KIB, 64 * KIB), HP_VM_ZERO);
    assert_int_equal(commit(&region, 0, 64 * KIB), HP_VM_ZERO);
    assert_int_equal(commit(&region, 128 * KIB, 64 * KIB), HP_VM_ZERO);
    assert_int_equal(commit(&region, 192 * KIB - page(), 2 * page()), 0);
    assert_int_equal(commit(&region, 0, 64 * KIB), 0);
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(hp_vm_release(&silent), 0);
}

/* The frontier costs the same either way. */
static void telling_adds_no_call(void **state) {
    (void)state;
    struct hp_vm_region region = telling(64 * MIB);
    const struct mark first = mark();
    assert_int_equal(commit(&region, 0, 64 * KIB), HP_VM_ZERO);
    assert_cost(first, 1, 1);
    const struct mark second = mark();
    assert_int_equal(commit(&region, 64 * KIB, 64 * KIB), HP_VM_ZERO);
    assert_cost(second, 1, 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* A part that is split off, and what it was used for, and the whole that it joins again. */
static void it_is_not_said_of_what_was_written(void **state) {
    (void)state;
    struct hp_vm_region region = telling(MIB), tail;
    assert_int_equal(commit(&region, 512 * KIB, 64 * KIB), HP_VM_ZERO);
    assert_int_equal(hp_vm_split(&region, 512 * KIB, &tail), 0);
    assert_int_equal(commit(&tail, 0, page()), 0);
    assert_int_equal(commit(&tail, 64 * KIB, page()), HP_VM_ZERO);
    assert_int_equal(hp_vm_join(&region, &tail), 0);
    assert_int_equal(commit(&region, 512 * KIB + 64 * KIB, page()), 0);
    assert_int_equal(hp_vm_protect(&region, region.base, page(), HP_VM_READ | HP_VM_WRITE), 0);
    assert_int_equal(commit(&region, 0, page()), 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Two threads at the frontier at the same moment, each with its page: this one the lower, a second
 * one the higher. `turn` lets both go, `done` counts the second's. */
static struct {
    struct hp_vm_region region;
    unsigned turn, done;
} shared;

static void reach(const unsigned *counter, unsigned count) {
    for (unsigned spins = 0; __atomic_load_n(counter, __ATOMIC_ACQUIRE) < count; spins++)
        if (spins > 1000) sched_yield();
}

static void *commit_the_higher(void *unused) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        reach(&shared.turn, i + 1);
        commit(&shared.region, (2 * i + 1) * page(), page());
        __atomic_store_n(&shared.done, i + 1, __ATOMIC_RELEASE);
    }
    return unused;
}

static void the_later_of_two_is_not_forgotten(void **state) {
    (void)state;
    pthread_t second;
    shared.region = telling(2 * ROUNDS * page());
    pthread_create(&second, 0, commit_the_higher, 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        __atomic_store_n(&shared.turn, i + 1, __ATOMIC_RELEASE);
        for (volatile unsigned wait = i % 64; wait; wait--) {}
        commit(&shared.region, 2 * i * page(), page());
        reach(&shared.done, i + 1);
        assert_int_equal(commit(&shared.region, (2 * i + 1) * page(), page()), 0);
    }
    pthread_join(second, 0);
    assert_int_equal(hp_vm_release(&shared.region), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_where_it_is_asked_for),
        cmocka_unit_test(telling_adds_no_call),
        cmocka_unit_test(it_is_not_said_of_what_was_written),
        cmocka_unit_test(the_later_of_two_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
