/* SPDX-License-Identifier: MIT */
/* Kernels back to 2.6.24: bases as exec picks them, and each rule of theirs, which must make a
 * difference to some answer when it is switched off. */
#include "era_test.h"

enum { RW = HP_LAYOUT_READ | HP_LAYOUT_WRITE, RX = HP_LAYOUT_READ | HP_LAYOUT_EXECUTE };
enum { MAPPING_32BIT = HP_LAYOUT_MAP_32BIT, NO_RANDOMIZE = 0x40000, IMPLIES_EXEC = 0x400000 };

static struct era era;

/* ---- Bases ----------------------------------------------------------------------------------- */

struct pick {
    const char *kernel;
    int machine;
    uint64_t limit, draw, exec_shield;
    int randomised, legacy;
    uint64_t base;
};
#define MIB (UINT64_C(1) << 20)
#define ENDLESS HP_LAYOUT_UNLIMITED
static const struct pick picks[] = {
    /* 0xc0000000 - 128 MiB */
    {"2.6.24", HP_LAYOUT_I386, 8 * MIB, 0, 0, 0, 0, 0xb8000000},
    /* what is drawn comes off, and MIN_GAP knows no random stack yet */
    {"2.6.24", HP_LAYOUT_I386, 8 * MIB, 0x42000, 0, 1, 0, 0xb7fbe000},
    /* ... as it does from 2.6.32 on: 0x7ff000 more */
    {"2.6.32", HP_LAYOUT_I386, 8 * MIB, 0x42000, 0, 1, 0, 0xb77bf000},
    {"3.2", HP_LAYOUT_I386, 256 * MIB, 0, 0, 0, 0, 0xb0000000},
    /* MAX_GAP: 5/6 of 3 GiB are 0xa0000000 */
    {"3.4", HP_LAYOUT_I386, 0xb0000000, 0, 0, 0, 0, 0x20000000},
    {"3.4", HP_LAYOUT_I386, ENDLESS, 0, 0, 0, 1, 0x40000000},
    /* bottom-up, a 32-bit task is not randomised, a 64-bit one is */
    {"3.4", HP_LAYOUT_I386, ENDLESS, 0x42000, 0, 1, 1, 0x40000000},
    {"3.4", HP_LAYOUT_X86_64, ENDLESS, 0x42000, 0, 1, 1, 0x2aaaaaaed000},
    /* 2.6.24 has no other layout for 64 bits */
    {"2.6.24", HP_LAYOUT_X86_64, 8 * MIB, 0, 0, 0, 1, 0x2aaaaaaab000},
    /* MIN_GAP of 64 bits: 128 MiB + 0xfffff000, cut to 32 bits; Red Hat's has all of it */
    {"3.2", HP_LAYOUT_X86_64, 8 * MIB, 0, 0, 1, 0, 0x7ffef8000000},
    {"2.6.32-execshield", HP_LAYOUT_X86_64, 8 * MIB, 0, 1, 1, 0, 0x7ffbf8000000},
    /* exec_shield & 2: top-down for all that, with MAX_GAP above it */
    {"2.6.32-execshield", HP_LAYOUT_I386, ENDLESS, 0, 1, 0, 1, 0x40000000},
    {"2.6.32-execshield", HP_LAYOUT_I386, ENDLESS, 0, 2, 0, 0, 0x20000000},
    {"2.6.32-execshield", HP_LAYOUT_I386, ENDLESS, 0, 3, 0, 0, 0x20000000},
    /* 4.14 and later add the stack's pad and guard, and an unlimited stack is no more legacy */
    {"5.10", HP_LAYOUT_X86_64, 8 * MIB, 0, 0, 0, 0, 0x7ffff7fff000},
    {"4.19", HP_LAYOUT_X86_64, ENDLESS, 0, 0, 0, 0, 0x155555556000},
};

