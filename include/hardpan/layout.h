/* SPDX-License-Identifier: MIT */
/* hardpan/layout.h - where the kernel will put the next mapping, and why, as a model.
 *
 *     text of maps ---parse---> map --+
 *                                     +--> layout ---where---> answer, and the rules that fired
 *     what is known ---------> facts -+      |  ^
 *                                            +--+ apply: one call further
 *
 * Everything here is pure: bytes and numbers in, an answer out. No system call, no memory but the
 * caller's, so it answers as well for a text that somebody mailed in, for a kernel of 2009, and on
 * a machine that is no Linux. Addresses are 64 bits wide whatever machine this runs on.
 *
 * For every function here, unless it says otherwise:
 *   answer   0 or a positive number, or -EINVAL for arguments that make no sense, and then nothing
 *            was changed. What the kernel would have refused is no error of ours: it is the answer.
 *   safety   any thread, signal handlers; one layout is one caller's at a time.
 *   memory   arrays are the caller's, with their capacity; -ENOSPC when one is too small.
 *   cost     no system call; logarithmic in the mappings where it can be, else one pass. */
#ifndef HARDPAN_LAYOUT_H
#define HARDPAN_LAYOUT_H

#include <hardpan/base.h>

HP_EXTERN_C_BEGIN

/* ---- What is mapped -------------------------------------------------------------------------- */

enum hp_layout_mapping_flag {
    HP_LAYOUT_READ = 1 << 0,
    HP_LAYOUT_WRITE = 1 << 1,
    HP_LAYOUT_EXECUTE = 1 << 2,
    HP_LAYOUT_SHARED = 1 << 3,
    HP_LAYOUT_FILE = 1 << 4,         /* has a file behind it: inode not 0 */
    HP_LAYOUT_GROWS_DOWN = 1 << 5,   /* keeps a guard gap below: [stack], or `gd` in smaps */
    HP_LAYOUT_SHADOW_STACK = 1 << 6, /* keeps one page below: `ss` in smaps */
    HP_LAYOUT_HUGETLB = 1 << 7       /* `ht` in smaps */
};

/* One line of /proc/PID/maps, or one entry of smaps. */
struct hp_layout_mapping {
    uint64_t low, high; /* [low, high) */
    uint64_t offset;    /* in the file, bytes */
    uint32_t flags;     /* enum hp_layout_mapping_flag */
    uint32_t name_size; /* bytes of the name; 0: none */
    uint64_t name;      /* where it begins in the text that was parsed */
    /* of smaps, bytes; 0 where only maps was read */
    uint64_t resident, anonymous, swapped, huge;
};

/* Mappings in ascending order that do not overlap. */
struct hp_layout_map {
    struct hp_layout_mapping *mappings; /* the caller's */
    size_t count, capacity;
    const char *text; /* what was parsed: names lie in it. NULL where there are none */
    int detailed;     /* the text was smaps with flags: growing-down, hugetlb and sizes are known */
};

enum hp_layout_flaw {
    HP_LAYOUT_SOUND,
    HP_LAYOUT_EMPTY,    /* not one line: the process ended, or is a kernel thread */
    HP_LAYOUT_CUT_OFF,  /* the last line, or the last entry of smaps, is not complete */
    HP_LAYOUT_GARBLED,  /* no line of maps, nor of smaps in its place */
    HP_LAYOUT_BACKWARD, /* a mapping that begins before the last one ends */
    HP_LAYOUT_CROWDED   /* more mappings than the array has room for */
};

/* Where a text is wrong, and how. */
struct hp_layout_wrong {
    size_t line; /* 1 is the first; 0: nothing is wrong */
    int flaw;    /* enum hp_layout_flaw */
};

/* Reads a text of maps or smaps, whole. map->mappings and map->capacity are the caller's; the text
 * must live as long as names are wanted. -EBADMSG: it is no such text, is cut off, or its mappings
 * are out of order or overlap; -ENOSPC: it has more mappings than the array. Then the map is empty
 * and *wrong (may be NULL) says in which line. One pass. */
HP_API int hp_layout_parse(const char *text, size_t size, struct hp_layout_map *map,
                           struct hp_layout_wrong *wrong);

/* What a flaw is, in English: "is cut off". NULL for another number. */
HP_API const char *hp_layout_flaw_text(int flaw);

