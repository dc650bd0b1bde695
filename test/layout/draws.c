/* SPDX-License-Identifier: MIT */
/* The set that MAP_32BIT comes to, against all 8192 starts tried one by one: a start is played by a
 * mapping that fills the window up to it. */
#include "hp_test.h"
#include "layout_test.h"

#define START UINT64_C(0x40000000)
enum { STARTS = 8192, PAGE = 4096, ROUNDS = 24 };

static struct asked whole, one;
static uint64_t state_of_random;

static uint64_t random_below(uint64_t n) {
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return state_of_random % n;
}

static void add(struct asked *asked, uint64_t low, uint64_t high, uint32_t flags) {
    asked->mappings[asked->layout.map.count++] =
        (struct hp_layout_mapping){.low = low, .high = high, .flags = flags};
}

/* Up to 20 mappings around the starts, some of which grow down. */
static void fill_window(struct asked *asked) {
    uint64_t at = START - random_below(64) * PAGE;
    set_up(asked, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000), UINT64_C(0x2aaaaaaab000));
    for (uint64_t n = random_below(20); n; n--) {
        at += random_below(700) * PAGE;
        const uint64_t high = at + (1 + random_below(600)) * PAGE;
        add(asked, at, high, random_below(3) ? 0 : HP_LAYOUT_GROWS_DOWN);
        at = high;
    }
}

/* The same, with everything below `start` taken and nothing drawn. */
static void start_at(uint64_t start) {
    set_up(&one, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000), UINT64_C(0x2aaaaaaab000));
    one.layout.facts.has = whole.layout.facts.has & ~(uint32_t)HP_LAYOUT_HAS_RANDOM_32BIT;
    if (start > START) add(&one, START, start, 0);
    for (size_t i = 0; i < whole.layout.map.count; i++) {
        struct hp_layout_mapping m = whole.mappings[i];
        if (start > START && m.high <= start) continue;
        if (start > START && m.low < start) m.low = start;
        add(&one, m.low, m.high, m.flags);
    }
}

static const struct hp_layout_request requests[] = {
    {.length = PAGE},
    {.length = 300 * PAGE},
    {.length = 5000 * PAGE},
    {.length = 4 << 20},
    {.length = 8 << 20, .object = HP_LAYOUT_THP_FILE, .offset = 7 * PAGE},
    {.length = 2 << 20, .object = HP_LAYOUT_HUGE, .align = 2 << 20},
    {.length = PAGE, .address = UINT64_C(0x50000000)},
};

/* Each start's answer is among the parts, as often as there are starts that come to it. */
static void compare(const struct hp_layout_request *request) {
    static uint64_t seen[STARTS];
    struct hp_layout_request asked = *request;
    uint64_t distinct = 0, counted = 0;
    asked.flags |= HP_LAYOUT_MAP_32BIT;
    ask(&whole, asked);
    assert_int_equal(whole.code, 0);
    for (unsigned i = 0; i < STARTS; i++) {
        start_at(START + (uint64_t)i * PAGE);
        ask(&one, asked);
        assert_int_equal(one.code, 0);
        assert_int_not_equal(one.answer.verdict, HP_LAYOUT_ONE_OF);
        seen[i] = one.answer.verdict == HP_LAYOUT_EXACT ? one.answer.address : 0;
        const uint64_t held = hp_layout_holds(&whole.answer, seen[i], one.answer.code);
        if (!held)
            fail_msg("start %u comes to %#llx, which is no part", i, (unsigned long long)seen[i]);
        if (!i || seen[i] != seen[i - 1]) distinct++, counted += held;
    }
    if (whole.answer.verdict != HP_LAYOUT_ONE_OF)
        assert_int_equal(distinct, 1);
    else if (whole.answer.draws == STARTS)
        assert_true(counted == STARTS); /* a search's answers ascend with its starts */
}

static void all_starts_are_counted(void **state) {
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        fill_window(&whole);
        compare(&requests[round % (sizeof requests / sizeof *requests)]);
    }
}