static void bases_are_those_of_exec(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof picks / sizeof *picks; i++) {
        const struct pick *pick = &picks[i];
        era_open(&era, pick->kernel, pick->machine);
        era_set(&era, HP_LAYOUT_FACT_stack_limit, pick->limit);
        era_set(&era, HP_LAYOUT_FACT_draw, pick->draw);
        era_set(&era, HP_LAYOUT_FACT_compat_draw, 0);
        era_set(&era, HP_LAYOUT_FACT_exec_shield, pick->exec_shield);
        era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x110000);
        era_set(&era, HP_LAYOUT_FACT_randomised, (uint64_t)pick->randomised);
        era_exec(&era);
        const struct hp_layout_facts *facts = &era.layout.facts;
        const uint64_t base = facts->legacy ? facts->legacy_base : facts->base;
        if ((int)facts->legacy != pick->legacy || base != pick->base)
            fail_msg("row %zu, %s: %s, 0x%llx", i, pick->kernel, facts->legacy ? "up" : "down",
                     (unsigned long long)base);
        assert_true(era.layout.hidden.known);
        assert_int_equal(era.layout.hidden.cache, base);
        assert_int_equal(era.layout.hidden.hole, 0);
    }
}

static void exec_refuses_what_is_no_process(void **state) {
    (void)state;
    assert_int_equal(hp_layout_exec(0), -EINVAL);
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era.layout.facts.kernel = -1;
    assert_int_equal(hp_layout_exec(&era.layout), -EINVAL);
    static const struct hp_layout_mapping wrong[][2] = {
        {{.low = 0x2000, .high = 0x4000}, {.low = 0x3000, .high = 0x5000}},
        {{.low = 0x2000, .high = 0x2000}, {.low = 0x3000, .high = 0x5000}},
        {{.low = 0x2000, .high = 0x2800}, {.low = 0x3000, .high = 0x5000}},
        {{.low = 0x1fff, .high = 0x3000}, {.low = 0x3000, .high = 0x5000}},
    };
    for (size_t i = 0; i < 4; i++) {
        era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
        memcpy(era.mappings, wrong[i], sizeof wrong[i]);
        era.layout.map.count = 2;
        assert_int_equal(hp_layout_exec(&era.layout), -EINVAL);
        assert_false(era.layout.hidden.known);
    }
}

static void exec_says_what_it_lacks(void **state) {
    (void)state;
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    assert_int_equal(hp_layout_exec(&era.layout), -ENODATA); /* what was drawn for the base */
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    assert_int_equal(hp_layout_exec(&era.layout), -ENODATA); /* ... and for the area */
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x110800);
    assert_int_equal(hp_layout_exec(&era.layout), -EINVAL);
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x111000);
    era_exec(&era);
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_exec(&era);
    assert_int_equal(era.layout.facts.shlib_base, 0x110000);
}

/* ---- Each rule ------------------------------------------------------------------------------- */

static int rule_number(const char *name) {
    for (int i = 0; hp_layout_rule_name(i); i++)
        if (!strcmp(hp_layout_rule_name(i), name)) return i;
    fail_msg("no rule %s", name);
    return -1;
}

static uint64_t base(void) { return era.layout.facts.base; }

/* Between two mappings two pages are passed over; a page is then put there. */
static int64_t cache_reset(void) {
    era_mmap(&era, base() - ERA_PAGE, ERA_PAGE, RX, HP_LAYOUT_MAP_FIXED);
    era_mmap(&era, base() - 4 * ERA_PAGE, ERA_PAGE, RX, HP_LAYOUT_MAP_FIXED);
    era_mmap(&era, 0, 3 * ERA_PAGE, RW, 0);
    return era_mmap(&era, 0, ERA_PAGE, RX, 0);
}

