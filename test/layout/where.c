/* SPDX-License-Identifier: MIT */
/* One question for each rule: the answer, and that the rule is in the trace. Addresses are worked
 * out by hand from the map below. What no kernel here can show (57-bit addresses, arm64, shadow
 * stacks, int $0x80) is shown here alone. */
#include "hp_test.h"
#include "layout_test.h"

#define BASE UINT64_C(0x7ffff7fff000)
#define LEGACY UINT64_C(0x2aaaaaaab000)
#define STACK UINT64_C(0x7ffffffde000)
#define LIBRARY UINT64_C(0x7ffff7e00000)
#define MIB UINT64_C(0x100000)

/* A program, a library from 0x7ffff7e00000 to 0x7ffff7ff0000, a growing-down mapping, the stack. */
static const char map[] =
    "555555554000-555555556000 r-xp 00000000 fe:00 42                         /bin/true\n"
    "7ffff7000000-7ffff7100000 rw-p 00000000 00:00 0                          [stack]\n"
    "7ffff7e00000-7ffff7ff0000 r-xp 00000000 fe:00 43                         /lib/libc.so.6\n"
    "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n";

static struct asked a;

struct question {
    const char *rule; /* in the trace */
    struct hp_layout_request request;
    uint64_t address; /* where it goes */
    int code;         /* or why not */
};

static const struct question questions[] = {
    {"search-down", {.length = 0x1000}, 0x7ffff7ffe000, 0},
    {"search-down", {.length = 0x10000}, 0x7ffff7df0000, 0},
    {"search-min", {.length = 0x1000}, 0x7ffff7ffe000, 0},
    {"hint-taken", {.length = 0x1000, .address = 0x10000}, 0x10000, 0},
    {"hint-page", {.length = 0x1000, .address = 0x20fff}, 0x20000, 0},
    {"hint-raised", {.length = 0x1000, .address = 0x1000}, 0x10000, 0},
    {"hint-busy", {.length = 0x1000, .address = LIBRARY}, 0x7ffff7ffe000, 0},
    {"hint-beyond", {.length = 0x2000, .address = 0x7fffffffe000}, 0x7ffff7ffd000, 0},
    /* the last page that the guard below 0x7ffff7000000 leaves, and the first that it does not */
    {"hint-taken", {.length = 0x1000, .address = 0x7ffff6eff000}, 0x7ffff6eff000, 0},
    {"hint-guard", {.length = 0x1000, .address = 0x7ffff6f00000}, 0x7ffff7ffe000, 0},
    /* between the two [stack] there are 13 MiB: 14 go below the lower one's guard */
    {"guard-down", {.length = 14 * MIB + 0x1000}, 0x7ffff60ff000, 0},
    {"fixed", {.length = 0x1000, .address = LIBRARY, .flags = HP_LAYOUT_MAP_FIXED}, LIBRARY, 0},
    {"unaligned", {.length = 1, .address = 0x20001, .flags = HP_LAYOUT_MAP_FIXED}, 0, -EINVAL},
    {"past-end",
     {.length = 0x2000, .address = 0x7fffffffe000, .flags = HP_LAYOUT_MAP_FIXED},
     0,
     -ENOMEM},
    {"error-value", {.length = 1, .address = (uint64_t)-7, .flags = HP_LAYOUT_MAP_FIXED}, 0, -7},
    {"low-address", {.length = 1, .address = 0, .flags = HP_LAYOUT_MAP_FIXED}, 0, -EPERM},
    {"noreplace", {.length = 1, .address = LIBRARY, .flags = HP_LAYOUT_MAP_NOREPLACE}, 0, -EEXIST},
    {"length-zero", {.length = 0}, 0, -EINVAL},
    {"length-wraps", {.length = UINT64_MAX}, 0, -ENOMEM},
    {"too-long", {.length = UINT64_C(1) << 47}, 0, -ENOMEM},
    {"offset-page", {.length = 1, .offset = 1, .object = HP_LAYOUT_PLAIN_FILE}, 0, -EINVAL},
    {"grows-down",
     {.length = 1, .flags = HP_LAYOUT_MAP_GROWS_DOWN | HP_LAYOUT_MAP_SHARED},
     0,
     -EINVAL},
    /* below the program there are 0x555555544000 bytes above the lowest address; above it, less */
    {"down-failed", {.length = UINT64_C(0x555555545000)}, 0, -ENOMEM},
    {"above-4g", {.length = UINT64_C(0x555555544000), .flags = HP_LAYOUT_MAP_ABOVE_4G}, 0, -ENOMEM},
    {"search-down", {.length = UINT64_C(0x555555544000)}, 0x10000, 0},
    /* 4 MiB in the highest gap of 6, which ends at the library */
    {"thp-up", {.length = 4 * MIB}, 0x7ffff7a00000, 0},
    {"thp-shift",
     {.length = 4 * MIB, .offset = 0x1000, .object = HP_LAYOUT_THP_FILE},
     0x7ffff7801000,
     0},
    {"thp-hint", {.length = 4 * MIB, .address = 0x20000, .object = HP_LAYOUT_THP_FILE}, 0x20000, 0},
    {"hugetlb-hint",
     {.length = 1, .address = 0x20000, .object = HP_LAYOUT_HUGE, .align = 2 * MIB},
     2 * MIB,
     0},
    {"length-huge", {.length = 1, .object = HP_LAYOUT_HUGE, .align = 2 * MIB}, 0x7ffff7c00000, 0},
    {"hugetlb-fixed",
     {.length = 1,
      .address = 0x1000,
      .flags = HP_LAYOUT_MAP_FIXED,
      .object = HP_LAYOUT_HUGE,
      .align = 2 * MIB},
     0,
     -EINVAL},
    {"shmem-pad",
     {.length = 2 * MIB + 0x1000,
      .flags = HP_LAYOUT_MAP_SHARED,
      .object = HP_LAYOUT_TMPFS,
      .align = 2 * MIB},
     0x7ffff7a00000,
     0},
    {"shadow-gap", {.length = 0xf000, .flags = HP_LAYOUT_MAP_SHADOW_STACK}, 0x7ffff7df1000, 0},
    {"compat", {.length = 0x1000, .flags = HP_LAYOUT_BY_INT80}, 0xf7fff000, 0},
    {"remap-grows",
     {.old_address = 0x555555554000,
      .old_length = 0x2000,
      .length = 0x3000,
      .flags = HP_LAYOUT_REMAP},
     0x555555554000,
     0},
    {"remap-shrinks",
     {.old_address = 0x555555554000,
      .old_length = 0x2000,
      .length = 0x1000,
      .flags = HP_LAYOUT_REMAP},
     0x555555554000,
     0},
    {"remap-stays",
     {.old_address = 0x555555554000,
      .old_length = 0x1000,
      .length = 0x3000,
      .flags = HP_LAYOUT_REMAP},
     0,
     -ENOMEM},
    {"remap-moves",
     {.old_address = 0x555555554000,
      .old_length = 0x1000,
      .length = 0x3000,
      .flags = HP_LAYOUT_REMAP | HP_LAYOUT_MAY_MOVE},
     0x7ffff7ffc000,
     0},
    {"remap-bad",
     {.old_address = 0x10000, .old_length = 0x1000, .length = 0x3000, .flags = HP_LAYOUT_REMAP},
     0,
     -EFAULT},
};

