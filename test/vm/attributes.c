/* SPDX-License-Identifier: MIT */
/* What a region is beside its bytes: in dumps, in children, in huge pages, sealed. Seen in the
 * kernel's own words (VmFlags of smaps) and in what a forked child finds. */
#include "vm_test.h"

#include <sys/uio.h>

/* Whether the mapping at `at` has the two-letter flag. */
static bool has_flag(const void *at, const char *flag) {
    char line[512];
    bool inside = false, found = false;
    FILE *file = fopen("/proc/self/smaps", "re");
    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned long long low, high;
        if (sscanf(line, "%llx-%llx ", &low, &high) == 2 && strchr(line, '-'))
            inside = (uintptr_t)at >= low && (uintptr_t)at < high;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line + 8, flag) != 0;
    }
    if (file) fclose(file);
    return found;
}

static struct hp_vm_region made_with(unsigned flags) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = 8 * page(), .flags = flags};
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    memset(region.base, 0x3d, region.size);
    return region;
}

static const struct {
    unsigned flag;
    const char *letters;
} attributes[] = {
    {HP_VM_NO_DUMP, " dd"}, {HP_VM_NO_FORK, " dc"}, {HP_VM_WIPE_ON_FORK, " wf"},
    {HP_VM_HUGE, " hg"},    {HP_VM_NO_HUGE, " nh"},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

/* And is still so where a range was mapped afresh: a dump would have it, a child would see it. */
static void an_attribute_holds_for_the_region_s_life(void **state) {
    (void)state;
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        struct hp_vm_region region = made_with(attributes[i].flag);
        if (region.missed) {
            assert_int_equal(region.missed, attributes[i].flag); /* this kernel was built without */
            assert_int_equal(region.flags, 0);
        } else {
            assert_int_equal(region.flags, attributes[i].flag);
            assert_true(has_flag(region.base, attributes[i].letters));
            unsigned char *third = region.base + 2 * page();
            assert_int_equal(hp_vm_decommit(&region, third, page(), HP_VM_REFUND), 0);
            assert_true(has_flag(third, attributes[i].letters));
            assert_int_equal(hp_vm_commit(&region, third, page(), 0), 0);
            assert_int_equal(mappings_of(region.base, region.size), 1);
        }
        assert_int_equal(hp_vm_release(&region), 0);
    }
}

static struct hp_vm_region kept, left_out, wiped;

static void look_around_in_a_child(void) {
    unsigned char resident;
    MUST(peek(kept.base) == 0x3d);
    MUST(mincore(left_out.base, page(), &resident) < 0 && errno == ENOMEM);
    MUST(peek(wiped.base) == 0 && peek(wiped.base + page()) == 0);
    MUST(hp_vm_commit(&kept, kept.base, page(), 0) == 0);
    MUST(hp_vm_release(&kept) == 0);
}

static void a_child_finds_what_it_was_left(void **state) {
    (void)state;
    kept = made_with(0);
    left_out = made_with(HP_VM_NO_FORK);
    wiped = made_with(HP_VM_WIPE_ON_FORK);
    assert_int_equal(in_child(look_around_in_a_child), 0);
    assert_int_equal(peek(kept.base), 0x3d);
    assert_int_equal(hp_vm_release(&kept), 0);
    assert_int_equal(hp_vm_release(&left_out), 0);
    assert_int_equal(hp_vm_release(&wiped), 0);
}

