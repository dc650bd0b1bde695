/* SPDX-License-Identifier: MIT */
/* In what 6.1 and 6.12 were seen to differ, by verify under qemu-system. */
#include "hp_test.h"
#include "layout_test.h"

#define MIB UINT64_C(1048576)
#define BASE UINT64_C(0x7ffff7fff000)

static struct asked a;

static const char map[] = "555555554000-555555556000 r-xp 00000000 00:00 0\n"
                          "7ffff7ffd000-7ffff7fff000 r-xp 00000000 00:00 0\n";

static void on(const char *kernel, int machine) {
    set_up(&a, kernel, machine, map, BASE, UINT64_C(0x2aaaaaaab000));
    assert_int_equal(a.code, 0);
    KNOW(&a, raw_io, 1);
}

static void goes(const struct hp_layout_request *request, uint64_t address, int code) {
    ask(&a, *request);
    assert_int_equal(a.code, 0);
    assert_true(hp_layout_holds(&a.answer, address, code) == 1);
}

/* What 6.18 refuses at once fails for want of room, in place too. */
static void more_than_the_address_space_is_another_error(void **state) {
    (void)state;
    struct hp_layout_request request = {.old_address = 0x555555554000,
                                        .old_length = 0x2000,
                                        .length = UINT64_C(0xffffffffffffe000),
                                        .flags = HP_LAYOUT_REMAP | HP_LAYOUT_MAY_MOVE};
    on("6.18", HP_LAYOUT_X86_64);
    goes(&request, 0, -EINVAL);
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, 0, -ENOMEM);
    request.flags = HP_LAYOUT_REMAP;
    goes(&request, 0, -ENOMEM);
    request.flags |= HP_LAYOUT_MAY_MOVE | HP_LAYOUT_MAP_FIXED;
    goes(&request, 0, -EINVAL);
}

/* A hint that its rounding makes 0 is taken there, which is free; no hint is none. x86 rounds down,
 * arm64 up. */