/* The first mapping that ends above `address`, which need not lie in it: its index, map->count when
 * there is none. Binary search. */
HP_API size_t hp_layout_find(const struct hp_layout_map *map, uint64_t address);

/* ---- What the rules read --------------------------------------------------------------------- */

/* Numbers: addresses and sizes in bytes. Each becomes a field of struct hp_layout_facts, and
 * HP_LAYOUT_FACT_<field> its number. */
#define HP_LAYOUT_FACTS(FACT)                                                                      \
    FACT(page, "page size")                                                                        \
    FACT(huge_page, "transparent huge page")                                                       \
    FACT(task_size, "end of the address space")                                                    \
    FACT(window, "end of what is given without being asked for more")                              \
    FACT(min_addr, "lowest address that is handed out")                                            \
    FACT(low_addr, "lowest address without CAP_SYS_RAWIO")                                         \
    FACT(raw_io, "has CAP_SYS_RAWIO")                                                              \
    FACT(guard, "guard below what grows down")                                                     \
    FACT(legacy, "legacy layout, bottom-up")                                                       \
    FACT(randomised, "addresses are randomised")                                                   \
    FACT(base, "top of what is handed out top-down")                                               \
    FACT(legacy_base, "bottom of what is handed out bottom-up")                                    \
    FACT(compat_task_size, "end of the address space of int $0x80")                                \
    FACT(compat_base, "top-down base of int $0x80")                                                \
    FACT(compat_legacy_base, "bottom-up base of int $0x80")                                        \
    FACT(personality, "personality")                                                               \
    FACT(stack_limit, "stack limit at exec")                                                       \
    FACT(legacy_sysctl, "vm.legacy_va_layout")                                                     \
    FACT(stack_pad, "room for the random start of the stack")                                      \
    FACT(random_bits, "random bits of the base, in pages")                                         \
    FACT(compat_random_bits, "random bits of the base of int $0x80, in pages")                     \
    FACT(draw, "what was drawn for the base, bytes")                                               \
    FACT(compat_draw, "what was drawn for the base of int $0x80, bytes")                           \
    FACT(shared_align, "alignment of shared anonymous memory")                                     \
    FACT(memfd_align, "alignment of memfd")                                                        \
    FACT(start_brk, "where the heap began")                                                        \
    FACT(brk, "where the heap ends")                                                               \
    FACT(exec_shield, "kernel.exec-shield")                                                        \
    FACT(shlib_base, "where exec-shield begins to look")

enum hp_layout_fact {
#define HP_LAYOUT_FACT_NUMBER(field, title) HP_LAYOUT_FACT_##field,
    HP_LAYOUT_FACTS(HP_LAYOUT_FACT_NUMBER)
#undef HP_LAYOUT_FACT_NUMBER
        HP_LAYOUT_FACT_COUNT
};

/* How a fact came to be known. */
enum hp_layout_mark {
    HP_LAYOUT_UNKNOWN,  /* the field is 0 and means nothing */
    HP_LAYOUT_ASSUMED,  /* as this kernel is built by default */
    HP_LAYOUT_DERIVED,  /* follows from other facts */
    HP_LAYOUT_READ_OUT, /* read from a file of the kernel's */
    HP_LAYOUT_PROBED    /* a mapping was made, and this is where it went */
};

enum hp_layout_machine { HP_LAYOUT_X86_64, HP_LAYOUT_I386, HP_LAYOUT_AARCH64 };

enum hp_layout_search { HP_LAYOUT_MAPLE, HP_LAYOUT_RBTREE, HP_LAYOUT_CACHE };

