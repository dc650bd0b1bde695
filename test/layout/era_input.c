/* SPDX-License-Identifier: MIT */
/* What is said to a caller who asks for what makes no sense, has no room, or knows too little; and
 * the corners that random processes hardly ever come to. */
#include "era_test.h"

enum { RW = HP_LAYOUT_READ | HP_LAYOUT_WRITE, R = HP_LAYOUT_READ };
static const uint64_t somewhere = 0x50000000;

static struct era era;

static void open_i386(const char *kernel) {
    era_open(&era, kernel, HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_raw_io, 1);
    era_exec(&era);
}

/* ---- Refusals of ours ------------------------------------------------------------------------ */

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP, .request = {.length = ERA_PAGE}};
    open_i386("2.6.32");
    era_room(&era);
    assert_int_equal(hp_layout_apply(0, &op, &era.answer), -EINVAL);
    assert_int_equal(hp_layout_apply(&era.layout, 0, &era.answer), -EINVAL);
    assert_int_equal(hp_layout_apply(&era.layout, &op, 0), -EINVAL);
    assert_int_equal(hp_layout_where(0, &op.request, &era.answer), -EINVAL);
    assert_int_equal(hp_layout_where(&era.layout, 0, &era.answer), -EINVAL);
    assert_int_equal(hp_layout_where(&era.layout, &op.request, 0), -EINVAL);
    op.kind = -1;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), -EINVAL);
    op.kind = HP_LAYOUT_BRK + 1;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), -EINVAL);
    op.kind = HP_LAYOUT_MMAP;
    op.request.object = HP_LAYOUT_DRIVER + 1;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), -EINVAL);
}

/* Facts that no kernel has: each is told, whatever the question. */
static void facts_that_contradict_are_refused(void **state) {
    (void)state;
    const struct hp_layout_request request = {.length = ERA_PAGE};
    for (int wrong = 0; wrong < 8; wrong++) {
        open_i386("6.18");
        struct hp_layout_facts *facts = &era.layout.facts;
        switch (wrong) {
        case 0: facts->kernel = 1000; break;
        case 1: facts->page = 0; break;
        case 2: facts->page = 5000; break;
        case 3: facts->huge_page = 3 << 20; break;
        case 4: facts->search = HP_LAYOUT_CACHE + 1; break;
        case 5: facts->search = -1; break;
        case 6: facts->task_size = facts->window - ERA_PAGE; break;
        case 7: facts->window = facts->huge_page / 2; break;
        }
        era_room(&era);
        assert_int_equal(hp_layout_where(&era.layout, &request, &era.answer), -EINVAL);
    }
}

static void objects_that_contradict_are_refused(void **state) {
    (void)state;
    static const struct {
        int object;
        uint64_t align;
        int code;
    } asked[] = {
        {-1, 0, -EINVAL},
        {HP_LAYOUT_DRIVER + 1, 0, -EINVAL},
        {HP_LAYOUT_HUGE, 0, -EINVAL},
        {HP_LAYOUT_HUGE, 3 << 20, -EINVAL},
        {HP_LAYOUT_HUGE, 2048, -EINVAL},
        {HP_LAYOUT_HUGE, 2 << 20, 0},
        {HP_LAYOUT_TMPFS, 0, 0},
        {HP_LAYOUT_TMPFS, 3 << 20, -EINVAL},
        {HP_LAYOUT_TMPFS, 2048, -EINVAL},
        {HP_LAYOUT_TMPFS, 2 << 20, 0},
    };
    open_i386("6.18");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const struct hp_layout_request request = {
            .length = ERA_PAGE, .object = asked[i].object, .align = asked[i].align};
        era_room(&era);
        assert_int_equal(hp_layout_where(&era.layout, &request, &era.answer), asked[i].code);
    }
}

/* What an answer holds, and what it does not. */
static void answers_hold_what_they_say(void **state) {
    (void)state;
    struct hp_layout_answer answer = {.verdict = HP_LAYOUT_EXACT, .address = 0x5000};
    assert_int_equal(hp_layout_holds(&answer, 0x5000, 0), 1);
    assert_int_equal(hp_layout_holds(&answer, 0x6000, 0), 0);
    assert_int_equal(hp_layout_holds(&answer, 0x5000, -ENOMEM), 0);
    answer = (struct hp_layout_answer){.verdict = HP_LAYOUT_REFUSED, .code = -ENOMEM};
    assert_int_equal(hp_layout_holds(&answer, 0, -ENOMEM), 1);
    assert_int_equal(hp_layout_holds(&answer, 0, -EINVAL), 0);
    assert_int_equal(hp_layout_holds(&answer, 0, 0), 0);
    struct hp_layout_part parts[] = {{0x1000, 0x5000, 0x2000, 3, 0}, {0, 0, 0, 2, -ENOMEM}};
    answer = (struct hp_layout_answer){
        .verdict = HP_LAYOUT_ONE_OF, .parts = parts, .count = 2, .capacity = 2};
    assert_int_equal(hp_layout_holds(&answer, 0x3000, 0), 3);
    assert_int_equal(hp_layout_holds(&answer, 0x2000, 0), 0);
    assert_int_equal(hp_layout_holds(&answer, 0, -ENOMEM), 2);
    answer.capacity = 1; /* what had no room is not looked at */
    assert_int_equal(hp_layout_holds(&answer, 0, -ENOMEM), 0);
    answer.verdict = HP_LAYOUT_NOT_KNOWN;
    assert_int_equal(hp_layout_holds(&answer, 0x3000, 0), 0);
}

