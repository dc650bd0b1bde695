/* SPDX-License-Identifier: MIT */
/* What the rules share: one question on its way through the kernel's functions, in the kernel's own
 * order and with its convention, that an address in the last 4095 bytes is an error. */
#ifndef HP_LAYOUT_LAYOUT_H
#define HP_LAYOUT_LAYOUT_H

#include <hardpan/layout.h>

#include "base.h"

/* ---- The rules, one table -------------------------------------------------------------------- */

enum hp_layout_rule {
#define RULE(id, name, source, sentence) HP_RULE_##id,
#include "rules.def"
#undef RULE
    HP_RULE_COUNT
};
_Static_assert(HP_RULE_COUNT <= 64, "facts.without has a bit for each rule");

#define HP_NO_MAPPING UINT32_MAX

/* ---- A question ------------------------------------------------------------------------------ */

/* What is handed to a get_unmapped_area. */
struct hp_layout_call {
    uint64_t address, length, offset;
    unsigned flags; /* enum hp_layout_request_flag */
    unsigned protection;
    int object;     /* enum hp_layout_object; ANONYMOUS: no file */
    uint64_t align; /* of the object */
};

/* struct vm_unmapped_area_info */
struct hp_layout_gap_query {
    bool down;
    uint64_t length, low, high;
    uint64_t align_mask, align_offset, start_gap;
};

struct hp_layout_run {
    const struct hp_layout *layout;
    const struct hp_layout_facts *facts;
    const struct hp_layout_map *map;
    const struct hp_layout_request *request;
    struct hp_layout_answer *answer;
    /* where MAP_32BIT begins to search, in this try; drawn afresh by the kernel each time */
    uint64_t start32;
    unsigned drawn; /* how often that was asked for */
    int missing;    /* a fact that was needed and is not known; -1: none */
    bool history;   /* the answer depends on what cannot be seen; candidates are in the answer */
};

/* True unless the rule is switched off: and then it is in the trace. */
bool hp_layout_fires(struct hp_layout_run *run, enum hp_layout_rule rule, uint32_t mapping,
                     uint64_t first, uint64_t second, uint64_t third);
#define FIRES(run, rule, ...) FIRES_(run, rule, __VA_ARGS__, 0, 0, 0)
#define FIRES_(run, rule, a, b, c, ...)                                                            \
    hp_layout_fires(run, HP_RULE_##rule, HP_NO_MAPPING, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c))
/* ... about a mapping */
#define FIRES_AT(run, rule, mapping, ...) FIRES_AT_(run, rule, mapping, __VA_ARGS__, 0, 0, 0)
#define FIRES_AT_(run, rule, mapping, a, b, c, ...)                                                \
    hp_layout_fires(run, HP_RULE_##rule, (uint32_t)(mapping), (uint64_t)(a), (uint64_t)(b),        \
                    (uint64_t)(c))

/* A number that the answer depends on: notes that it is missing where it is not known. */
uint64_t hp_layout_need(struct hp_layout_run *run, int fact);
#define NEED(run, field) hp_layout_need(run, HP_LAYOUT_FACT_##field)

HP_INLINE bool hp_layout_has(const struct hp_layout_facts *facts, uint32_t feature) {
    return (facts->has & feature) != 0;
}

/* IS_ERR_VALUE, and -errno as an address */
HP_INLINE bool hp_is_error(uint64_t address) { return address >= (uint64_t)-4095; }
HP_INLINE uint64_t hp_error(int code) { return (uint64_t)(int64_t)-code; }

HP_INLINE uint64_t hp_round_down(uint64_t n, uint64_t size) { return n & ~(size - 1); }
HP_INLINE uint64_t hp_round_up(uint64_t n, uint64_t size) { return (n + size - 1) & ~(size - 1); }

/* in_32bit_syscall */
bool hp_layout_is_compat(const struct hp_layout_run *run, unsigned flags);
/* get_mmap_base(0) and get_mmap_base(1) */
uint64_t hp_layout_base(struct hp_layout_run *run, unsigned flags);
uint64_t hp_layout_legacy_base(struct hp_layout_run *run, unsigned flags);

/* vm_start_gap: where a mapping begins to be in the way */
uint64_t hp_layout_guarded(const struct hp_layout_facts *facts,
                           const struct hp_layout_mapping *mapping);
/* The first mapping that ends above address, NULL: none. find_vma */
const struct hp_layout_mapping *hp_layout_next(const struct hp_layout_run *run, uint64_t address);
uint32_t hp_layout_index(const struct hp_layout_run *run, const struct hp_layout_mapping *mapping);

/* ---- The kernel's functions ------------------------------------------------------------------ */

/* An address, or -errno as one. */
typedef uint64_t hp_layout_area(struct hp_layout_run *run, const struct hp_layout_call *call);
typedef uint64_t hp_layout_find_gap(struct hp_layout_run *run,
                                    const struct hp_layout_gap_query *query);

/* A row of the table of kernels, which is in kernel.c, newest first. */
struct hp_layout_kernel_row {
    const char *name; /* "6.18", "2.6.32-execshield" */
    int machine;
    int search;
    uint32_t has;
    hp_layout_area *area; /* mm->get_unmapped_area, of both directions */
    /* fills in the numbers of machine and kernel */
    void (*numbers)(struct hp_layout_facts *facts);
};
const struct hp_layout_kernel_row *hp_layout_row(const struct hp_layout_facts *facts);

hp_layout_area hp_layout_x86_area;     /* arch/x86/kernel/sys_x86_64.c */
hp_layout_area hp_layout_generic_area; /* mm/mmap.c, as arm64 uses it */

/* mm_get_unmapped_area: the area of the row */
hp_layout_area hp_layout_mm_area;
hp_layout_area hp_layout_thp_area;
hp_layout_area hp_layout_shmem_area;
hp_layout_area hp_layout_hugetlb_area;

/* vm_unmapped_area: by facts.search */
hp_layout_find_gap hp_layout_unmapped_area;
hp_layout_find_gap hp_layout_maple_search;

/* __get_unmapped_area: object's callback, and the checks behind it */
hp_layout_area hp_layout_get_unmapped_area;
/* do_mmap and do_mremap */
hp_layout_area hp_layout_do_mmap;
hp_layout_area hp_layout_do_mremap;

/* All that MAP_32BIT's random start can come to; 0 or -ENOSPC. */
int hp_layout_draws(struct hp_layout_run *run, const struct hp_layout_call *call);

#endif
