/* SPDX-License-Identifier: MIT */
/* The table of kernels: in what each differs, as it comes from kernel.org and as the stable trees
 * have it by now. On a live kernel none of this is believed: a mapping or two tells. */
#include <errno.h>
#include <string.h>

#include "layout.h"

static void assume(struct hp_layout_facts *facts, int fact, uint64_t number) {
    hp_layout_set_fact(facts, fact, number, HP_LAYOUT_ASSUMED);
}
#define ASSUME(field, number) assume(facts, HP_LAYOUT_FACT_##field, number)

static void common(struct hp_layout_facts *facts) {
    ASSUME(page, 4096);
    ASSUME(huge_page, 2 << 20);
    ASSUME(min_addr, 65536);
    ASSUME(low_addr, 65536);
    ASSUME(raw_io, 0);
    ASSUME(guard, 256 << 12);
    ASSUME(randomised, 1);
    ASSUME(personality, 0);
    ASSUME(stack_limit, 8 << 20);
    ASSUME(legacy_sysctl, 0);
    ASSUME(shared_align, 0);
    ASSUME(memfd_align, 0);
}

static void x86_64(struct hp_layout_facts *facts) {
    common(facts);
    ASSUME(task_size, (UINT64_C(1) << 47) - 4096);
    ASSUME(window, (UINT64_C(1) << 47) - 4096);
    ASSUME(compat_task_size, UINT64_C(0xffffe000));
    ASSUME(stack_pad, UINT64_C(0x3fffff) << 12);
    ASSUME(random_bits, 28);
    ASSUME(compat_random_bits, 8);
}

/* A 32-bit task on a kernel of 64 bits. */
static void compat(struct hp_layout_facts *facts) {
    common(facts);
    ASSUME(task_size, UINT64_C(0xffffe000));
    ASSUME(window, UINT64_C(0xffffe000));
    ASSUME(stack_pad, 0x7ff << 12);
    ASSUME(random_bits, 8);
}

/* Up to 3.7: no guard but a page of the stack's own, and one base for all calls. What is kept free
 * for the stack's random start was computed in 32 bits, and so a quarter of what was meant. */
static void old_x86_64(struct hp_layout_facts *facts) {
    x86_64(facts);
    ASSUME(guard, 0);
    ASSUME(stack_pad, UINT64_C(0xfffff) << 12);
}

static void old_i386(struct hp_layout_facts *facts) {
    compat(facts);
    ASSUME(guard, 0);
    ASSUME(task_size, UINT64_C(0xc0000000));
    ASSUME(window, UINT64_C(0xc0000000));
}

static void no_pad(struct hp_layout_facts *facts) {
    ASSUME(stack_pad, 0);
    ASSUME(min_addr, 0);
    ASSUME(low_addr, 0);
}

static void x86_64_2_6_24(struct hp_layout_facts *facts) {
    old_x86_64(facts);
    no_pad(facts);
}

static void i386_2_6_24(struct hp_layout_facts *facts) {
    old_i386(facts);
    no_pad(facts);
}

static void shield(struct hp_layout_facts *facts) {
    ASSUME(min_addr, 4096);
    ASSUME(low_addr, 4096);
    ASSUME(exec_shield, 1);
}

static void x86_64_shield(struct hp_layout_facts *facts) {
    old_x86_64(facts);
    shield(facts);
    ASSUME(stack_pad, UINT64_C(0x3fffff) << 12);
}

static void i386_shield(struct hp_layout_facts *facts) {
    old_i386(facts);
    shield(facts);
}

static void aarch64(struct hp_layout_facts *facts) {
    common(facts);
    ASSUME(min_addr, 32768);
    ASSUME(low_addr, 32768);
    ASSUME(task_size, UINT64_C(1) << 48);
    ASSUME(window, UINT64_C(1) << 48);
    ASSUME(stack_pad, UINT64_C(0x3ffff) << 12);
    ASSUME(random_bits, 18);
}