/* In what kernels differ, one bit each. */
enum hp_layout_feature {
    /* anonymous memory is aligned to huge pages (6.7) */
    HP_LAYOUT_HAS_THP = 1 << 0,
    /* ... but not where a hint is given (6.13, and older ones by backport) */
    HP_LAYOUT_HAS_THP_NO_HINT = 1 << 1,
    /* ... and only lengths that are multiples of it (6.13, and older ones by backport) */
    HP_LAYOUT_HAS_THP_MULTIPLES = 1 << 2,
    /* file systems that ask for it get huge alignment (5.18) */
    HP_LAYOUT_HAS_THP_FILE = 1 << 3,
    /* aligned already, top-down: one huge page up (6.8) */
    HP_LAYOUT_HAS_THP_UP = 1 << 4,
    /* a 32-bit call gets no such alignment (6.8, and older ones by backport) */
    HP_LAYOUT_HAS_THP_NOT_COMPAT = 1 << 5,
    HP_LAYOUT_HAS_SHMEM_ALIGN = 1 << 6, /* tmpfs and shared anonymous memory (4.8) */
    /* MAP_HUGETLB has a routine of its own, which rounds hints down (x86 before 6.13) */
    HP_LAYOUT_HAS_HUGETLB_X86 = 1 << 7,
    /* MAP_HUGETLB has a routine of its own, which rounds hints up (others before 6.13) */
    HP_LAYOUT_HAS_HUGETLB_GENERIC = 1 << 8,
    HP_LAYOUT_HAS_ABOVE_4G = 1 << 9,    /* MAP_ABOVE4G (6.6) */
    HP_LAYOUT_HAS_NOREPLACE = 1 << 10,  /* MAP_FIXED_NOREPLACE (4.17); a hint before */
    HP_LAYOUT_HAS_SHADOW_GAP = 1 << 11, /* a new shadow stack keeps a page below (6.10) */
    /* the search begins at min_addr, whatever is asked (arm64: in 6.1; x86: not in 6.1, in 6.18) */
    HP_LAYOUT_HAS_SEARCH_MIN = 1 << 12,
    /* an unlimited stack at exec means legacy (x86 before 4.14, others to this day) */
    HP_LAYOUT_HAS_UNLIMITED_LEGACY = 1 << 13,
    /* MAP_32BIT begins at a random page of 32 MiB where randomised (2.6.25) */
    HP_LAYOUT_HAS_RANDOM_32BIT = 1 << 14,
    /* MAP_FIXED that cuts a huge page of MAP_HUGETLB is EINVAL (6.2), not ENOMEM */
    HP_LAYOUT_HAS_CUT_EINVAL = 1 << 15,
    /* the gap above the base counts the guard and the stack's random start (4.14) */
    HP_LAYOUT_HAS_GAP_PAD = 1 << 16,
    HP_LAYOUT_HAS_EXEC_SHIELD = 1 << 17,
    HP_LAYOUT_HAS_THP_ZERO = 1 << 18, /* private /dev/zero is aligned to huge pages */
    /* a search down walks from where the last one ended, then again from the base (3.4 to 3.7) */
    HP_LAYOUT_HAS_CACHE_TWICE = 1 << 19,
    HP_LAYOUT_HAS_LEGACY_ONLY =
        1 << 20, /* 64-bit tasks are bottom-up, whatever is asked (2.6.24) */
    /* mremap to more than the address space is EINVAL at once (in 6.18, not in 6.1), not ENOMEM */
    HP_LAYOUT_HAS_REMAP_EINVAL = 1 << 21,
    /* a search downward finds nothing where the window is too short (in 6.12, not in 6.1) */
    HP_LAYOUT_HAS_WINDOW_CHECK = 1 << 22,
    /* as HUGETLB_GENERIC, which it stands in the place of, but no hint below min_addr is taken and
     * no length that leaves no room for min_addr (in 6.12, not in 6.1) */
    HP_LAYOUT_HAS_HUGETLB_MIN = 1 << 23
};

/* A stack limit without end, RLIM_INFINITY. */
#define HP_LAYOUT_UNLIMITED UINT64_MAX

struct hp_layout_facts {
    int kernel;      /* the row that hp_layout_kernel took it from */
    int machine;     /* enum hp_layout_machine; a 32-bit task is I386 on any kernel */
    int search;      /* enum hp_layout_search */
    int search_mark; /* enum hp_layout_mark, of the search */
    uint32_t has;    /* enum hp_layout_feature */
    uint32_t probed; /* those that a mapping told, there or not; the others are assumed */
#define HP_LAYOUT_FACT_FIELD(field, title) uint64_t field;
    HP_LAYOUT_FACTS(HP_LAYOUT_FACT_FIELD)
#undef HP_LAYOUT_FACT_FIELD
    unsigned char mark[HP_LAYOUT_FACT_COUNT]; /* enum hp_layout_mark, of each number */
    /* rules that are switched off, by number: how a test shows that each is needed */
    uint64_t without;
};

