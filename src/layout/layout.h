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

/* Where alternatives cannot be told apart, every one is gone by in turn. */
enum { HP_FORKS = 4 }; /* two searches of a callback, each downward and then upward */
struct hp_layout_forks {
    size_t choice[HP_FORKS], most[HP_FORKS];
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
    bool unknown;   /* ... or a routine that is not known */
    bool history;   /* the answer depends on what cannot be seen; candidates are in the answer */
    /* get_random_int() in the order of its calls; NULL: all that it may give is looked at */
    const uint64_t *random;
    /* mm->free_area_cache and mm->cached_hole_size, as they become */
    bool known;
    uint64_t cache, hole;
    unsigned taken; /* of the numbers given, those that were used */
    struct hp_layout_forks *forks;
    unsigned fork; /* how many were come to in this try */
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

/* The mark of what follows from the facts named: of the least sure, and at most DERIVED. */
int hp_layout_mark_of(const struct hp_layout_facts *facts, const int *from, size_t count);

/* For what has no place in the trace. */
HP_INLINE bool hp_layout_is_on(const struct hp_layout_facts *facts, enum hp_layout_rule rule) {
    return !(facts->without >> rule & 1);
}

HP_INLINE bool hp_layout_has(const struct hp_layout_facts *facts, uint32_t feature) {
    return (facts->has & feature) != 0;
}

/* IS_ERR_VALUE, and -errno as an address */
HP_INLINE bool hp_is_error(uint64_t address) { return address >= (uint64_t)-4095; }
HP_INLINE uint64_t hp_error(int code) { return (uint64_t) - (int64_t)code; }

HP_INLINE uint64_t hp_round_down(uint64_t n, uint64_t size) { return n & ~(size - 1); }
HP_INLINE uint64_t hp_round_up(uint64_t n, uint64_t size) { return (n + size - 1) & ~(size - 1); }

/* in_32bit_syscall */
bool hp_layout_is_compat(const struct hp_layout_run *run, unsigned flags);
/* get_mmap_base(0) and get_mmap_base(1) */
uint64_t hp_layout_base(struct hp_layout_run *run, unsigned flags);
uint64_t hp_layout_legacy_base(struct hp_layout_run *run, unsigned flags);

/* The hint as it stands: whether [address, address + length) is clear of what comes next and of its
 * guard. HINT_BUSY, HINT_GUARD, HINT_TAKEN. */
bool hp_layout_hint_free(struct hp_layout_run *run, uint64_t address, uint64_t length);

/* vm_start_gap: where a mapping begins to be in the way */
uint64_t hp_layout_guarded(const struct hp_layout_facts *facts,
                           const struct hp_layout_mapping *mapping);
/* The first mapping that ends above address, NULL: none. find_vma */
const struct hp_layout_mapping *hp_layout_next(const struct hp_layout_run *run, uint64_t address);
/* The one behind it, NULL: none. */
const struct hp_layout_mapping *hp_layout_after(const struct hp_layout_run *run,
                                                const struct hp_layout_mapping *mapping);
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

hp_layout_area hp_layout_x86_area;                               /* arch/x86/kernel/sys_x86_64.c */
hp_layout_area hp_layout_generic_area;                           /* mm/mmap.c, as arm64 uses it */
hp_layout_area hp_layout_cache_area;                             /* both files, up to 3.7 */
hp_layout_area hp_layout_shield_area;                            /* with exec-shield before it */
hp_layout_area hp_layout_x86_hugetlb, hp_layout_hugetlb_generic; /* until 6.12 */

/* mm_get_unmapped_area: the area of the row */
hp_layout_area hp_layout_mm_area;
/* Whose get_unmapped_area is asked. */
enum hp_layout_callback {
    HP_CALLBACK_MM,
    HP_CALLBACK_THP,
    HP_CALLBACK_SHMEM,
    HP_CALLBACK_HUGETLB,
    HP_CALLBACK_DRIVER
};
enum hp_layout_callback hp_layout_callback(const struct hp_layout_run *run,
                                           const struct hp_layout_call *call);
/* What shmem aligns this object to; 0: it does not. */
uint64_t hp_layout_shmem_page(struct hp_layout_run *run, const struct hp_layout_call *call);
/* What thp_get_unmapped_area looks for and adds to; 0: it does not. */
uint64_t hp_layout_thp_padded(struct hp_layout_run *run, const struct hp_layout_call *call);
hp_layout_area hp_layout_thp_area;
hp_layout_area hp_layout_shmem_area;
/* Whether a place that was found is given up for one that is aligned, and what is looked for
 * then; 0: that would be too long. */
bool hp_layout_shmem_moves(const struct hp_layout_call *call, uint64_t huge, uint64_t found);
uint64_t hp_layout_shmem_inflated(const struct hp_layout_run *run,
                                  const struct hp_layout_call *call, uint64_t huge);
hp_layout_area hp_layout_hugetlb_area;
/* MAP_FIXED among huge pages: whether that decides, and then the address or the error. */
bool hp_layout_hugetlb_fixed(struct hp_layout_run *run, const struct hp_layout_call *call,
                             uint64_t *at);

/* vm_unmapped_area: by facts.search */
hp_layout_find_gap hp_layout_unmapped_area;
hp_layout_find_gap hp_layout_maple_search;
hp_layout_find_gap hp_layout_rbtree_search;
/* Which of `count` alternatives this try goes by; 0 is the plain one. */
size_t hp_layout_choose(struct hp_layout_run *run, size_t count);

/* __get_unmapped_area: object's callback, and the checks behind it */
hp_layout_area hp_layout_get_unmapped_area;
uint64_t hp_layout_checked(struct hp_layout_run *run, const struct hp_layout_call *call,
                           uint64_t found);
/* do_mmap and do_mremap */
hp_layout_area hp_layout_do_mmap;
hp_layout_area hp_layout_do_mremap;
/* hugetlb_vm_op_split, at both edges of what is replaced or unmapped; 0 or an error */
int hp_layout_cuts_huge(struct hp_layout_run *run, uint64_t low, uint64_t high);

/* A run at its beginning, -EINVAL for what makes no sense; and through to its end, 0 or -ENOSPC. */
int hp_layout_open(struct hp_layout_run *run, const struct hp_layout *layout,
                   const struct hp_layout_request *request, struct hp_layout_answer *answer);
int hp_layout_ask(struct hp_layout_run *run);

/* Fills the answer's parts with all that MAP_32BIT's random start can come to. */
void hp_layout_draws(struct hp_layout_run *run, const struct hp_layout_call *call);
/* One more part, which counts also where there is no room for it. */
void hp_layout_add_part(struct hp_layout_answer *answer, const struct hp_layout_part *part);
/* draws of all addresses of a part */
uint64_t hp_layout_part_draws(const struct hp_layout_part *part);
/* The first of the starts that find_start_end draws from, and how many there are, a page apart. */
enum { HP_START_32BIT = 0x40000000, HP_RANDOM_32BIT = 0x2000000 };

#endif