static void prepare(struct asked *asked) {
    set_up(asked, "6.18", HP_LAYOUT_X86_64, map, BASE, LEGACY);
    KNOW(asked, compat_base, 0xf8000000);
    KNOW(asked, compat_legacy_base, 0x55555000);
}

static void check(const struct question *q) {
    const struct hp_layout_answer *answer = &a.answer;
    char text[256];
    ask(&a, q->request);
    const bool held = !a.code && hp_layout_holds(answer, q->address, q->code) == 1;
    if (held && fired(&a, q->rule)) return;
    for (size_t i = 0; i < answer->fired; i++) {
        hp_layout_step_text(&a.layout, &answer->steps[i], text, sizeof text);
        printf("    %s: %s\n", hp_layout_rule_name(answer->steps[i].rule), text);
    }
    fail_msg("%s: verdict %d, %#llx, code %d", q->rule, answer->verdict,
             (unsigned long long)answer->address, answer->code);
}

static void every_rule_has_its_answer(void **state) {
    (void)state;
    prepare(&a);
    assert_int_equal(a.code, 0);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) check(&questions[i]);
}

/* With its rule switched off each question has another answer, or at least another trace. */
static void a_rule_that_is_off_leaves_no_trace(void **state) {
    (void)state;
    prepare(&a);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        for (int rule = 0; hp_layout_rule_name(rule); rule++) {
            if (strcmp(hp_layout_rule_name(rule), questions[i].rule)) continue;
            a.layout.facts.without = UINT64_C(1) << rule;
            ask(&a, questions[i].request);
            assert_false(fired(&a, questions[i].rule));
        }
}