/* An address in the last 4095 bytes reads as an error, though it was asked for. */
static void a_fixed_address_may_read_as_an_error(void **state) {
    (void)state;
    for (int off = 0; off < 2; off++) {
        era_open(&era, "6.18", HP_LAYOUT_X86_64);
        era_set(&era, HP_LAYOUT_FACT_compat_draw, 0);
        era_exec(&era);
        for (int i = 0; off && hp_layout_rule_name(i); i++)
            if (!strcmp(hp_layout_rule_name(i), "error-value"))
                era.layout.facts.without = UINT64_C(1) << i;
        const int64_t came = era_mmap(&era, UINT64_MAX - 16, ERA_PAGE, R, HP_LAYOUT_MAP_FIXED);
        assert_int_equal(came, off ? -ENOMEM : -17);
    }
}

static void a_full_list_is_said_before_anything_changes(void **state) {
    (void)state;
    const struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP, .request = {.length = ERA_PAGE}};
    open_i386("2.6.32");
    const size_t count = era.layout.map.count;
    const uint64_t cache = era.layout.hidden.cache;
    era_room(&era);
    era.layout.map.capacity = count + 1;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), -ENOSPC);
    assert_int_equal(era.layout.map.count, count);
    assert_int_equal(era.layout.hidden.cache, cache);
    era.layout.map.capacity = count + 2;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), 0);
}

static void what_is_not_known_changes_nothing(void **state) {
    (void)state;
    struct hp_layout_op op = {.kind = HP_LAYOUT_BRK, .request = {.address = 0x9000000}};
    open_i386("2.6.32");
    const size_t count = era.layout.map.count;
    for (int i = 0; i < 2; i++) {
        const int fact = i ? HP_LAYOUT_FACT_brk : HP_LAYOUT_FACT_start_brk;
        const unsigned char mark = era.layout.facts.mark[fact];
        era.layout.facts.mark[fact] = HP_LAYOUT_UNKNOWN;
        era_room(&era);
        assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), 0);
        assert_int_equal(era.answer.verdict, HP_LAYOUT_NOT_KNOWN);
        assert_int_equal(era.answer.missing, fact);
        era.layout.facts.mark[fact] = mark;
    }
    /* of unknown history, and no room for the candidates */
    op = (struct hp_layout_op){.kind = HP_LAYOUT_MMAP, .request = {.length = ERA_PAGE}};
    era_mmap(&era, somewhere, ERA_PAGE, RW, HP_LAYOUT_MAP_FIXED);
    era.layout.hidden.known = 0;
    era_room(&era);
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), 0);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    era.answer.capacity = 1;
    assert_int_equal(hp_layout_apply(&era.layout, &op, &era.answer), -ENOSPC);
    assert_true(era.answer.count > 1);
    assert_int_equal(era.layout.map.count, count + 1);
    assert_false(era.layout.hidden.known);
}

/* ---- Corners --------------------------------------------------------------------------------- */

/* randomize_range answers 0 where there is no room, and page 0 is tried: free, and refused to all
 * but root. */
static void exec_shield_may_draw_page_0(void **state) {
    (void)state;
    const uint64_t length = 0x07000000;
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x110000);
    era.layout.map.count = 0;
    era_have(&era, 0x09000000, 0x10000000, R);
    era_set(&era, HP_LAYOUT_FACT_start_brk, 0x08000000);
    era_set(&era, HP_LAYOUT_FACT_brk, 0x40000000);
    era_exec(&era);
    /* 112 MiB do not fit below 16 MiB: the lowest fit is the area's first page */
    const struct hp_layout_request request = {.length = length,
                                              .protection = R | HP_LAYOUT_EXECUTE};
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_EXACT);
    assert_int_equal(era.answer.address, 0x110000);
    /* once that is taken the fit lies above the heap, and page 0 is tried, and free */
    era_have(&era, 0, 0, 0);
    era.layout.map.count = 0;
    era_have(&era, 0x07000000, 0x10000000, R);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_REFUSED);
    assert_int_equal(era.answer.code, -EPERM);
}