static void a_hint_for_huge_pages_may_come_to_zero(void **state) {
    (void)state;
    struct hp_layout_request request = {
        .address = 0x1f30d, .length = 2 * MIB, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, 0, 0);
    request.address = UINT64_C(0xffffffffffffd000);
    on("6.1", HP_LAYOUT_AARCH64);
    goes(&request, 0, 0);
    on("6.18", HP_LAYOUT_AARCH64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
    request.address = 0;
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
    on("6.1", HP_LAYOUT_AARCH64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
}

/* ... and by this rule */
static void goes_by(const char *rule, const struct hp_layout_request *request, uint64_t address,
                    int code) {
    goes(request, address, code);
    assert_true(fired(&a, rule));
}

/* One mapping up to the base, which grows down. */
static void from(uint64_t low, uint32_t flags) {
    a.layout.map.count = 1;
    a.mappings[0] = (struct hp_layout_mapping){.low = low, .high = BASE, .flags = flags};
}

/* Six pages below a guard, and the search begins at the second. */
static void a_search_may_begin_below_its_start(void **state) {
    (void)state;
    struct hp_layout_request request = {.length = 0x5000};
    on("6.1", HP_LAYOUT_X86_64);
    from(MIB + 0x6000, HP_LAYOUT_GROWS_DOWN);
    goes_by("guard-down", &request, 0x1000, 0);
    request.length = 0x6000;
    goes_by("low-passed", &request, 0, 0);
    KNOW(&a, raw_io, 0);
    goes_by("low-address", &request, 0, -EPERM);
    request.length = 0x7000;
    goes_by("down-failed", &request, BASE, 0);
    /* nothing above the window that could lend it length */
    request.length = 0x6000;
    from(0x6000, 0);
    goes_by("down-failed", &request, BASE, 0);
    on("6.12", HP_LAYOUT_X86_64);
    from(MIB + 0x6000, HP_LAYOUT_GROWS_DOWN);
    goes_by("down-failed", &request, BASE, 0);
    /* arm64 begins at the lowest address, 0x8000, and passes it as well */
    request.length = 0x9000;
    on("6.1", HP_LAYOUT_AARCH64);
    from(MIB + 0x9000, HP_LAYOUT_GROWS_DOWN);
    goes_by("low-passed", &request, 0, 0);
    on("6.12", HP_LAYOUT_AARCH64);
    from(MIB + 0x9000, HP_LAYOUT_GROWS_DOWN);
    goes_by("down-failed", &request, BASE, 0);
}

/* The gap that the window ends in: taken up to the start, shorter than the length, or shorter from
 * the start on. */
static void a_short_window_is_not_lent_everything(void **state) {
    (void)state;
    const struct hp_layout_mapping behind = {.low = BASE + 0x1000, .high = BASE + 0x2000};
    struct hp_layout_request request = {.length = BASE};
    on("6.1", HP_LAYOUT_AARCH64);
    a.layout.map.count = 1;
    a.mappings[0] = behind;
    goes_by("down-failed", &request, behind.high, 0);
    request.length += 0x1000;
    goes_by("down-failed", &request, behind.high, 0);
    from(0x8000, 0);
    a.mappings[0].high = 0x9000;
    a.mappings[a.layout.map.count++] = behind;
    request.length = BASE;
    goes_by("down-failed", &request, behind.high, 0);
    on("6.1", HP_LAYOUT_X86_64);
    a.layout.map.count = 0;
    goes_by("down-failed", &request, 0, -ENOMEM);
}

static void without(const char *rule) {
    for (int i = 0; hp_layout_rule_name(i); i++)
        if (!strcmp(hp_layout_rule_name(i), rule)) a.layout.facts.without |= UINT64_C(1) << i;
}

/* Kernels that do not try again from below, and one that does not know what is too long. */
static void rules_that_are_off(void **state) {
    (void)state;
    struct hp_layout_request request = {.length = 0x1000};
    on("6.12", HP_LAYOUT_AARCH64);
    from(0x8000, 0);
    without("down-failed");
    goes(&request, 0, -ENOMEM);
    on("6.12", HP_LAYOUT_X86_64);
    from(0x1000, 0);
    without("down-failed");
    request.object = HP_LAYOUT_HUGE;
    request.align = 2 * MIB;
    goes(&request, 0, -ENOMEM);
    on("6.18", HP_LAYOUT_X86_64);
    without("too-long");
    /* with the page that a shadow stack keeps free it wraps */
    request = (struct hp_layout_request){.length = UINT64_MAX - 0xfff,
                                         .flags = HP_LAYOUT_MAP_SHADOW_STACK};
    KNOW(&a, legacy, 1);
    goes_by("shadow-gap", &request, 0, -ENOMEM);
}

/* ... that do not know the lowest address, an address that is fixed, or a huge page up. */
static void more_rules_that_are_off(void **state) {
    (void)state;
    struct hp_layout_request request = {
        .address = (uint64_t)-0x2000, .length = 1, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    on("6.12", HP_LAYOUT_AARCH64);
    without("hint-low");
    goes(&request, 0, 0);
    on("2.6.32-execshield", HP_LAYOUT_I386);
    KNOW(&a, shlib_base, 0x110000);
    KNOW(&a, randomised, 0);
    KNOW(&a, start_brk, 0x60000000);
    KNOW(&a, brk, 0x60000000);
    without("fixed");
    request = (struct hp_layout_request){.address = 0x50000000,
                                         .length = 0x1000,
                                         .protection = HP_LAYOUT_EXECUTE,
                                         .flags = HP_LAYOUT_MAP_FIXED};
    from(0x50000000, 0);
    a.mappings[0].high = 0x50001000;
    goes(&request, 0x110000, 0);
    on("6.18", HP_LAYOUT_X86_64);
    KNOW(&a, randomised, 1);
    without("thp-up");
    request = (struct hp_layout_request){.length = 2 * MIB, .flags = HP_LAYOUT_MAP_32BIT};
    ask(&a, request);
    assert_int_equal(a.answer.verdict, HP_LAYOUT_ONE_OF);
    assert_false(fired(&a, "thp-up"));
    a.layout.facts.without = 0;
    ask(&a, request);
    assert_true(fired(&a, "thp-up"));
}

/* A file that is to be aligned, with huge pages below a guard and room for one more: 0 was found,
 * and says that nothing was. */
static void what_is_found_at_0_is_not_found(void **state) {
    (void)state;
    const struct hp_layout_request file = {
        .address = MIB * 1024, .length = 2 * MIB, .object = HP_LAYOUT_THP_FILE};
    on("6.1", HP_LAYOUT_X86_64);
    from(5 * MIB, HP_LAYOUT_GROWS_DOWN);
    goes_by("low-passed", &file, 2 * MIB, 0);
}

/* Wherever the second look for shared memory comes out, it counts only within the space. */
static void what_is_found_behind_the_end_is_not_found(void **state) {
    (void)state;
    const uint64_t gap = BASE - 16 * MIB + 0x1000;
    const struct hp_layout_request shared = {.length = 2 * MIB, .flags = HP_LAYOUT_MAP_SHARED};
    on("6.18", HP_LAYOUT_X86_64);
    KNOW(&a, guard, 16 * MIB);
    KNOW(&a, shared_align, 2 * MIB);
    from(8 * MIB, HP_LAYOUT_GROWS_DOWN);
    a.mappings[0].high = gap;
    a.mappings[1] = (struct hp_layout_mapping){.low = gap + 2 * MIB + 0x1000, .high = BASE};
    a.layout.map.count = 2;
    goes_by("guard-wraps", &shared, gap + 0x1000, 0);
}

/* As much as there are addresses is too long for 6.12, which leaves out those below the lowest, and
 * not for 6.1. A hint that wraps to 0 is one for 6.1 alone. */
static void huge_pages_know_the_lowest_address_or_not(void **state) {
    (void)state;
    const struct hp_layout_request wraps = {
        .address = (uint64_t)-0x2000, .length = 1, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    struct hp_layout_request huge = {.address = 0x9000,
                                     .length = UINT64_C(1) << 48,
                                     .flags = HP_LAYOUT_MAP_FIXED,
                                     .object = HP_LAYOUT_HUGE,
                                     .align = 2 * MIB};
    on("6.12", HP_LAYOUT_AARCH64);
    goes_by("too-long", &huge, 0, -ENOMEM);
    goes_by("hint-low", &wraps, UINT64_C(0x7ffff7c00000), 0);
    huge.length -= 2 * MIB;
    goes_by("hugetlb-fixed", &huge, 0, -EINVAL);
    on("6.1", HP_LAYOUT_AARCH64);
    huge.length = UINT64_C(1) << 48;
    goes_by("hugetlb-fixed", &huge, 0, -EINVAL);
    goes_by("hint-taken", &wraps, 0, 0);
}

/* Before 6.13 x86 had its own routine for huge pages. */
static void hints_for_huge_pages_go_down(void **state) {
    (void)state;
    struct hp_layout_request huge = {
        .length = 1, .address = 7 * MIB, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    on("6.12", HP_LAYOUT_X86_64);
    goes_by("hugetlb-hint", &huge, 6 * MIB, 0);
    on("6.18", HP_LAYOUT_X86_64);
    goes_by("hugetlb-hint", &huge, 8 * MIB, 0);
    huge.flags = HP_LAYOUT_MAP_32BIT; /* counts for nothing */
    huge.address = 0;
    on("6.12", HP_LAYOUT_X86_64);
    goes_by("search-down", &huge, UINT64_C(0x7ffff7c00000), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_the_address_space_is_another_error),
        cmocka_unit_test(a_hint_for_huge_pages_may_come_to_zero),
        cmocka_unit_test(a_search_may_begin_below_its_start),
        cmocka_unit_test(a_short_window_is_not_lent_everything),
        cmocka_unit_test(rules_that_are_off),
        cmocka_unit_test(more_rules_that_are_off),
        cmocka_unit_test(what_is_found_at_0_is_not_found),
        cmocka_unit_test(what_is_found_behind_the_end_is_not_found),
        cmocka_unit_test(huge_pages_know_the_lowest_address_or_not),
        cmocka_unit_test(hints_for_huge_pages_go_down),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