/* Five levels of page tables: a hint above 2^47 opens the space up to 2^56. */
static void a_high_hint_opens_the_whole_space(void **state) {
    (void)state;
    prepare(&a);
    KNOW(&a, task_size, (UINT64_C(1) << 56) - 4096);
    const uint64_t more = (UINT64_C(1) << 56) - (UINT64_C(1) << 47);
    check(&(struct question){"high-hint",
                             {.length = 0x1000, .address = (UINT64_C(1) << 56) - 0x1000},
                             BASE + more - 0x1000,
                             0});
    check(&(struct question){"hint-across",
                             {.length = 0x3000, .address = (UINT64_C(1) << 47) - 0x2000},
                             0x7ffff7ffc000,
                             0});
}

static void int80_cuts_what_it_answers(void **state) {
    (void)state;
    prepare(&a);
    check(&(struct question){
        "truncated",
        {.length = 0x1000, .address = UINT64_C(1) << 32, .flags = HP_LAYOUT_BY_INT80},
        0,
        0});
    assert_true(a.answer.mapped == UINT64_C(1) << 32);
}

static void huge_pages_are_not_cut(void **state) {
    (void)state;
    set_up(&a, "6.18", HP_LAYOUT_X86_64, "", BASE, LEGACY);
    a.mappings[a.layout.map.count++] =
        (struct hp_layout_mapping){.low = 4 * MIB, .high = 8 * MIB, .flags = HP_LAYOUT_HUGETLB};
    struct question q = {"cuts-huge",
                         {.length = 0x1000, .address = 5 * MIB, .flags = HP_LAYOUT_MAP_FIXED},
                         0,
                         -EINVAL};
    check(&q);
    q.request.address = 4 * MIB; /* the end cuts */
    check(&q);
    q = (struct question){
        "fixed", {.length = 2 * MIB, .address = 6 * MIB, .flags = HP_LAYOUT_MAP_FIXED}, 6 * MIB, 0};
    check(&q);
    a.layout.facts.has &= ~(uint32_t)HP_LAYOUT_HAS_CUT_EINVAL;
    q = (struct question){"cuts-huge",
                          {.length = 0x1000, .address = 5 * MIB, .flags = HP_LAYOUT_MAP_FIXED},
                          0,
                          -ENOMEM};
    check(&q);
}

/* The lowest mapping's guard would begin at 0: what is free above the base is not come to. A page
 * that the guard leaves at the bottom is. */