/* In legacy mode a snapshot cannot tell even that MAP_32BIT fails, nor does it if nothing fits. */
static void a_32bit_window_of_unknown_history(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = 64 * ERA_PAGE, .protection = R, .flags = HP_LAYOUT_MAP_32BIT};
    era_open(&era, "2.6.32", HP_LAYOUT_X86_64);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_set(&era, HP_LAYOUT_FACT_stack_limit, HP_LAYOUT_UNLIMITED);
    era_exec(&era);
    era.layout.hidden.known = 0;
    era.layout.map.count = 0;
    era_have(&era, 0x40100000, 0x80000000, R);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    assert_true(hp_layout_holds(&era.answer, 0, -ENOMEM));
    assert_true(hp_layout_holds(&era.answer, 0x40000000, 0));
    era.layout.map.count = 0;
    era_have(&era, 0x40000000, 0x80000000, R);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_REFUSED);
    assert_int_equal(era.answer.code, -ENOMEM);
}

static void pick_says_its_gap_and_what_it_lacks(void **state) {
    (void)state;
    struct hp_layout_gap gap;
    era_open(&era, "2.6.24", HP_LAYOUT_I386);
    assert_int_equal(hp_layout_pick(&era.layout.facts, &gap), 0);
    assert_int_equal(gap.size, 128 << 20);
    assert_int_equal(gap.limit, 8 << 20);
    assert_int_equal(hp_layout_pick(0, &gap), -EINVAL);
    era.layout.facts.mark[HP_LAYOUT_FACT_stack_limit] = HP_LAYOUT_UNKNOWN;
    assert_int_equal(hp_layout_pick(&era.layout.facts, 0), -ENODATA);
    /* a feature of 64-bit tasks alone */
    era_open(&era, "2.6.24", HP_LAYOUT_I386);
    era.layout.facts.has |= HP_LAYOUT_HAS_LEGACY_ONLY;
    assert_int_equal(hp_layout_pick(&era.layout.facts, 0), 0);
    assert_false(era.layout.facts.legacy);
}

static void kernels_are_found_by_name_and_machine(void **state) {
    (void)state;
    struct hp_layout_facts facts;
    assert_int_equal(hp_layout_kernel("2.6.3", HP_LAYOUT_I386, &facts), -ENOENT);
    assert_int_equal(hp_layout_kernel("2.6.321", HP_LAYOUT_I386, &facts), -ENOENT);
    assert_int_equal(hp_layout_kernel("3.4", HP_LAYOUT_AARCH64, &facts), -ENOENT);
    assert_int_equal(hp_layout_kernel(0, HP_LAYOUT_I386, &facts), -EINVAL);
    assert_int_equal(hp_layout_kernel("3.4", HP_LAYOUT_I386, 0), -EINVAL);
    assert_null(hp_layout_kernel_name(-1));
    assert_int_equal(hp_layout_kernel_machine(1000), -EINVAL);
}

static void numbers_that_name_nothing_have_no_name(void **state) {
    (void)state;
    struct hp_layout_facts facts;
    assert_null(hp_layout_fact_title(-1));
    assert_null(hp_layout_fact_title(HP_LAYOUT_FACT_COUNT));
    assert_null(hp_layout_mark_name(-1));
    assert_null(hp_layout_mark_name(HP_LAYOUT_PROBED + 1));
    assert_null(hp_layout_machine_name(-1));
    assert_null(hp_layout_machine_name(HP_LAYOUT_AARCH64 + 1));
    assert_int_equal(hp_layout_kernel("6.18", HP_LAYOUT_I386, &facts), 0);
    assert_int_equal(hp_layout_set_fact(&facts, HP_LAYOUT_FACT_brk, 1, -1), -EINVAL);
    assert_int_equal(hp_layout_set_fact(&facts, HP_LAYOUT_FACT_brk, 1, HP_LAYOUT_PROBED + 1),
                     -EINVAL);
    assert_int_equal(hp_layout_set_fact(&facts, HP_LAYOUT_FACT_COUNT, 1, HP_LAYOUT_PROBED),
                     -EINVAL);
    assert_int_equal(facts.mark[HP_LAYOUT_FACT_brk], HP_LAYOUT_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(facts_that_contradict_are_refused),
        cmocka_unit_test(objects_that_contradict_are_refused),
        cmocka_unit_test(answers_hold_what_they_say),
        cmocka_unit_test(a_fixed_address_may_read_as_an_error),
        cmocka_unit_test(a_full_list_is_said_before_anything_changes),
        cmocka_unit_test(what_is_not_known_changes_nothing),
        cmocka_unit_test(exec_shield_may_draw_page_0),
        cmocka_unit_test(a_32bit_window_of_unknown_history),
        cmocka_unit_test(pick_says_its_gap_and_what_it_lacks),
        cmocka_unit_test(numbers_that_name_nothing_have_no_name),
        cmocka_unit_test(kernels_are_found_by_name_and_machine),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