/* Aligned already, the first start finds itself, and the next a huge page. */
static void huge_pages_are_drawn_in_an_empty_window(void **state) {
    (void)state;
    set_up(&whole, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000),
           UINT64_C(0x2aaaaaaab000));
    ask(&whole, (struct hp_layout_request){.length = 2 << 20,
                                           .object = HP_LAYOUT_HUGE,
                                           .align = 2 << 20,
                                           .flags = HP_LAYOUT_MAP_32BIT});
    assert_true(hp_layout_holds(&whole.answer, START, 0) == 1);
    assert_true(hp_layout_holds(&whole.answer, START + PAGE, 0) == 0);
    assert_true(hp_layout_holds(&whole.answer, START + (2 << 20), 0) == 512);
}

/* Two searches, two draws: the pairs are counted. */
static void two_draws_make_pairs(void **state) {
    (void)state;
    set_up(&whole, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000),
           UINT64_C(0x2aaaaaaab000));
    KNOW(&whole, memfd_align, 2 << 20);
    ask(&whole, (struct hp_layout_request){.length = 4 << 20,
                                           .object = HP_LAYOUT_MEMFD,
                                           .flags = HP_LAYOUT_MAP_SHARED | HP_LAYOUT_MAP_32BIT});
    assert_int_equal(whole.answer.verdict, HP_LAYOUT_ONE_OF);
    assert_true(whole.answer.draws == (uint64_t)STARTS * STARTS);
    /* the first draw hits 0x40000000 itself and stays; or the first misses, and the second hits */
    const uint64_t missed = STARTS - STARTS / 512;
    assert_true(hp_layout_holds(&whole.answer, START, 0) == STARTS + missed);
    assert_true(hp_layout_holds(&whole.answer, START + (2 << 20), 0) == STARTS + missed * 512);
    assert_true(hp_layout_holds(&whole.answer, START + PAGE, 0) == 0);
}

static void a_full_window_is_refused(void **state) {
    (void)state;
    set_up(&whole, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000),
           UINT64_C(0x2aaaaaaab000));
    add(&whole, START, START + (16 << 20), 0);
    add(&whole, START + (24 << 20), UINT64_C(0x80000000), 0);
    ask(&whole, (struct hp_layout_request){.length = PAGE, .flags = HP_LAYOUT_MAP_32BIT});
    assert_int_equal(whole.answer.verdict, HP_LAYOUT_ONE_OF);
    assert_true(hp_layout_holds(&whole.answer, 0, -ENOMEM) == 2048);
    assert_true(hp_layout_holds(&whole.answer, START + (16 << 20), 0) == 4096 + 1);
    /* whatever is drawn, a shared mapping cannot grow down */
    ask(&whole, (struct hp_layout_request){.length = PAGE,
                                           .flags = HP_LAYOUT_MAP_32BIT | HP_LAYOUT_MAP_GROWS_DOWN |
                                                    HP_LAYOUT_MAP_SHARED});
    assert_true(hp_layout_holds(&whole.answer, 0, -ENOMEM) == 2048);
    assert_true(hp_layout_holds(&whole.answer, 0, -EINVAL) == STARTS - 2048);
    whole.layout.map.count = 0;
    add(&whole, START, UINT64_C(0x80000000), 0);
    ask(&whole, (struct hp_layout_request){.length = PAGE, .flags = HP_LAYOUT_MAP_32BIT});
    assert_int_equal(whole.answer.verdict, HP_LAYOUT_REFUSED);
    assert_int_equal(whole.answer.code, -ENOMEM);
}

static void too_little_room_for_parts_is_said(void **state) {
    (void)state;
    struct hp_layout_answer answer = {.capacity = 0};
    set_up(&whole, "6.18", HP_LAYOUT_X86_64, "", UINT64_C(0x7f0000000000),
           UINT64_C(0x2aaaaaaab000));
    const struct hp_layout_request request = {.length = PAGE, .flags = HP_LAYOUT_MAP_32BIT};
    assert_int_equal(hp_layout_where(&whole.layout, &request, &answer), -ENOSPC);
    assert_int_equal(answer.count, 1);
    assert_true(answer.draws == STARTS);
}

int main(int count, char **arguments) {
    state_of_random = count > 1 ? strtoull(arguments[1], 0, 10) : 88172645463325252u;
    printf("seed %llu\n", (unsigned long long)state_of_random);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_starts_are_counted),
        cmocka_unit_test(huge_pages_are_drawn_in_an_empty_window),
        cmocka_unit_test(two_draws_make_pairs),
        cmocka_unit_test(a_full_window_is_refused),
        cmocka_unit_test(too_little_room_for_parts_is_said),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