/* Fills in what a kernel does and is by default on a machine, all of it HP_LAYOUT_ASSUMED; what
 * depends on the process stays unknown. `name` is one that hp_layout_kernel_name gives. -ENOENT: no
 * such kernel for this machine. */
HP_API int hp_layout_kernel(const char *name, int machine, struct hp_layout_facts *facts);

/* Name and machine of row `index` of the table of kernels, newest first; NULL past its end. The
 * second answers the machine, -EINVAL past the end. Static storage. */
HP_API const char *hp_layout_kernel_name(int index);
HP_API int hp_layout_kernel_machine(int index);

/* What fact, mark or machine a number stands for, in English; NULL for another number. */
HP_API const char *hp_layout_fact_title(int fact);
HP_API const char *hp_layout_mark_name(int mark);
HP_API const char *hp_layout_machine_name(int machine);

/* The number of a fact, and how it is set together with its mark. */
HP_API uint64_t hp_layout_fact(const struct hp_layout_facts *facts, int fact);
HP_API int hp_layout_set_fact(struct hp_layout_facts *facts, int fact, uint64_t number, int mark);

/* The gap above the top-down base, and of what it is made, bytes. */
struct hp_layout_gap {
    uint64_t limit;       /* of the stack, at exec */
    uint64_t pad, guard;  /* added for the stack's random start and its guard; 0 if it overflows */
    uint64_t least, most; /* what it is held to */
    uint64_t size;        /* what came of it */
};

/* arch_pick_mmap_layout: direction, bases, and their twins for int $0x80, from personality, stack
 * limit and what was drawn, as exec sets them. Sets legacy, base, legacy_base, compat_base and
 * compat_legacy_base, all DERIVED; *gap may be NULL. -ENODATA: a fact it needs is unknown, and only
 * what could be told was set. */
HP_API int hp_layout_pick(struct hp_layout_facts *facts, struct hp_layout_gap *gap);

/* ---- Where it will go ------------------------------------------------------------------------ */

struct hp_layout {
    struct hp_layout_facts facts;
    struct hp_layout_map map;
    /* of kernels that search from a cache: mm->free_area_cache and mm->cached_hole_size */
    struct {
        int known;
        uint64_t cache, hole;
    } hidden;
};

enum hp_layout_request_flag {
    HP_LAYOUT_MAP_SHARED = 1 << 0,
    HP_LAYOUT_MAP_FIXED = 1 << 1,
    HP_LAYOUT_MAP_NOREPLACE = 1 << 2,
    HP_LAYOUT_MAP_32BIT = 1 << 3,
    HP_LAYOUT_MAP_GROWS_DOWN = 1 << 4,
    HP_LAYOUT_MAP_ABOVE_4G = 1 << 5,
    HP_LAYOUT_MAP_SHADOW_STACK = 1 << 6, /* by map_shadow_stack */
    HP_LAYOUT_BY_INT80 = 1 << 7,         /* a 32-bit call of a 64-bit task */
    /* mremap of [old_address, old_address + old_length) to `length`; address counts with FIXED */
    HP_LAYOUT_REMAP = 1 << 8,
    HP_LAYOUT_MAY_MOVE = 1 << 9
};

/* What is mapped, for it may choose the address itself (file->f_op->get_unmapped_area). */
enum hp_layout_object {
    HP_LAYOUT_ANONYMOUS,
    HP_LAYOUT_PLAIN_FILE, /* leaves it to the mm: procfs, ramfs, any file system before 5.18 */
    HP_LAYOUT_THP_FILE,   /* ext2, ext4, xfs, btrfs, erofs, fuse: thp_get_unmapped_area */
    HP_LAYOUT_MEMFD,      /* also what is shared and anonymous, once it is mapped (mremap) */
    HP_LAYOUT_TMPFS,      /* `align` is what its mount's huge= makes of it */
    HP_LAYOUT_DEV_ZERO,
    HP_LAYOUT_HUGE,  /* MAP_HUGETLB or a file of hugetlbfs; `align` is its page */
    HP_LAYOUT_DRIVER /* has a routine of its own that is not known */
};

