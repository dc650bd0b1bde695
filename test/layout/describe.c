/* SPDX-License-Identifier: MIT */
/* What exec makes of limits and personality, what is told of it, and how the bases of a running
 * process are found again. */
#include "hp_test.h"
#include "layout_test.h"

static struct asked a;

static void on(const char *kernel, int machine, const char *text) {
    set_up(&a, kernel, machine, text, 0, 0);
    a.layout.facts.mark[HP_LAYOUT_FACT_base] = HP_LAYOUT_UNKNOWN;
    a.layout.facts.mark[HP_LAYOUT_FACT_legacy_base] = HP_LAYOUT_UNKNOWN;
    KNOW(&a, stack_limit, 8 << 20);
    KNOW(&a, personality, 0);
    KNOW(&a, legacy_sysctl, 0);
    KNOW(&a, randomised, 1);
    KNOW(&a, draw, 0);
    KNOW(&a, compat_draw, 0);
}

/* 2^47 - 4096, less 8 MiB, 16 GiB - 4 KiB for the stack's random start, 1 MiB of guard. */
static void exec_picks_bases(void **state) {
    (void)state;
    struct hp_layout_gap gap;
    const struct hp_layout_facts *facts = &a.layout.facts;
    on("6.18", HP_LAYOUT_X86_64, "");
    assert_int_equal(hp_layout_pick(&a.layout.facts, &gap), 0);
    assert_int_equal(facts->legacy, 0);
    assert_true(gap.size == (8 << 20) + ((UINT64_C(16) << 30) - 4096) + (1 << 20));
    assert_true(facts->base == UINT64_C(0x7ffffffff000) - gap.size);
    assert_true(facts->legacy_base == UINT64_C(0x2aaaaaaab000));
    assert_int_equal(facts->mark[HP_LAYOUT_FACT_base], HP_LAYOUT_DERIVED);
    KNOW(&a, draw, 0x123000);
    assert_int_equal(hp_layout_pick(&a.layout.facts, &gap), 0);
    assert_true(facts->base == UINT64_C(0x7ffffffff000) - gap.size - 0x123000);
    assert_true(facts->legacy_base == UINT64_C(0x2aaaaaaab000) + 0x123000);
    /* not randomised, 128 MiB is the least: setarch -R has had this base for years */
    KNOW(&a, randomised, 0);
    assert_int_equal(hp_layout_pick(&a.layout.facts, &gap), 0);
    assert_true(gap.size == 128 << 20 && gap.pad == 0);
    assert_true(facts->base == UINT64_C(0x7ffff7fff000));
    /* unlimited: the sum does not fit, five sixths are the most */
    KNOW(&a, stack_limit, HP_LAYOUT_UNLIMITED);
    assert_int_equal(hp_layout_pick(&a.layout.facts, &gap), 0);
    assert_true(gap.guard == 0 && gap.size == UINT64_C(0x7ffffffff000) / 6 * 5);
    assert_int_equal(facts->legacy, 0);
}

static void what_makes_it_legacy(void **state) {
    (void)state;
    const struct hp_layout_facts *facts = &a.layout.facts;
    on("6.18", HP_LAYOUT_X86_64, "");
    KNOW(&a, personality, 0x0200000);
    hp_layout_pick(&a.layout.facts, 0);
    assert_int_equal(facts->legacy, 1);
    on("6.18", HP_LAYOUT_X86_64, "");
    KNOW(&a, legacy_sysctl, 1);
    hp_layout_pick(&a.layout.facts, 0);
    assert_int_equal(facts->legacy, 1);
    on("6.18", HP_LAYOUT_AARCH64, "");
    KNOW(&a, stack_limit, HP_LAYOUT_UNLIMITED);
    KNOW(&a, draw, 0x5000);
    hp_layout_pick(&a.layout.facts, 0);
    assert_int_equal(facts->legacy, 1);
    assert_true(facts->base == (UINT64_C(1) << 46) + 0x5000);
}

