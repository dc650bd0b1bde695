/* SPDX-License-Identifier: MIT */
/* What is concluded from looking: where addresses begin and end, where a gap is too near to a
 * stack, what the kernel does not have, and what cannot be looked at just now. */
#include "quirks.h"

#include <pthread.h>
#include <sys/resource.h>

/* To a hint, what lies below is not refused but moved. */
static long mmap_moves_low_hints(const long a[6]) {
    const uintptr_t at = (uintptr_t)a[0];
    return at && at < 64 * KIB ? mmap_with(a, 64 * KIB, a[3]) : mmap_strips_noreplace(a);
}

static void a_kernel_of_hints_alone_has_bounds_too(void **state) {
    (void)state;
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = page(), .high = 256 * MIB};
    uintptr_t low, high, low_by_hint, high_by_hint;
    assert_int_equal(hp_vm_bounds(0, &low, &high), 0);
    hp_vm_forget();
    hp_vm_force(HP_VM_HAS_SHM);
    open_replace(HP_CALL_mmap, mmap_moves_low_hints);
    const int answer = hp_vm_bounds(0, &low_by_hint, &high_by_hint);
    if (sizeof(void *) == 8) { /* on 32 bits the edge is in the window, where a stack may be */
        assert_int_equal(answer, 0);
        assert_int_equal(high_by_hint, high);
    }
    assert_int_equal(low_by_hint, 64 * KIB);
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_true((uintptr_t)region.base >= 64 * KIB);
    open_reset();
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Hints on 32 bits; shmat, where the library takes it to keep to more than pages. */
static bool may_be_elsewhere(unsigned missing) {
    return sizeof(void *) == 4 || (SHM_GRANULE_PAGES > 1 && missing & HP_VM_HAS_HINT);
}

static void the_bounds_are_found_in_few_calls(void **state) {
    (void)state;
    static const struct {
        unsigned missing;
        int most[3]; /* within the window, wide, on 32 bits */
    } rows[] = {{0, {22, 32, 60}},
                {HP_VM_HAS_NOREPLACE, {54, 120, 150}},
                {HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT, {54, 120, 150}},
                {HP_VM_HAS_NOREPLACE | HP_VM_HAS_SHM, {54, 120, 150}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int wide = 0; wide < 2; wide++) {
            uintptr_t low, high;
            hp_vm_force(rows[i].missing);
            hp_vm_query(0, page(), page(), &(struct hp_vm_span){0});
            const struct mark start = mark();
            const int answer = hp_vm_bounds(wide, &low, &high);
            const int calls = calls_since(&start);
            print_message("bounds, wide %d, lacking %#x: %d calls\n", wide, rows[i].missing, calls);
            assert_true(answer == 0 ||
                        (answer == HP_EELSEWHERE && may_be_elsewhere(rows[i].missing)));
            assert_in_range(calls, 1, rows[i].most[sizeof(void *) == 4 ? 2 : wide]);
        }
    }
}

enum { MANY = 4000 };

/* A reason costs more where there are many mappings, by pages of their text. */
static void a_reason_is_few_calls(void **state) {
    (void)state;
    struct hp_vm_region region = reserve(MANY * page());
    for (int many = 0; many < 2; many++) {
        const int lines = mappings();
        const struct mark start = mark();
        hp_vm_why(-ENOMEM, HP_VM_COMMIT, page(), 0, 0);
        const int calls = calls_since(&start);
        print_message("why, at %d mappings: %d calls\n", lines, calls);
        assert_in_range(calls, 10, 22 + 1 + lines / 40);
        for (size_t i = 0; i < MANY; i += 2)
            assert_int_equal(hp_vm_protect(&region, region.base + i * page(), page(), HP_VM_READ),
                             0);
    }
    assert_int_equal(hp_vm_release(&region), 0);
}

/* ---- Stacks grow ---- */

/* The mapping that an address is in. */
static void find_mapping(uintptr_t address, uintptr_t *low, uintptr_t *high) {
    char line[512];
    unsigned long long from = 1, to = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "%llx-%llx", &from, &to) == 2 && from <= address && address < to) break;
    if (file) fclose(file);
    *low = (uintptr_t)from;
    *high = (uintptr_t)to;
}