struct hp_layout_request {
    uint64_t address; /* the hint, 0: none */
    uint64_t length, offset;
    unsigned protection; /* HP_LAYOUT_READ, WRITE, EXECUTE */
    unsigned flags;      /* enum hp_layout_request_flag */
    int object;          /* enum hp_layout_object */
    uint64_t align;      /* of TMPFS and HUGE, bytes */
    uint64_t old_address, old_length;
};

enum hp_layout_verdict {
    HP_LAYOUT_EXACT,    /* at `address` */
    HP_LAYOUT_REFUSED,  /* `code` */
    HP_LAYOUT_ONE_OF,   /* the kernel draws: parts, with how many draws fall in each */
    HP_LAYOUT_HISTORY,  /* depends on what was mapped before, which cannot be seen: candidates */
    HP_LAYOUT_NOT_KNOWN /* depends on fact `missing`, or (-1) on a routine that is not known */
};

/* Addresses first, first + step, ... last; each comes of `draws` draws. With a code, they end in
 * that error. */
struct hp_layout_part {
    uint64_t first, last, step, draws;
    int code;
};

/* One rule that fired. */
struct hp_layout_step {
    int rule;
    uint32_t mapping; /* the one that it is about, an index; UINT32_MAX: none */
    uint64_t number[3];
};

struct hp_layout_answer {
    int verdict;      /* enum hp_layout_verdict */
    int code;         /* -errno, Linux's number; of REFUSED */
    int missing;      /* enum hp_layout_fact, of NOT_KNOWN */
    uint64_t address; /* of EXACT; what the caller sees (int $0x80: cut to 32 bits) */
    uint64_t mapped;  /* of EXACT: where it really is */
    uint64_t length;  /* bytes that are mapped there, rounded up */
    /* of ONE_OF and HISTORY, the caller's. Parts may overlap: draws add up */
    struct hp_layout_part *parts;
    size_t count, capacity;
    uint64_t draws; /* how many there are */
    /* the rules that fired, in order, the caller's; `fired` may be more than it has room for. Of
     * ONE_OF they are those of the lowest draw */
    struct hp_layout_step *steps;
    size_t fired, steps_capacity;
};

/* Where the kernel will put it, and by which rules. parts, capacity, steps and steps_capacity are
 * the caller's (0 is fine); the rest is filled in. -ENOSPC: more parts than room; count is how many
 * there are. Logarithmic in the mappings, but for a search among small gaps. */
HP_API int hp_layout_where(const struct hp_layout *layout, const struct hp_layout_request *request,
                           struct hp_layout_answer *answer);

/* How many of the answer's draws come to `address`, or to the error `code` if that is not 0; of
 * EXACT and REFUSED 1 or 0; of HISTORY how many candidates are this. */
HP_API uint64_t hp_layout_holds(const struct hp_layout_answer *answer, uint64_t address, int code);

/* ---- Rules and words ------------------------------------------------------------------------- */

/* Name of a rule ("hint-guard"), and the kernel's function that it follows; NULL for another
 * number. Rules are numbered from 0. */
HP_API const char *hp_layout_rule_name(int rule);
HP_API const char *hp_layout_rule_source(int rule);

/* The sentence of a step: "hint refused: 0x... + 2 MiB enters the 1 MiB guard of [stack]". The
 * length it needs, as snprintf; always terminated when capacity > 0. */
HP_API size_t hp_layout_step_text(const struct hp_layout *layout, const struct hp_layout_step *step,
                                  char *text, size_t capacity);

/* A page of text: direction, bases, the gap and what it is made of, random bits in use, guards and
 * limits, each with how it is known. As snprintf. */
HP_API size_t hp_layout_describe(const struct hp_layout *layout, char *text, size_t capacity);

/* ---- Finding the bases of a process ---------------------------------------------------------- */

/* The bases, from a page that this process let the kernel place (probe) and that is part of the
 * map: the edge of what touches it. Sets base or legacy_base PROBED, the other DERIVED where what
 * was drawn is plausible. -ENODATA: no edge is plausible, and nothing was set. */
HP_API int hp_layout_recover_own(struct hp_layout *layout, uint64_t probe);

/* The bases of another process, from its map alone: the end of its loader, or what lies right
 * below, is the top-down base if what was drawn for it is in range. Sets base, legacy_base and draw
 * DERIVED. -ENODATA: nothing plausible, and nothing was set. */
HP_API int hp_layout_recover(struct hp_layout *layout);

HP_EXTERN_C_END

#endif