static void what_is_not_granted_is_reported(void **state) {
    (void)state;
    struct hp_vm_region region;
    struct hp_vm_request request = {.size = page(), .flags = HP_VM_NO_DUMP | HP_VM_NO_FORK};
    const int before = mappings();
    open_fail(HP_CALL_madvise, 2, EINVAL, false);
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(region.flags, HP_VM_NO_DUMP);
    assert_int_equal(region.missed, HP_VM_NO_FORK);
    assert_int_equal(hp_vm_release(&region), 0);
    request.flags |= HP_VM_STRICT;
    open_fail(HP_CALL_madvise, 2, EINVAL, false);
    assert_int_equal(hp_vm_reserve(&request, &region), -EOPNOTSUPP);
    assert_int_equal(hp_vm_why(-EOPNOTSUPP, HP_VM_RESERVE, page(), 0, 0), HP_VM_CAUSE_REFUSED);
    assert_int_equal(mappings(), before);
    request.flags = HP_VM_NODE;
    request.node = 1000; /* a number that no machine has */
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(region.missed, HP_VM_NODE);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* A name that was not taken is not tried again at each fresh mapping. */
static void a_refused_name_costs_once(void **state) {
    (void)state;
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = 4 * page(), .name = "hardpan"};
    open_fail(HP_CALL_prctl, 1, EINVAL, true);
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(region.missed, HP_VM_NAME);
    assert_in_range(hp_vm_commit(&region, region.base, region.size, 0), 0, HP_VM_ZERO);
    const struct mark start = mark();
    assert_int_equal(hp_vm_decommit(&region, region.base, page(), HP_VM_REFUND), 0);
    assert_int_equal(calls_since(&start), 1);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* In a child, for it cannot be undone. */
static void seal_and_try_everything(void) {
    const size_t p = page();
    struct hp_vm_region region, before;
    const struct hp_vm_request request = {.size = 8 * p};
    const bool batches = has() & HP_VM_HAS_BATCH;
    MUST(hp_vm_reserve(&request, &region) == 0);
    MUST(hp_vm_commit(&region, region.base, 4 * p, 0) == 0);
    const int answer = hp_vm_seal(&region);
    if (answer == -ENOSYS) { /* before 6.10, and on 32 bits */
        MUST(!(region.flags & HP_VM_SEALED));
        MUST(hp_vm_release(&region) == 0);
        return;
    }
    MUST(answer == 0 && region.flags & HP_VM_SEALED);
    before = region;
    region.base[0] = 1;
    const struct iovec runs[] = {{region.base + 4 * p, p}, {region.base + 6 * p, p}};
    MUST(hp_vm_release(&region) == -EPERM);
    MUST(hp_vm_release_part(&region, region.base, p) == -EPERM);
    MUST(hp_vm_commit(&region, region.base + 5 * p, p, 0) == -EPERM);
    MUST(hp_vm_protect(&region, region.base, p, HP_VM_READ) == -EPERM);
    MUST(hp_vm_decommit_runs(&region, runs, 2, 0, 0) < 0);
    MUST((bool)(has() & HP_VM_HAS_BATCH) == batches); /* the seal's doing, and not the sandbox's */
    MUST(region.base == before.base && region.size == before.size);
    MUST(peek(region.base) == 1);
}

static void a_sealed_region_stays(void **state) {
    (void)state;
    assert_int_equal(in_child(seal_and_try_everything), 0);
}

static void an_adopted_region_is_as_it_was(void **state) {
    (void)state;
    struct hp_vm_region region;
    unsigned char *at =
        mmap(0, 4 * page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(at, 0x2b, 4 * page());
    assert_int_equal(hp_vm_adopt(at, 4 * page(), HP_VM_NO_DUMP | HP_VM_TELL_ZERO, &region), 0);
    assert_int_equal(region.rung, HP_VM_ADOPTED);
    assert_true(has_flag(at, " dd"));
    assert_int_equal(peek(at + 3 * page()), 0x2b);
    assert_int_equal(hp_vm_commit(&region, at, 4 * page(), 0), 0); /* and not HP_VM_ZERO */
    assert_int_equal(at[0], 0x2b);
    assert_int_equal(hp_vm_decommit(&region, at, page(), 0), 0);
    assert_int_equal(hp_vm_commit(&region, at, page(), 0), 0);
    assert_int_equal(at[0], 0);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* A refund maps anew; what part of the region lost no longer holds for the region. */
static void what_a_refund_loses_is_not_claimed(void **state) {
    (void)state;
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = 4 * page(),
                                          .flags = HP_VM_NO_DUMP | HP_VM_NO_FORK | HP_VM_STRICT};
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    open_fail(HP_CALL_madvise, 1, ENOMEM, false);
    assert_int_equal(hp_vm_decommit(&region, region.base, page(), HP_VM_REFUND), 0);
    open_reset();
    assert_int_equal(region.missed, HP_VM_NO_DUMP);
    assert_int_equal(region.flags, HP_VM_NO_FORK | HP_VM_STRICT);
    assert_int_equal(hp_vm_release(&region), 0);
}

/* Guards outlive the region they were made in, and the mapping's protection does not show them. */
static void an_adopted_region_may_have_guards(void **state) {
    (void)state;
    struct hp_vm_region region, adopted;
    region = reserve(4 * page());
    assert_int_equal(hp_vm_commit(&region, region.base, region.size, 0), 0);
    assert_int_equal(hp_vm_decommit(&region, region.base, 2 * page(), HP_VM_HARD), 0);
    assert_int_equal(hp_vm_guard(&region, region.base + 3 * page(), page()), 0);
    unsigned char *at = region.base;
    assert_int_equal(hp_vm_disown(&region), 0);
    assert_int_equal(hp_vm_adopt(at, 4 * page(), 0, &adopted), 0);
    assert_int_equal(peek(at), FAULTS); /* as it was */
    assert_int_equal(hp_vm_commit(&adopted, at, 4 * page(), 0), 0);
    for (size_t i = 0; i < 4; i++) assert_int_equal(peek(at + i * page()), 0);
    assert_int_equal(hp_vm_release(&adopted), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_attribute_holds_for_the_region_s_life, fresh),
        cmocka_unit_test_setup(a_child_finds_what_it_was_left, fresh),
        cmocka_unit_test_setup(what_is_not_granted_is_reported, fresh),
        cmocka_unit_test_setup(a_refused_name_costs_once, fresh),
        cmocka_unit_test_setup(a_sealed_region_stays, fresh),
        cmocka_unit_test_setup(an_adopted_region_is_as_it_was, fresh),
        cmocka_unit_test_setup(an_adopted_region_may_have_guards, fresh),
        cmocka_unit_test_setup(what_a_refund_loses_is_not_claimed, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
