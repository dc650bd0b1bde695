/* SPDX-License-Identifier: MIT */
/* What exec decides, worked by hand: arch_pick_mmap_layout, mmap_is_legacy, mmap_base and
 * mmap_legacy_base of kernels from 2.6.24 on, with MIN_GAP, MAX_GAP and mmap_rnd. */
#include "hp_test.h"

#include <hardpan/layout.h>

#define UNLIMITED UINT64_MAX
#define MIB ((uint64_t)1 << 20)
enum { COMPAT_LAYOUT = 0x0200000 };

static const struct exec_case {
    const char *name, *working;
    const char *kernel;
    int machine;
    bool randomised, legacy;
    uint64_t stack, draw;
    uint64_t base; /* or of a legacy layout, where it begins */
    uint64_t personality, exec_shield;
} cases[] = {
    {"2.6.24, 8 MiB", "8 MiB are less than MIN_GAP, 128 MiB: 0xc0000000 - 0x08000000.", "2.6.24",
     HP_LAYOUT_I386, false, false, 8 * MIB, 0, 0xb8000000, 0, 0},
    {"2.6.24, a draw of bytes",
     "The draw is modulo 1 MiB and not a page: 0xb8000000 - 0xff123 is 0xb7f00edd, up to a page.",
     "2.6.24", HP_LAYOUT_I386, true, false, 8 * MIB, 0xff123, 0xb7f01000, 0, 0},
    {"2.6.24, 256 MiB", "Between the least and the most the gap is the limit.", "2.6.24",
     HP_LAYOUT_I386, false, false, 256 * MIB, 0, 0xb0000000, 0, 0},
    {"2.6.24, 2816 MiB",
     "0xb0000000 is more than MAX_GAP, 0xc0000000 / 6 * 5 = 0xa0000000: the base is 0x20000000.",
     "2.6.24", HP_LAYOUT_I386, false, false, 2816 * MIB, 0, 0x20000000, 0, 0},
    {"2.6.24, unlimited", "Legacy, from a third of 0xc0000000.", "2.6.24", HP_LAYOUT_I386, false,
     true, UNLIMITED, 0, 0x40000000, 0, 0},
    {"2.6.24, ADDR_COMPAT_LAYOUT", "Legacy by personality, whatever the stack, and never random.",
     "2.6.24", HP_LAYOUT_I386, true, true, 8 * MIB, 0x12000, 0x40000000, COMPAT_LAYOUT, 0},
    {"2.6.24, 64 bits",
     "Always bottom-up, from a third of 0x7ffffffff000, up to a page 0x2aaaaaaab000, plus the "
     "draw.",
     "2.6.24", HP_LAYOUT_X86_64, true, true, 8 * MIB, 0x12345000, 0x2aaabcdf0000, 0, 0},
    {"2.6.32, 8 MiB, random",
     "MIN_GAP counts the stack's random start, 0x7ff pages: 0x08000000 + 0x7ff000. Less a draw of "
     "16 pages: 0xc0000000 - 0x087ff000 - 0x10000.",
     "2.6.32", HP_LAYOUT_I386, true, false, 8 * MIB, 0x10000, 0xb77f1000, 0, 0},
    {"2.6.32, 8 MiB, not random", "Without randomisation MIN_GAP is 128 MiB.", "2.6.32",
     HP_LAYOUT_I386, false, false, 8 * MIB, 0, 0xb8000000, 0, 0},
    {"2.6.32, 64 bits, random",
     "The random start of the stack, 0x3fffff pages, was kept in 32 bits: 0xfffff000. With 128 MiB "
     "0x107fff000; 0x7ffffffff000 less that and a draw of 0x1000000.",
     "2.6.32", HP_LAYOUT_X86_64, true, false, 8 * MIB, 0x1000000, 0x7ffef7000000, 0, 0},
    {"2.6.32, 64 bits, unlimited", "Legacy, and the third plus the draw.", "2.6.32",
     HP_LAYOUT_X86_64, true, true, UNLIMITED, 0x5000, 0x2aaaaaab0000, 0, 0},
    {"exec-shield, 8 MiB", "As without exec-shield.", "2.6.32-execshield", HP_LAYOUT_I386, false,
     false, 8 * MIB, 0, 0xb8000000, 0, 1},
    {"exec-shield 1, unlimited", "2 & exec_shield is 0, so the stack decides: legacy.",
     "2.6.32-execshield", HP_LAYOUT_I386, false, true, UNLIMITED, 0, 0x40000000, 0, 1},
    {"exec-shield 2, unlimited",
     "2 & exec_shield: flexible though the stack is unlimited. The gap is MAX_GAP, 0xa0000000.",
     "2.6.32-execshield", HP_LAYOUT_I386, false, false, UNLIMITED, 0, 0x20000000, 0, 2},
    {"exec-shield 3, ADDR_COMPAT_LAYOUT", "Not even personality makes it legacy.",
     "2.6.32-execshield", HP_LAYOUT_I386, false, false, 8 * MIB, 0, 0xb8000000, COMPAT_LAYOUT, 3},
    {"exec-shield, 64 bits, random",
     "Red Hat's has the random start of the stack in 64 bits: 0x08000000 + 0x3fffff000 below "
     "0x7ffffffff000.",
     "2.6.32-execshield", HP_LAYOUT_X86_64, true, false, 8 * MIB, 0, 0x7ffbf8000000, 0, 1},
    {"4.19, 64 bits, unlimited",
     "No longer legacy. The limit and the pad overflow, so nothing is added; the gap is at most "
     "0x7ffffffff000 / 6 * 5 = 0x6aaaaaaa9d52: 0x1555555552ae, up to a page.",
     "4.19", HP_LAYOUT_X86_64, false, false, UNLIMITED, 0, 0x155555556000, 0, 0},
    {"6.18, 64 bits, not random",
     "8 MiB and the guard of 1 MiB are less than 128 MiB: 0x7ffffffff000 - 0x08000000.", "6.18",
     HP_LAYOUT_X86_64, false, false, 8 * MIB, 0, 0x7ffff7fff000, 0, 0},
    {"6.18, 64 bits, random",
     "8 MiB, the random start of the stack and the guard: 0x800000 + 0x3fffff000 + 0x100000.",
     "6.18", HP_LAYOUT_X86_64, true, false, 8 * MIB, 0, 0x7ffbff700000, 0, 0},
    {"6.18, 32 bits, random",
     "8 MiB, 0x7ff pages and the guard are less than 128 MiB: 0xffffe000 - 0x08000000 - 0x55000.",
     "6.18", HP_LAYOUT_I386, true, false, 8 * MIB, 0x55000, 0xf7fa9000, 0, 0},
};

