/* SPDX-License-Identifier: MIT */
/* Rules that hardly any random question comes to: each fires where it should, and is gone from the
 * trace once it is switched off. */
#include "era_test.h"

enum { R = HP_LAYOUT_READ };
#define WINDOW ((UINT64_C(1) << 47) - ERA_PAGE)
#define HUGE_PAGE (UINT64_C(2) << 20)

static struct era era;

static uint64_t bit(const char *name) {
    for (int i = 0; hp_layout_rule_name(i); i++)
        if (!strcmp(hp_layout_rule_name(i), name)) return UINT64_C(1) << i;
    fail_msg("no rule %s", name);
    return 0;
}

struct question {
    const char *rule, *kernel;
    int machine;
    struct hp_layout_request request;
    const char *off; /* a rule that comes first, and is off in any case */
    uint64_t task_size, legacy, base;
    struct hp_layout_mapping there;
};

static const struct question questions[] = {
    {.rule = "hint-raised",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = 0x2000, .length = ERA_PAGE}},
    {.rule = "hint-low",
     .kernel = "6.18",
     .machine = HP_LAYOUT_AARCH64,
     .request = {.address = 0x2000, .length = ERA_PAGE},
     .off = "hint-raised"},
    {.rule = "high-hint",
     .kernel = "6.18",
     .machine = HP_LAYOUT_AARCH64,
     .request = {.address = UINT64_C(1) << 49, .length = UINT64_C(1) << 48},
     .task_size = UINT64_C(1) << 52},
    {.rule = "high-hint",
     .kernel = "6.18",
     .machine = HP_LAYOUT_AARCH64,
     .request = {.address = UINT64_C(1) << 49, .length = ERA_PAGE},
     .task_size = UINT64_C(1) << 52},
    {.rule = "high-hint",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = UINT64_C(1) << 50, .length = ERA_PAGE},
     .task_size = (UINT64_C(1) << 56) - ERA_PAGE,
     .legacy = 1},
    {.rule = "hint-across",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = WINDOW - ERA_PAGE, .length = 2 * ERA_PAGE},
     .task_size = (UINT64_C(1) << 56) - ERA_PAGE},
    {.rule = "above-4g",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.length = ERA_PAGE, .flags = HP_LAYOUT_MAP_ABOVE_4G}},
    {.rule = "too-long",
     .kernel = "6.12",
     .machine = HP_LAYOUT_AARCH64,
     .request = {.length = UINT64_C(1) << 48, .object = HP_LAYOUT_HUGE, .align = HUGE_PAGE}},
    {.rule = "hugetlb-fixed",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = 0x50001000,
                 .length = HUGE_PAGE,
                 .flags = HP_LAYOUT_MAP_FIXED,
                 .object = HP_LAYOUT_HUGE,
                 .align = HUGE_PAGE}},
    {.rule = "fixed",
     .kernel = "6.12",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = 0x50000000,
                 .length = HUGE_PAGE,
                 .flags = HP_LAYOUT_MAP_FIXED,
                 .object = HP_LAYOUT_HUGE,
                 .align = HUGE_PAGE}},
    {.rule = "cuts-huge",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.address = 0x50001000, .length = ERA_PAGE, .flags = HP_LAYOUT_MAP_FIXED},
     .there = {.low = 0x50000000, .high = 0x50200000, .flags = HP_LAYOUT_HUGETLB}},
    {.rule = "guard-down",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.length = ERA_PAGE},
     .base = 0x50000000,
     .there = {.low = 0x4fff0000, .high = 0x50000000, .flags = HP_LAYOUT_GROWS_DOWN}},
    {.rule = "guard-wraps",
     .kernel = "6.1",
     .machine = HP_LAYOUT_X86_64,
     .request = {.length = ERA_PAGE},
     .base = 0x50000000,
     .there = {.low = 0x38000, .high = 0x50000000, .flags = HP_LAYOUT_GROWS_DOWN}},
    {.rule = "low-passed",
     .kernel = "6.1",
     .machine = HP_LAYOUT_X86_64,
     .request = {.length = UINT64_C(6) * ERA_PAGE},
     .base = 0x50000000,
     .there = {.low = 0x106000, .high = 0x50000000, .flags = HP_LAYOUT_GROWS_DOWN}},
    {.rule = "guard-up",
     .kernel = "6.18",
     .machine = HP_LAYOUT_I386,
     .request = {.length = ERA_PAGE},
     .legacy = 1,
     .there = {.low = 0x55580000, .high = 0x55590000, .flags = HP_LAYOUT_GROWS_DOWN}},
    {.rule = "compat",
     .kernel = "6.18",
     .machine = HP_LAYOUT_X86_64,
     .request = {.length = ERA_PAGE, .flags = HP_LAYOUT_BY_INT80},
     .legacy = 1},
};