static void what_is_unknown_stays_so(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, "");
    a.layout.facts.mark[HP_LAYOUT_FACT_draw] = HP_LAYOUT_UNKNOWN;
    assert_int_equal(hp_layout_pick(&a.layout.facts, 0), -ENODATA);
    assert_int_equal(a.layout.facts.mark[HP_LAYOUT_FACT_base], HP_LAYOUT_UNKNOWN);
    assert_int_equal(a.layout.facts.mark[HP_LAYOUT_FACT_compat_base], HP_LAYOUT_DERIVED);
    a.layout.facts.mark[HP_LAYOUT_FACT_stack_limit] = HP_LAYOUT_UNKNOWN;
    assert_int_equal(hp_layout_pick(&a.layout.facts, 0), -ENODATA);
    assert_int_equal(hp_layout_pick(0, 0), -EINVAL);
}

/* The loader right above the vdso, as 6.18 lays a process out. */
#define HEAD "555555554000-555555556000 r-xp 00000000 fe:00 42                         /bin/true\n"
#define VDSO                                                                                       \
    "7ffbff6c4000-7ffbff6c8000 r--p 00000000 00:00 0                          [vvar]\n"            \
    "7ffbff6c8000-7ffbff6ca000 r-xp 00000000 00:00 0                          [vdso]\n"
#define LOADER                                                                                     \
    "7ffbff6ca000-7ffbff6cb000 r--p 00000000 fe:00 43                         /lib/ld.so\n"        \
    "7ffbff6cb000-7ffbff6fc000 rw-p 00000000 fe:00 43                         /lib/ld.so\n"

static void another_process_shows_its_base(void **state) {
    (void)state;
    const struct hp_layout_facts *facts = &a.layout.facts;
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(facts->base == UINT64_C(0x7ffbff6fc000));
    assert_int_equal(facts->mark[HP_LAYOUT_FACT_base], HP_LAYOUT_DERIVED);
    /* 0x7ffffffff000 - 0x400900000 + 0x1000 = 0x7ffbff700000, so 4 pages were drawn */
    assert_true(facts->draw == 0x4000);
    assert_true(facts->legacy_base == UINT64_C(0x2aaaaaaab000) + 0x4000);
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    assert_int_equal(hp_layout_recover_own(&a.layout, UINT64_C(0x7ffbff6c8000)), 0);
    assert_true(facts->base == UINT64_C(0x7ffbff6fc000));
    assert_int_equal(facts->mark[HP_LAYOUT_FACT_base], HP_LAYOUT_PROBED);
}

static void an_edge_that_exec_cannot_draw_is_none(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    KNOW(&a, randomised, 0);
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    assert_int_equal(a.layout.facts.mark[HP_LAYOUT_FACT_base], HP_LAYOUT_UNKNOWN);
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    KNOW(&a, random_bits, 2);
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    KNOW(&a, stack_limit, 1 << 30); /* the base would lie above where it may */
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    /* two files above the vdso: no loader */
    on("6.18", HP_LAYOUT_X86_64,
       HEAD VDSO "7ffbff6ca000-7ffbff6cb000 r--p 00000000 fe:00 43                     /a\n"
                 "7ffbff6cb000-7ffbff6fc000 r--p 00000000 fe:00 43                     /b\n");
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    on("6.18", HP_LAYOUT_X86_64, HEAD);
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    assert_int_equal(hp_layout_recover_own(&a.layout, 0x1000), -ENODATA);
    a.layout.facts.mark[HP_LAYOUT_FACT_stack_limit] = HP_LAYOUT_UNKNOWN;
    assert_int_equal(hp_layout_recover(&a.layout), -EINVAL);
    assert_int_equal(hp_layout_recover_own(&a.layout, 0x1000), -EINVAL);
}

/* Its memory has no name; a file as long as a huge page may lie elsewhere than at the base. */
static void a_loader_is_one_file_and_not_long(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64,
       HEAD VDSO LOADER "7ffbff6fc000-7ffbff6fd000 rw-p 00000000 00:00 0 \n"
                        "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0         [stack]\n");
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.base == UINT64_C(0x7ffbff6fd000));
#define LOW_VDSO "7ffbfeffe000-7ffbff000000 r-xp 00000000 00:00 0                 [vdso]\n"
    on("6.18", HP_LAYOUT_X86_64,
       LOW_VDSO "7ffbff000000-7ffbff1ff000 r--p 00000000 fe:00 43           /lib/ld.so\n");
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.base == UINT64_C(0x7ffbff1ff000));
    on("6.18", HP_LAYOUT_X86_64,
       LOW_VDSO "7ffbff000000-7ffbff200000 r--p 00000000 fe:00 43           /lib/ld.so\n");
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
}