static void set(struct hp_layout_facts *facts, int fact, uint64_t number) {
    assert_int_equal(hp_layout_set_fact(facts, fact, number, HP_LAYOUT_READ_OUT), 0);
}

static void decides(const struct exec_case *exec) {
    struct hp_layout_facts facts;
    assert_int_equal(hp_layout_kernel(exec->kernel, exec->machine, &facts), 0);
    set(&facts, HP_LAYOUT_FACT_stack_limit, exec->stack);
    set(&facts, HP_LAYOUT_FACT_draw, exec->draw);
    set(&facts, HP_LAYOUT_FACT_compat_draw, 0);
    set(&facts, HP_LAYOUT_FACT_randomised, exec->randomised);
    set(&facts, HP_LAYOUT_FACT_personality, exec->personality);
    set(&facts, HP_LAYOUT_FACT_exec_shield, exec->exec_shield);
    assert_int_equal(hp_layout_pick(&facts, 0), 0);
    const uint64_t is = exec->legacy ? facts.legacy_base : facts.base;
    if ((facts.legacy != 0) != exec->legacy || is != exec->base)
        fail_msg("%s: %s 0x%llx, worked out was %s 0x%llx\n%s", exec->name,
                 facts.legacy ? "legacy" : "top-down", (unsigned long long)is,
                 exec->legacy ? "legacy" : "top-down", (unsigned long long)exec->base,
                 exec->working);
}

static void exec_decides(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) decides(&cases[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(exec_decides)};
    return cmocka_run_group_tests(tests, 0, 0);
}