static bool is_fired(uint64_t rule) {
    for (size_t i = 0; i < era.answer.fired; i++)
        if (rule >> era.steps[i].rule & 1) return true;
    return false;
}

static void ask(const struct question *question, uint64_t without) {
    era_open(&era, question->kernel, question->machine);
    era_set(&era, HP_LAYOUT_FACT_compat_draw, 0);
    era.layout.map.count = 0;
    if (question->there.high) era.mappings[era.layout.map.count++] = question->there;
    if (question->task_size) era_set(&era, HP_LAYOUT_FACT_task_size, question->task_size);
    if (question->legacy) era_set(&era, HP_LAYOUT_FACT_legacy_sysctl, 1);
    era_exec(&era);
    if (question->base) era_set(&era, HP_LAYOUT_FACT_base, question->base);
    era.layout.facts.without = without | (question->off ? bit(question->off) : 0);
    era_where(&era, &question->request);
    assert_true(era.answer.fired <= ERA_STEPS);
}

static void rules_fire_and_can_be_switched_off(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const uint64_t rule = bit(questions[i].rule);
        ask(&questions[i], 0);
        if (!is_fired(rule)) fail_msg("%s does not fire (row %zu)", questions[i].rule, i);
        ask(&questions[i], rule);
        assert_false(is_fired(rule));
    }
}

/* ---- Sums that are too large ----------------------------------------------------------------- */

/* All that there is, and a huge page more: not looked for. */
static void what_is_left_of_the_space_is_not_inflated(void **state) {
    (void)state;
    const struct question question = {
        .kernel = "6.18",
        .machine = HP_LAYOUT_X86_64,
        .request = {.length = WINDOW - 65536, .flags = HP_LAYOUT_MAP_SHARED},
        .base = WINDOW};
    ask(&question, 0);
    era_set(&era, HP_LAYOUT_FACT_shared_align, HUGE_PAGE);
    era_where(&era, &question.request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_EXACT);
    assert_int_equal(era.answer.address, 65536);
    assert_false(is_fired(bit("shmem-pad")));
}

static void an_offset_that_would_wrap_is_not_padded(void **state) {
    (void)state;
    struct question question = {.kernel = "6.18",
                                .machine = HP_LAYOUT_X86_64,
                                .request = {.length = 2 * HUGE_PAGE,
                                            .offset = 0 - 2 * HUGE_PAGE - ERA_PAGE,
                                            .object = HP_LAYOUT_THP_FILE}};
    ask(&question, 0);
    assert_false(is_fired(bit("thp-pad")));
    question.request.offset -= HUGE_PAGE;
    ask(&question, 0);
    assert_true(is_fired(bit("thp-pad")));
}

/* ---- Drawn ----------------------------------------------------------------------------------- */

static void open_drawn(uint64_t without, uint32_t lacks) {
    era_open(&era, "6.18", HP_LAYOUT_X86_64);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_set(&era, HP_LAYOUT_FACT_compat_draw, 0);
    era_exec(&era);
    era.layout.map.count = 0;
    era.layout.facts.without = without;
    era.layout.facts.has &= ~lacks;
}

static void guards_do_not_count_once_their_rule_is_off(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = ERA_PAGE, .protection = R, .flags = HP_LAYOUT_MAP_32BIT};
    for (int off = 0; off < 2; off++) {
        open_drawn(off ? bit("guard-up") : 0, 0);
        era_have(&era, 0x40200000, 0x40300000, R | HP_LAYOUT_GROWS_DOWN);
        era_where(&era, &request);
        assert_int_equal(era.answer.verdict, HP_LAYOUT_ONE_OF);
        assert_int_equal(hp_layout_holds(&era.answer, 0x401ff000, 0), off);
        assert_int_equal(era.answer.draws, 8192);
    }
}

