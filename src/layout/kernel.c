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
                HP_LAYOUT_HAS_SEARCH_MIN | HP_LAYOUT_HAS_RANDOM_32BIT | HP_LAYOUT_HAS_GAP_PAD,
    SINCE_6_12 = SINCE_6_1 | HP_LAYOUT_HAS_CUT_EINVAL | HP_LAYOUT_HAS_ABOVE_4G | HP_LAYOUT_HAS_THP |
                 HP_LAYOUT_HAS_THP_NO_HINT | HP_LAYOUT_HAS_THP_MULTIPLES | HP_LAYOUT_HAS_THP_UP |
                 HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_SHADOW_GAP,
    SINCE_6_18 = SINCE_6_12 | HP_LAYOUT_HAS_THP_ZERO,
    ARM = HP_LAYOUT_HAS_UNLIMITED_LEGACY,
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
    {"6.12", HP_LAYOUT_AARCH64, HP_LAYOUT_MAPLE, SINCE_6_12 | HP_LAYOUT_HAS_HUGETLB_GENERIC | ARM,
     hp_layout_generic_area, aarch64},
    /* with what 6.1.192 has from later ones: no alignment in 32-bit calls */
    {"6.1", HP_LAYOUT_X86_64, HP_LAYOUT_MAPLE,
     SINCE_6_1 | HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_HUGETLB_X86, hp_layout_x86_area,
     x86_64},
    {"6.1", HP_LAYOUT_I386, HP_LAYOUT_MAPLE,
     SINCE_6_1 | HP_LAYOUT_HAS_THP_NOT_COMPAT | HP_LAYOUT_HAS_HUGETLB_X86, hp_layout_x86_area,
     compat},
    {"6.1", HP_LAYOUT_AARCH64, HP_LAYOUT_MAPLE, SINCE_6_1 | HP_LAYOUT_HAS_HUGETLB_GENERIC | ARM,
     hp_layout_generic_area, aarch64},
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
        facts->has = rows[i].has;
        rows[i].numbers(facts);
        return 0;
    }
    return -ENOENT;
}