static void a_static_program_shows_its_vdso(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO);
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.base == UINT64_C(0x7ffbff6ca000));
    /* bottom-up, and as 6.13 and later split the vvar */
    on("6.18", HP_LAYOUT_X86_64,
       "00400000-00401000 r-xp 00000000 fe:00 42                         /bin/static\n"
       "2aaaaaaac000-2aaaaaab0000 r--p 00000000 00:00 0                  [vvar]\n"
       "2aaaaaab0000-2aaaaaab2000 r--p 00000000 00:00 0                  [vvar_vclock]\n"
       "2aaaaaab2000-2aaaaaab4000 r-xp 00000000 00:00 0                  [vdso]\n");
    KNOW(&a, legacy, 1);
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.legacy_base == UINT64_C(0x2aaaaaaac000));
    /* what does not touch the vdso is not followed to */
    on("6.18", HP_LAYOUT_X86_64,
       "2aaaaaaac000-2aaaaaab0000 r--p 00000000 00:00 0                  [vvar]\n"
       "2aaaaaab1000-2aaaaaab3000 r-xp 00000000 00:00 0                  [vdso]\n");
    KNOW(&a, legacy, 1);
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.legacy_base == UINT64_C(0x2aaaaaab1000));
}

static void recovery_refuses_what_it_cannot_use(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    a.layout.map.count--; /* the loader's last page is not in the map */
    assert_int_equal(hp_layout_recover_own(&a.layout, UINT64_C(0x7ffbff6cb000)), -ENODATA);
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    KNOW(&a, random_bits, 41); /* more than any machine draws */
    assert_int_equal(hp_layout_recover(&a.layout), -ENODATA);
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    a.layout.map.text = 0;
    assert_int_equal(hp_layout_recover(&a.layout), -EINVAL);
    assert_int_equal(hp_layout_recover(0), -EINVAL);
    assert_int_equal(hp_layout_recover_own(0, 0x1000), -EINVAL);
}

static void bottom_up_the_loader_begins_it(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64,
       "2aaaaaaac000-2aaaaaadd000 r--p 00000000 fe:00 43                         /lib/ld.so\n"
       "2aaaaaadd000-2aaaaaae1000 r--p 00000000 00:00 0                          [vvar]\n"
       "2aaaaaae1000-2aaaaaae3000 r-xp 00000000 00:00 0                          [vdso]\n");
    KNOW(&a, legacy, 1);
    assert_int_equal(hp_layout_recover(&a.layout), 0);
    assert_true(a.layout.facts.legacy_base == UINT64_C(0x2aaaaaaac000));
    assert_true(a.layout.facts.draw == 0x1000);
}