/* Aligned, nothing of 4 MiB begins at 0x40001000. Not padded, one draw comes to it; padded and not
 * shifted, one again; and of shared memory each first draw that hit no aligned place, all but 16,
 * with one of the second. */
static const struct {
    const char *rule;
    unsigned flags;
    uint64_t draws;
} aligned[] = {
    {"thp-pad", 0, 1},
    {"thp-shift", 0, 1},
    {"shmem-pad", HP_LAYOUT_MAP_SHARED, 1},
    {"shmem-shift", HP_LAYOUT_MAP_SHARED, 8192 - 16},
};

static void drawn_places_are_not_aligned_without_their_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof aligned / sizeof *aligned); i++) {
        const bool off = i % 2;
        const struct hp_layout_request request = {
            .length = 2 * HUGE_PAGE,
            .protection = R,
            .flags = HP_LAYOUT_MAP_32BIT | aligned[i / 2].flags};
        open_drawn(off ? bit(aligned[i / 2].rule) : 0, 0);
        era_set(&era, HP_LAYOUT_FACT_shared_align, HUGE_PAGE);
        era_where(&era, &request);
        assert_int_equal(era.answer.verdict, HP_LAYOUT_ONE_OF);
        assert_int_equal(hp_layout_holds(&era.answer, 0x40001000, 0),
                         off ? aligned[i / 2].draws : 0);
    }
}

/* 3.4 to 3.7 search from the cache on. */
static void a_search_begins_at_the_base_without_the_cache(void **state) {
    (void)state;
    const struct question question = {
        .kernel = "3.4", .machine = HP_LAYOUT_X86_64, .request = {.length = ERA_PAGE}};
    for (int off = 0; off < 2; off++) {
        ask(&question, off ? bit("cache-start") : 0);
        era.layout.hidden.cache = 0x50000000;
        era_where(&era, &question.request);
        const uint64_t from = off ? era.layout.facts.base : 0x50000000;
        assert_int_equal(era.answer.address, from - ERA_PAGE);
    }
}

/* MAP_GROWSDOWN of what is shared fails wherever it is drawn to, with room for parts or without. */
static void what_fails_in_the_end_fails_for_all_draws(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = ERA_PAGE,
        .flags = HP_LAYOUT_MAP_32BIT | HP_LAYOUT_MAP_SHARED | HP_LAYOUT_MAP_GROWS_DOWN};
    open_drawn(0, 0);
    era_have(&era, 0x40800000, 0x40801000, R);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_REFUSED);
    assert_int_equal(era.answer.code, -EINVAL);
    era_room(&era);
    era.answer.capacity = 1;
    assert_int_equal(hp_layout_where(&era.layout, &request, &era.answer), -ENOSPC);
    assert_true(era.answer.count > 1);
}

/* Padded it fits nowhere, whatever is drawn; as it is, only where the hint says. */
static void a_hint_may_hold_only_without_padding(void **state) {
    (void)state;
    const uint64_t hint = 0x50001000;
    const struct hp_layout_request request = {
        .address = hint, .length = 2 * HUGE_PAGE, .protection = R, .flags = HP_LAYOUT_MAP_32BIT};
    open_drawn(0, HP_LAYOUT_HAS_THP_NO_HINT);
    era_have(&era, 0x40000000, hint, R);
    era_have(&era, hint + 2 * HUGE_PAGE, 0x80000000, R);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_EXACT);
    assert_int_equal(era.answer.address, hint);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_fire_and_can_be_switched_off),
        cmocka_unit_test(what_is_left_of_the_space_is_not_inflated),
        cmocka_unit_test(an_offset_that_would_wrap_is_not_padded),
        cmocka_unit_test(guards_do_not_count_once_their_rule_is_off),
        cmocka_unit_test(drawn_places_are_not_aligned_without_their_rules),
        cmocka_unit_test(a_search_begins_at_the_base_without_the_cache),
        cmocka_unit_test(what_fails_in_the_end_fails_for_all_draws),
        cmocka_unit_test(a_hint_may_hold_only_without_padding),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