static void a_guard_that_begins_at_0_ends_the_search(void **state) {
    (void)state;
    set_up(&a, "6.18", HP_LAYOUT_X86_64, "", BASE, LEGACY);
    struct hp_layout_mapping *lowest = &a.mappings[a.layout.map.count++];
    *lowest = (struct hp_layout_mapping){.low = MIB, .high = BASE, .flags = HP_LAYOUT_GROWS_DOWN};
    check(&(struct question){"guard-wraps", {.length = 0x1000}, 0, -ENOMEM});
    check(&(struct question){"past-end", {.length = 0x1000}, 0, -ENOMEM});
    /* with huge pages, aligned: no less behind the end */
    lowest->low = 8 * MIB;
    a.layout.facts.guard = 8 * MIB;
    check(&(struct question){"guard-wraps", {.length = 2 * MIB - 0x1000}, 0, -ENOMEM});
    const struct hp_layout_request huge = {.length = 1, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    check(&(struct question){"guard-wraps", huge, 0, -ENOMEM});
    lowest->low = 8 * MIB + 0x1000;
    check(&(struct question){"down-failed", {.length = 0x1000}, BASE, 0});
    lowest->low = 8 * MIB + 0x11000;
    check(&(struct question){"guard-down", {.length = 0x1000}, 0x10000, 0});
}

#define ARM_BASE UINT64_C(0xfffff7ff0000)

/* arm64: the hint goes up to a page and must not lie low; what fails from the top begins at a
 * quarter of the space; 52 bits by a high hint. */
static void arm64_has_rules_of_its_own(void **state) {
    (void)state;
    set_up(&a, "6.18", HP_LAYOUT_AARCH64, "", ARM_BASE, 0);
    check(&(struct question){"search-down", {.length = 0x1000}, ARM_BASE - 0x1000, 0});
    a.layout.facts.without = 0;
    check(&(struct question){"hint-raised", {.length = 0x1000, .address = 0x1000}, 0x8000, 0});
    KNOW(&a, task_size, UINT64_C(1) << 52);
    check(&(struct question){"high-hint",
                             {.length = 0x2000, .address = (UINT64_C(1) << 52) - 0x800},
                             ARM_BASE + (UINT64_C(1) << 52) - (UINT64_C(1) << 48) - 0x2000,
                             0});
    a.mappings[a.layout.map.count++] = (struct hp_layout_mapping){.low = 0x8000, .high = ARM_BASE};
    check(&(struct question){"down-failed", {.length = 0x1000}, ARM_BASE, 0});
    /* 6.12's routine for huge pages then looks above 2^48, asked for or not */
    set_up(&a, "6.12", HP_LAYOUT_AARCH64, "", ARM_BASE, 0);
    KNOW(&a, task_size, UINT64_C(1) << 52);
    a.mappings[a.layout.map.count++] =
        (struct hp_layout_mapping){.low = 0x8000, .high = UINT64_C(1) << 48};
    check(&(struct question){"down-failed",
                             {.length = 1, .object = HP_LAYOUT_HUGE, .align = 2 * MIB},
                             UINT64_C(1) << 48,
                             0});
}

static void legacy_goes_up(void **state) {
    (void)state;
    prepare(&a);
    KNOW(&a, legacy, 1);
    check(&(struct question){"search-up", {.length = 0x1000}, LEGACY, 0});
    /* aligned already, bottom-up: it stays */
    KNOW(&a, legacy_base, 0x2aaaaaa00000);
    check(&(struct question){"thp-pad", {.length = 2 * MIB}, 0x2aaaaaa00000, 0});
    /* the gap up to the guard of 0x7ffff7000000 is not taken to its end */
    KNOW(&a, legacy_base, 0x7ffff6f00000);
    check(&(struct question){"guard-up", {.length = 0x1000}, 0x7ffff7100000, 0});
}

static void what_is_not_known_is_said(void **state) {
    (void)state;
    prepare(&a);
    a.layout.facts.mark[HP_LAYOUT_FACT_base] = HP_LAYOUT_UNKNOWN;
    ask(&a, (struct hp_layout_request){.length = 0x1000});
    assert_int_equal(a.answer.verdict, HP_LAYOUT_NOT_KNOWN);
    assert_int_equal(a.answer.missing, HP_LAYOUT_FACT_base);
    /* of two that are not known, the one that was needed first */
    hp_layout_set_fact(&a.layout.facts, HP_LAYOUT_FACT_base, 0, HP_LAYOUT_UNKNOWN);
    hp_layout_set_fact(&a.layout.facts, HP_LAYOUT_FACT_legacy_base, 0, HP_LAYOUT_UNKNOWN);
    ask(&a, (struct hp_layout_request){.length = 0x1000});
    assert_true(fired(&a, "down-failed"));
    assert_int_equal(a.answer.missing, HP_LAYOUT_FACT_base);
    /* a hint that is free does not ask for the base */
    check(&(struct question){"hint-taken", {.length = 0x1000, .address = 0x10000}, 0x10000, 0});
    ask(&a, (struct hp_layout_request){.length = 0x1000, .object = HP_LAYOUT_DRIVER});
    assert_int_equal(a.answer.verdict, HP_LAYOUT_NOT_KNOWN);
    assert_int_equal(a.answer.missing, -1);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    struct hp_layout_answer answer = {0};
    struct hp_layout_request request = {.length = 1, .object = 99};
    prepare(&a);
    assert_int_equal(hp_layout_where(&a.layout, &request, &answer), -EINVAL);
    request = (struct hp_layout_request){.length = 1, .object = HP_LAYOUT_HUGE, .align = 3};
    assert_int_equal(hp_layout_where(&a.layout, &request, &answer), -EINVAL);
    request = (struct hp_layout_request){.length = 1};
    assert_int_equal(hp_layout_where(0, &request, &answer), -EINVAL);
    assert_int_equal(hp_layout_where(&a.layout, 0, &answer), -EINVAL);
    assert_int_equal(hp_layout_where(&a.layout, &request, 0), -EINVAL);
    KNOW(&a, page, 0);
    assert_int_equal(hp_layout_where(&a.layout, &request, &answer), -EINVAL);
}

/* A step is a sentence with its numbers. */
static void the_trace_is_sentences(void **state) {
    (void)state;
    char text[256];
    prepare(&a);
    ask(&a, (struct hp_layout_request){.length = 0x1000, .address = STACK - 0x1000});
    hp_layout_step_text(&a.layout, &a.answer.steps[0], text, sizeof text);
    assert_string_equal(text,
                        "hint refused: 0x7ffffffdd000 + 4 KiB enters the 1 MiB guard of [stack]");
    assert_int_equal(hp_layout_step_text(&a.layout, &a.answer.steps[0], text, 5), 70);
    assert_string_equal(text, "hint");
    assert_string_equal(hp_layout_rule_source(a.answer.steps[0].rule), "vm_start_gap");
    assert_null(hp_layout_rule_name(-1));
    assert_null(hp_layout_rule_source(64));
}

static const struct {
    const char *rule;
    uint32_t mapping;
    uint64_t number[3];
    const char *sentence;
} sentences[] = {
    {"length-huge", 0, {0x1000, 0x200000}, "length 4 KiB becomes 2 MiB, whole huge pages"},
    {"hint-beyond", 0, {0x1000, 0x2000, 0x3000}, "hint refused: 0x1000 + 8 KiB ends beyond 0x3000"},
    {"hint-guard", 1, {1, 2, 4096}, "hint refused: 0x1 + 2 B enters the 4 KiB guard of [stack]"},
    {"noreplace", 2, {0}, "MAP_FIXED_NOREPLACE, and libc.so.6 is there: EEXIST"},
    {"noreplace",
     3,
     {0},
     "MAP_FIXED_NOREPLACE, and the mapping at 0x7ffffffde000 is there: EEXIST"},
    {"noreplace", 4, {0}, "MAP_FIXED_NOREPLACE, and the mapping at 0x0 is there: EEXIST"},
    {"error-value", 0, {1, 9}, "the address 0x9 reads as an error: EPERM"},
    {"error-value", 0, {12, 9}, "the address 0x9 reads as an error: ENOMEM"},
    {"error-value", 0, {14, 9}, "the address 0x9 reads as an error: EFAULT"},
    {"error-value", 0, {17, 9}, "the address 0x9 reads as an error: EEXIST"},
    {"error-value", 0, {22, 9}, "the address 0x9 reads as an error: EINVAL"},
    {"error-value", 0, {7, 9}, "the address 0x9 reads as an error: error 7"},
};

static const char *sentence(const char *rule, uint32_t mapping, const uint64_t number[3]) {
    static char text[256];
    struct hp_layout_step step = {.mapping = mapping};
    memcpy(step.number, number, sizeof step.number);
    while (strcmp(hp_layout_rule_name(step.rule), rule)) step.rule++;
    hp_layout_step_text(&a.layout, &step, text, sizeof text);
    return text;
}

static void numbers_and_names_have_their_places(void **state) {
    (void)state;
    char text[8] = "text";
    prepare(&a);
    a.mappings[3].name_size = 0;
    a.mappings[4].low = 0x1000; /* not in the map */
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        assert_string_equal(sentence(sentences[i].rule, sentences[i].mapping, sentences[i].number),
                            sentences[i].sentence);
    /* mappings that came without a text have no names */
    a.layout.map.text = 0;
    assert_string_equal(sentence("noreplace", 2, (const uint64_t[3]){0}),
                        "MAP_FIXED_NOREPLACE, and the mapping at 0x7ffff7e00000 is there: EEXIST");
    const struct hp_layout_step no_rule = {.rule = -1};
    assert_int_equal(hp_layout_step_text(&a.layout, &no_rule, text, sizeof text), 0);
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_answer),
        cmocka_unit_test(a_rule_that_is_off_leaves_no_trace),
        cmocka_unit_test(a_high_hint_opens_the_whole_space),
        cmocka_unit_test(int80_cuts_what_it_answers),
        cmocka_unit_test(huge_pages_are_not_cut),
        cmocka_unit_test(a_guard_that_begins_at_0_ends_the_search),
        cmocka_unit_test(arm64_has_rules_of_its_own),
        cmocka_unit_test(legacy_goes_up),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(the_trace_is_sentences),
        cmocka_unit_test(numbers_and_names_have_their_places),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