/* Bottom-up: the first gap is passed over for what follows the last mapping. */
static int64_t cache_start(void) {
    const int64_t one = era_mmap(&era, 0, 4 * ERA_PAGE, RX, 0);
    era_mmap(&era, 0, ERA_PAGE, RW, 0);
    era_call(&era, HP_LAYOUT_MUNMAP, (uint64_t)one, 4 * ERA_PAGE, 0);
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

static int64_t cache_again(void) {
    const uint64_t start = era.layout.facts.legacy_base, end = era.layout.facts.task_size;
    era_mmap(&era, start, end - start - 64 * ERA_PAGE, RX, HP_LAYOUT_MAP_FIXED);
    era_mmap(&era, 0, ERA_PAGE, RW, 0);
    era_call(&era, HP_LAYOUT_MUNMAP, start, 40 * ERA_PAGE, 0);
    return era_mmap(&era, 0, 40 * ERA_PAGE, RX, 0);
}

static int64_t cache_below(void) {
    era_mmap(&era, 0, 4 * ERA_PAGE, RX, 0);
    era_mmap(&era, base() - 8 * ERA_PAGE, 2 * ERA_PAGE, RW, HP_LAYOUT_MAP_FIXED);
    era.layout.hidden.cache = base() - 8 * ERA_PAGE;
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

/* Downward: the space below the cache is used up, and what was freed above it is found. */
static int64_t cache_again_down(void) {
    era_mmap(&era, base() - 12 * ERA_PAGE, 4 * ERA_PAGE, RX, HP_LAYOUT_MAP_FIXED);
    era.layout.hidden.cache = base() - 12 * ERA_PAGE;
    era_mmap(&era, 0, 0x08048000, RW, HP_LAYOUT_MAP_FIXED);
    era_mmap(&era, 0x0804a000, base() - 12 * ERA_PAGE - 0x0804a000, RW, HP_LAYOUT_MAP_FIXED);
    era.layout.hidden.cache = base() - 12 * ERA_PAGE;
    return era_mmap(&era, 0, 4 * ERA_PAGE, RX, 0);
}

/* Bottom-up, above what was mapped first. */
static int64_t cache_unmap_up(void) {
    era_mmap(&era, 0, ERA_PAGE, RX, 0);
    const int64_t two = era_mmap(&era, 0, ERA_PAGE, RW, 0);
    era_mmap(&era, 0, ERA_PAGE, RX, 0);
    era_call(&era, HP_LAYOUT_MUNMAP, (uint64_t)two, ERA_PAGE, 0);
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

static int64_t cache_unmap(void) {
    const int64_t one = era_mmap(&era, 0, ERA_PAGE, RW, 0);
    era_mmap(&era, 0, ERA_PAGE, RX, 0);
    era_call(&era, HP_LAYOUT_MUNMAP, (uint64_t)one, ERA_PAGE, 0);
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

/* What was fixed above the base and is unmapped does not take the search there. */
static int64_t cache_cap(void) {
    era_mmap(&era, base() + 4 * ERA_PAGE, ERA_PAGE, RW, HP_LAYOUT_MAP_FIXED);
    era_call(&era, HP_LAYOUT_MUNMAP, base() + 4 * ERA_PAGE, ERA_PAGE, 0);
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

static int64_t executable(void) { return era_mmap(&era, 0, ERA_PAGE, RX, 0); }
static int64_t past_heap(void) { return era_mmap(&era, 0, 256 * MIB, RX, 0); }

static int64_t drawn(void) {
    const struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP,
                                    .request = {.length = ERA_PAGE, .protection = RX},
                                    .random = {0x234567, 0x345678}};
    return era_do(&era, &op);
}

/* Below 16 MiB all is taken. */
static int64_t spread(void) {
    era_mmap(&era, 0x100000, 15 * MIB, RW, HP_LAYOUT_MAP_FIXED);
    return drawn();
}

static int64_t below_stack(void) {
    const uint64_t stack = era.layout.facts.window - 33 * ERA_PAGE;
    era_set(&era, HP_LAYOUT_FACT_base, stack);
    return era_mmap(&era, 0, ERA_PAGE, RW, 0);
}

struct matter {
    const char *rule, *kernel;
    int64_t (*play)(void);
    int legacy, randomised;
};
static const struct matter matters[] = {
    {"cache-reset", "2.6.32", cache_reset, 0, 0},
    {"cache-reset", "3.4", cache_reset, 0, 0},
    {"cache-start", "2.6.24", cache_start, 1, 0},
    {"cache-again", "2.6.32", cache_again, 1, 0},
    {"cache-again", "3.4", cache_again_down, 0, 0},
    {"cache-below", "2.6.32", cache_below, 0, 0},
    {"cache-unmap", "2.6.32", cache_unmap, 0, 0},
    {"cache-unmap", "3.4", cache_unmap, 0, 0},
    {"cache-unmap", "2.6.24", cache_unmap_up, 1, 0},
    {"cache-cap", "2.6.32", cache_cap, 0, 0},
    {"shield-area", "2.6.32-execshield", executable, 0, 0},
    {"shield-first", "2.6.32-execshield", drawn, 0, 1},
    {"shield-brk", "2.6.32-execshield", past_heap, 0, 0},
    {"shield-random", "2.6.32-execshield", drawn, 0, 1},
    {"shield-spread", "2.6.32-execshield", spread, 0, 1},
    {"guard-gap", "5.10", below_stack, 0, 0},
};

static int64_t outcome(const struct matter *matter, int rule) {
    era_open(&era, matter->kernel, HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_randomised, (uint64_t)matter->randomised);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x110000);
    era_set(&era, HP_LAYOUT_FACT_stack_limit, matter->legacy ? ENDLESS : 8 * MIB);
    era_set(&era, HP_LAYOUT_FACT_raw_io, 1);
    era_exec(&era);
    if (rule >= 0) era.layout.facts.without = UINT64_C(1) << rule;
    return matter->play();
}

static void each_rule_makes_a_difference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof matters / sizeof *matters; i++) {
        const int64_t with = outcome(&matters[i], -1);
        const int64_t without = outcome(&matters[i], rule_number(matters[i].rule));
        if (with == without)
            fail_msg("%s on %s: 0x%llx with and without", matters[i].rule, matters[i].kernel,
                     (unsigned long long)with);
    }
}

/* Two more have no address of their own. */
static void layout_and_shape_rules_too(void **state) {
    (void)state;
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_stack_limit, ENDLESS);
    era_set(&era, HP_LAYOUT_FACT_exec_shield, 2);
    era.layout.facts.without = UINT64_C(1) << rule_number("shield-layout");
    era_exec(&era);
    assert_true(era.layout.facts.legacy);
}