static void it_is_told_on_a_page(void **state) {
    (void)state;
    char text[4096], little[8];
    on("6.18", HP_LAYOUT_X86_64, HEAD VDSO LOADER);
    hp_layout_recover(&a.layout);
    const size_t length = hp_layout_describe(&a.layout, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(text, "direction             top-down  (read)\n"));
    assert_non_null(strstr(text, "top-down base         0x7ffbff6fc000  (derived)\n"));
    assert_non_null(strstr(text, "= stack limit 8 MiB + random start "));
    assert_non_null(strstr(text, "random bits           28  (read)\n"));
    assert_int_equal(hp_layout_describe(&a.layout, little, sizeof little), length);
    assert_int_equal(strlen(little), sizeof little - 1);
    a.layout.facts.mark[HP_LAYOUT_FACT_base] = HP_LAYOUT_UNKNOWN;
    hp_layout_describe(&a.layout, text, sizeof text);
    assert_non_null(strstr(text, "top-down base         not known  (unknown)\n"));
    assert_non_null(strstr(text, "search                in a maple tree  (assumed)\n"));
    a.layout.facts.search = HP_LAYOUT_RBTREE;
    a.layout.facts.search_mark = HP_LAYOUT_PROBED;
    hp_layout_describe(&a.layout, text, sizeof text);
    assert_non_null(strstr(text, "search                in a red-black tree  (probed)\n"));
    a.layout.facts.search = HP_LAYOUT_CACHE;
    hp_layout_describe(&a.layout, text, sizeof text);
    assert_non_null(strstr(text, "search                from a cache  (probed)\n"));
    assert_int_equal(hp_layout_describe(0, text, sizeof text), 0);
    a.layout.facts.kernel = -1;
    assert_int_equal(hp_layout_describe(&a.layout, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void told(const char *line, bool is_there) {
    char text[4096];
    hp_layout_describe(&a.layout, text, sizeof text);
    if (!strstr(text, line) == is_there) fail_msg("%s: in or not in\n%s", line, text);
}

static void each_line_has_its_other_forms(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, HEAD);
    KNOW(&a, legacy, 1);
    KNOW(&a, stack_limit, HP_LAYOUT_UNLIMITED);
    KNOW(&a, randomised, 0);
    told("direction             legacy, bottom-up  (read)\n", true);
    told("= stack limit unlimited + random start 0 B + guard 0 B, at least 128 MiB", true);
    told("random bits           0  (read)\ndrawn                 0x0  (read)\n", true);
    told("base of int $0x80", true);
    told("\nguards                0 of 1 MiB, 0 of 4 KiB, of [stack] alone: smaps was", true);
    on("6.18", HP_LAYOUT_AARCH64, "1000-2000 rw-p 00000000 00:00 0 \nVmFlags: rd gd\n");
    a.layout.facts.mark[HP_LAYOUT_FACT_legacy] = HP_LAYOUT_UNKNOWN;
    a.layout.facts.mark[HP_LAYOUT_FACT_randomised] = HP_LAYOUT_UNKNOWN;
    a.layout.facts.mark[HP_LAYOUT_FACT_draw] = HP_LAYOUT_UNKNOWN;
    told("direction             not known  (unknown)\n", true);
    told("random bits           not known  (unknown)\n", true);
    told("drawn", false);
    told("int $0x80", false);
    told("\nguards                1 of 1 MiB, 0 of 4 KiB  (", true);
}

static void facts_have_names_and_marks(void **state) {
    (void)state;
    on("6.18", HP_LAYOUT_X86_64, "");
    for (int fact = 0; fact < HP_LAYOUT_FACT_COUNT; fact++) {
        assert_non_null(hp_layout_fact_title(fact));
        assert_int_equal(hp_layout_set_fact(&a.layout.facts, fact, 1000 + (uint64_t)fact, 4), 0);
    }
    for (int fact = 0; fact < HP_LAYOUT_FACT_COUNT; fact++)
        assert_true(hp_layout_fact(&a.layout.facts, fact) == 1000 + (uint64_t)fact);
    assert_int_equal(hp_layout_set_fact(&a.layout.facts, -1, 0, 0), -EINVAL);
    assert_int_equal(hp_layout_set_fact(&a.layout.facts, 0, 0, 5), -EINVAL);
    assert_null(hp_layout_fact_title(HP_LAYOUT_FACT_COUNT));
    assert_true(hp_layout_fact(&a.layout.facts, -1) == 0);
    assert_int_equal(hp_layout_set_fact(&a.layout.facts, 0, 0, -1), -EINVAL);
    assert_true(hp_layout_fact(&a.layout.facts, 0) == 1000);
    assert_string_equal(hp_layout_mark_name(0), "unknown");
    assert_null(hp_layout_mark_name(-1));
    assert_null(hp_layout_mark_name(5));
    assert_null(hp_layout_machine_name(-1));
    assert_string_equal(hp_layout_machine_name(HP_LAYOUT_AARCH64), "aarch64");
    assert_null(hp_layout_machine_name(HP_LAYOUT_AARCH64 + 1));
    assert_int_equal(hp_layout_kernel("1.0", HP_LAYOUT_X86_64, &a.layout.facts), -ENOENT);
    assert_int_equal(hp_layout_kernel(0, HP_LAYOUT_X86_64, &a.layout.facts), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exec_picks_bases),
        cmocka_unit_test(what_makes_it_legacy),
        cmocka_unit_test(what_is_unknown_stays_so),
        cmocka_unit_test(another_process_shows_its_base),
        cmocka_unit_test(an_edge_that_exec_cannot_draw_is_none),
        cmocka_unit_test(a_loader_is_one_file_and_not_long),
        cmocka_unit_test(a_static_program_shows_its_vdso),
        cmocka_unit_test(recovery_refuses_what_it_cannot_use),
        cmocka_unit_test(bottom_up_the_loader_begins_it),
        cmocka_unit_test(it_is_told_on_a_page),
        cmocka_unit_test(each_line_has_its_other_forms),
        cmocka_unit_test(facts_have_names_and_marks),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