static uintptr_t main_frame;

static void *reserve_below_the_stack(void *state) {
    struct hp_vm_region region;
    struct rlimit limit;
    uintptr_t low, high;
    find_mapping(main_frame, &low, &high);
    const struct hp_vm_request below = {
        .size = page(), .high = low, .near = low, .reach = 512 * MIB};
    const struct hp_vm_request at_most_the_guard = {
        .size = page(), .low = low - 256 * page(), .high = low};
    assert_int_equal(getrlimit(RLIMIT_STACK, &limit), 0);
    if (limit.rlim_cur < 256 * MIB && high - limit.rlim_cur < low) low = high - limit.rlim_cur;
    assert_int_equal(hp_vm_reserve(&below, &region), 0);
    assert_true((uintptr_t)region.base + region.size <= low - 256 * page());
    assert_int_equal(hp_vm_release(&region), 0);
    assert_int_equal(hp_vm_reserve(&at_most_the_guard, &region), -EEXIST);
    return state;
}

static void a_place_near_the_stack_leaves_it_room(void **state) {
    (void)state;
    pthread_t thread;
    main_frame = (uintptr_t)__builtin_frame_address(0);
    reserve_below_the_stack(0);
    assert_int_equal(pthread_create(&thread, 0, reserve_below_the_stack, 0), 0);
    assert_int_equal(pthread_join(thread, 0), 0);
}

/* ---- What is not there is not asked for again; what was not asked is not lacking ---- */

static void what_the_kernel_does_not_have_is_unlearnt(void **state) {
    (void)state;
    struct hp_vm_span span;
    struct hp_vm_region region;
    unsigned char *at = free_place(16 * page());
    open_fail(HP_CALL_ioctl, 1, EBADF, false);
    hp_vm_query(0, (uintptr_t)at, page(), &span);
    assert_true(has() & HP_VM_HAS_QUERY);
    open_replace(HP_CALL_ioctl, ioctl_knows_no_query);
    assert_int_equal(hp_vm_query(0, (uintptr_t)at, page(), &span), 0);
    assert_int_equal(has() & HP_VM_HAS_QUERY, 0);
    open_replace(HP_CALL_openat, openat_without_proc);
    assert_int_equal(hp_vm_query(0, (uintptr_t)at, page(), &span), 0);
    assert_int_equal(has() & HP_VM_HAS_MAPS, 0);
    open_replace(HP_CALL_shmget, absent);
    hp_vm_force(HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT);
    assert_int_equal(hp_vm_place(at, page(), 0, &region), HP_EELSEWHERE);
    assert_int_equal(has() & HP_VM_HAS_SHM, 0);
}

/* For want of a descriptor a range is not looked at page by page. */
static void a_look_without_a_descriptor_is_refused(void **state) {
    (void)state;
    struct hp_vm_region region;
    struct hp_vm_span span;
    const uintptr_t low = (uintptr_t)1 << 30;
    const struct hp_vm_request request = {.size = page(), .low = low, .high = low + GIB};
    has();
    open_fail(HP_CALL_openat, 1, EMFILE, true);
    const unsigned looks = open_count(HP_CALL_mincore);
    assert_int_equal(hp_vm_reserve(&request, &region), -EMFILE);
    assert_int_equal(open_count(HP_CALL_mincore) - looks, 0);
    assert_int_equal(hp_vm_query(0, (uintptr_t)&span & ~(page() - 1), page(), &span), 0);
    open_reset();
    assert_true(has() & HP_VM_HAS_MAPS);
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_kernel_of_hints_alone_has_bounds_too, fresh),
        cmocka_unit_test_setup(the_bounds_are_found_in_few_calls, fresh),
        cmocka_unit_test_setup(a_reason_is_few_calls, fresh),
        cmocka_unit_test_setup(a_place_near_the_stack_leaves_it_room, fresh),
        cmocka_unit_test_setup(what_the_kernel_does_not_have_is_unlearnt, fresh),
        cmocka_unit_test_setup(a_look_without_a_descriptor_is_refused, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