/* ---- What only one of them does -------------------------------------------------------------- */

static void a_32bit_window_is_fixed_before_2_6_25(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = ERA_PAGE, .protection = RW, .flags = MAPPING_32BIT};
    era_open(&era, "2.6.24", HP_LAYOUT_X86_64);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_exec(&era);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_EXACT);
    assert_int_equal(era.answer.address, 0x40000000);
    era_open(&era, "2.6.32", HP_LAYOUT_X86_64);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_exec(&era);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_ONE_OF);
    assert_int_equal(era.answer.draws, 0x2000000); /* randomize_range(0x40000000, 0x42000000, 0) */
    assert_int_equal(hp_layout_holds(&era.answer, 0x40000000, 0), 1);
    assert_int_equal(hp_layout_holds(&era.answer, 0x40001000, 0), 4096);
    assert_int_equal(hp_layout_holds(&era.answer, 0x42000000, 0), 4095);
    assert_int_equal(hp_layout_holds(&era.answer, 0x42001000, 0), 0);
}

/* What is freed where TASK_UNMAPPED_BASE is does not take the search back there. */
static void a_hole_that_begins_below_the_base_is_not_gone_back_to(void **state) {
    (void)state;
    era_open(&era, "2.6.32", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_stack_limit, ENDLESS);
    era_exec(&era);
    assert_int_equal(era_mmap(&era, 0, MIB, RW, 0), 0x40000000);
    era_call(&era, HP_LAYOUT_MUNMAP, 0x40000000, MIB, 0);
    assert_int_equal(era_mmap(&era, 0, ERA_PAGE, RW, 0), 0x40100000);
}

static void personality_keeps_exec_shield_off(void **state) {
    (void)state;
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_personality, IMPLIES_EXEC);
    era_exec(&era);
    assert_int_equal(executable(), (int64_t)(base() - ERA_PAGE));
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_draw, 0);
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x123000);
    era_set(&era, HP_LAYOUT_FACT_personality, NO_RANDOMIZE);
    era_exec(&era);
    assert_int_equal(drawn(), 0x123000);
}

static void a_routine_of_the_objects_own_is_not_known(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = 2 * MIB, .protection = RX, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    era_open(&era, "2.6.32-execshield", HP_LAYOUT_I386);
    era_exec(&era);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_NOT_KNOWN);
    assert_int_equal(era.answer.missing, -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_are_those_of_exec),
        cmocka_unit_test(exec_refuses_what_is_no_process),
        cmocka_unit_test(exec_says_what_it_lacks),
        cmocka_unit_test(each_rule_makes_a_difference),
        cmocka_unit_test(layout_and_shape_rules_too),
        cmocka_unit_test(a_32bit_window_is_fixed_before_2_6_25),
        cmocka_unit_test(a_hole_that_begins_below_the_base_is_not_gone_back_to),
        cmocka_unit_test(personality_keeps_exec_shield_off),
        cmocka_unit_test(a_routine_of_the_objects_own_is_not_known),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