enum {
    SINCE_6_1 = HP_LAYOUT_HAS_THP_FILE | HP_LAYOUT_HAS_SHMEM_ALIGN | HP_LAYOUT_HAS_NOREPLACE |
                HP_LAYOUT_HAS_RANDOM_32BIT | HP_LAYOUT_HAS_GAP_PAD,
    SINCE_6_12 = SINCE_6_1 | HP_LAYOUT_HAS_SEARCH_MIN | HP_LAYOUT_HAS_WINDOW_CHECK |
                 HP_LAYOUT_HAS_CUT_EINVAL | HP_LAYOUT_HAS_ABOVE_4G | HP_LAYOUT_HAS_THP |
                 HP_LAYOUT_HAS_THP_NO_HINT | HP_LAYOUT_HAS_THP_MULTIPLES | HP_LAYOUT_HAS_THP_UP |
                 HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_SHADOW_GAP,
    SINCE_6_18 = SINCE_6_12 | HP_LAYOUT_HAS_THP_ZERO | HP_LAYOUT_HAS_REMAP_EINVAL,
    ARM = HP_LAYOUT_HAS_UNLIMITED_LEGACY,
    SINCE_4_19 = HP_LAYOUT_HAS_SHMEM_ALIGN | HP_LAYOUT_HAS_NOREPLACE | HP_LAYOUT_HAS_RANDOM_32BIT |
                 HP_LAYOUT_HAS_GAP_PAD | HP_LAYOUT_HAS_HUGETLB_X86,
    SINCE_2_6_24 = HP_LAYOUT_HAS_UNLIMITED_LEGACY,
    SINCE_2_6_32 = SINCE_2_6_24 | HP_LAYOUT_HAS_RANDOM_32BIT,
    SINCE_3_4 = SINCE_2_6_32 | HP_LAYOUT_HAS_CACHE_TWICE,
    SHIELD = SINCE_2_6_32 | HP_LAYOUT_HAS_EXEC_SHIELD,
};

static const struct hp_layout_kernel_row rows[] = {
    /* 6.18 stands for 6.13 to 7.2: no difference was found in 7.2.13 */
    {"6.18", HP_LAYOUT_X86_64, HP_LAYOUT_MAPLE, SINCE_6_18, hp_layout_x86_area, x86_64},
    {"6.18", HP_LAYOUT_I386, HP_LAYOUT_MAPLE, SINCE_6_18, hp_layout_x86_area, compat},
    {"6.18", HP_LAYOUT_AARCH64, HP_LAYOUT_MAPLE, SINCE_6_18 | ARM, hp_layout_generic_area, aarch64},
    /* with what 6.12.107 has from later ones: huge alignment for multiples and without a hint */
    {"6.12", HP_LAYOUT_X86_64, HP_LAYOUT_MAPLE, SINCE_6_12 | HP_LAYOUT_HAS_HUGETLB_X86,
     hp_layout_x86_area, x86_64},
    {"6.12", HP_LAYOUT_I386, HP_LAYOUT_MAPLE, SINCE_6_12 | HP_LAYOUT_HAS_HUGETLB_X86,
     hp_layout_x86_area, compat},
    {"6.12", HP_LAYOUT_AARCH64, HP_LAYOUT_MAPLE, SINCE_6_12 | HP_LAYOUT_HAS_HUGETLB_MIN | ARM,
     hp_layout_generic_area, aarch64},
    /* with what 6.1.192 has from later ones: no alignment in 32-bit calls */
    {"6.1", HP_LAYOUT_X86_64, HP_LAYOUT_MAPLE,
     SINCE_6_1 | HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_HUGETLB_X86, hp_layout_x86_area,
     x86_64},
    {"6.1", HP_LAYOUT_I386, HP_LAYOUT_MAPLE,
     SINCE_6_1 | HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_HUGETLB_X86, hp_layout_x86_area,
     compat},
    {"6.1", HP_LAYOUT_AARCH64, HP_LAYOUT_MAPLE,
     SINCE_6_1 | HP_LAYOUT_HAS_SEARCH_MIN | HP_LAYOUT_HAS_HUGETLB_GENERIC | ARM,
     hp_layout_generic_area, aarch64},
    /* 4.14 to 6.0 */
    {"5.10", HP_LAYOUT_X86_64, HP_LAYOUT_RBTREE, SINCE_4_19, hp_layout_x86_area, x86_64},
    {"5.10", HP_LAYOUT_I386, HP_LAYOUT_RBTREE, SINCE_4_19, hp_layout_x86_area, compat},
    {"4.19", HP_LAYOUT_X86_64, HP_LAYOUT_RBTREE, SINCE_4_19, hp_layout_x86_area, x86_64},
    {"4.19", HP_LAYOUT_I386, HP_LAYOUT_RBTREE, SINCE_4_19, hp_layout_x86_area, compat},
    /* 3.4 to 3.7; from here on i386 is a kernel of 32 bits */
    {"3.4", HP_LAYOUT_X86_64, HP_LAYOUT_CACHE, SINCE_3_4, hp_layout_cache_area, old_x86_64},
    {"3.4", HP_LAYOUT_I386, HP_LAYOUT_CACHE, SINCE_3_4, hp_layout_cache_area, old_i386},
    /* 2.6.32 to 3.3 */
    {"3.2", HP_LAYOUT_X86_64, HP_LAYOUT_CACHE, SINCE_2_6_32, hp_layout_cache_area, old_x86_64},
    {"3.2", HP_LAYOUT_I386, HP_LAYOUT_CACHE, SINCE_2_6_32, hp_layout_cache_area, old_i386},
    {"2.6.32", HP_LAYOUT_X86_64, HP_LAYOUT_CACHE, SINCE_2_6_32, hp_layout_cache_area, old_x86_64},
    {"2.6.32", HP_LAYOUT_I386, HP_LAYOUT_CACHE, SINCE_2_6_32, hp_layout_cache_area, old_i386},
    /* Red Hat Enterprise Linux 6 as it came out, Fedora 12 */
    {"2.6.32-execshield", HP_LAYOUT_X86_64, HP_LAYOUT_CACHE, SHIELD, hp_layout_shield_area,
     x86_64_shield},
    {"2.6.32-execshield", HP_LAYOUT_I386, HP_LAYOUT_CACHE, SHIELD, hp_layout_shield_area,
     i386_shield},
    {"2.6.24", HP_LAYOUT_X86_64, HP_LAYOUT_CACHE, SINCE_2_6_24 | HP_LAYOUT_HAS_LEGACY_ONLY,
     hp_layout_cache_area, x86_64_2_6_24},
    {"2.6.24", HP_LAYOUT_I386, HP_LAYOUT_CACHE, SINCE_2_6_24, hp_layout_cache_area, i386_2_6_24},
};

static bool is_row(int index) { return index >= 0 && (size_t)index < HP_COUNT(rows); }

const struct hp_layout_kernel_row *hp_layout_row(const struct hp_layout_facts *facts) {
    return is_row(facts->kernel) ? &rows[facts->kernel] : 0;
}

const char *hp_layout_kernel_name(int index) { return is_row(index) ? rows[index].name : 0; }
int hp_layout_kernel_machine(int index) { return is_row(index) ? rows[index].machine : -EINVAL; }

static bool is_same(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

int hp_layout_kernel(const char *name, int machine, struct hp_layout_facts *facts) {
    if (!name || !facts) return -EINVAL;
    for (size_t i = 0; i < HP_COUNT(rows); i++) {
        if (rows[i].machine != machine || !is_same(rows[i].name, name)) continue;
        memset(facts, 0, sizeof *facts);
        facts->kernel = (int)i;
        facts->machine = machine;
        facts->search = rows[i].search;
        facts->search_mark = HP_LAYOUT_ASSUMED;
        facts->has = rows[i].has;
        rows[i].numbers(facts);
        return 0;
    }
    return -ENOENT;
}
