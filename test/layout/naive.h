/* SPDX-License-Identifier: MIT */
/* A second model of how kernels choose addresses, to hold against src/layout: written from the
 * kernels' behaviour alone, and as simply as possible. Memory is an array with a word for each
 * page, and every question is answered by looking at page after page.
 *
 * An array of 2^47 bytes' pages is too long, so a process here is as small as its test wants: sizes
 * and bases are given, and the rules do not notice. */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE = 4096 };

/* What a page holds; 0 is free. Two neighbours belong to one mapping of the kernel's exactly when
 * their words are equal: every kernel here merges what can be merged. */
typedef uint32_t naive_word;
#define NAIVE_GROWS_DOWN ((naive_word)1 << 31)
#define NAIVE_SHADOW_STACK ((naive_word)1 << 30)

enum naive_era {
    NAIVE_CACHE,       /* to 3.3: a search down tries the cache once, then begins at the base */
    NAIVE_CACHE_TWICE, /* 3.4 to 3.7: it walks down from the cache, then again from the base */
    NAIVE_TREE,        /* 3.8 to 6.0: gaps less their guards, in a red-black tree */
    NAIVE_MAPLE        /* from 6.1: gaps; the guard of what lies behind one is looked at later */
};

struct naive {
    enum naive_era era;
    bool kernel32;      /* a 32-bit kernel: the generic routines, and arithmetic in 32 bits */
    bool task32;        /* a 32-bit process, under whichever kernel */
    bool down;          /* mm->get_unmapped_area is the one that goes down */
    bool randomized;    /* PF_RANDOMIZE */
    bool random_32bit;  /* MAP_32BIT begins at random: from 2.6.25 */
    bool exec_area;     /* mm->get_unmapped_exec_area is set: exec-shield */
    bool keeps_minimum; /* searches stay above `minimum`: RHEL 6, and from 6.1 */
    uint64_t task_size;
    uint64_t window;  /* how far a search without a high hint may go; mostly task_size */
    uint64_t minimum; /* mmap_min_addr */
    uint64_t base;    /* mm->mmap_base */
    uint64_t legacy;  /* where a search up begins; TASK_UNMAPPED_BASE to 3.10 */
    uint64_t guard;   /* bytes kept free below a mapping that grows down */
    uint64_t huge; /* what anonymous memory is aligned to (transparent huge pages); 0: it is not */
    uint64_t library, heap, brk; /* shlib_base, start_brk, brk */
    uint64_t cache, hole;        /* free_area_cache, cached_hole_size */
    size_t pages;
    naive_word *page; /* the test's; page[i] is the page at i * PAGE */
};

enum naive_flag {
    NAIVE_FIXED = 1 << 0,
    NAIVE_NOREPLACE = 1 << 1, /* with FIXED, where it is known at all */
    NAIVE_32BIT = 1 << 2,
    NAIVE_EXECUTE = 1 << 3,
    NAIVE_OWN = 1 << 4, /* the file has a routine of its own, and this is what it answers: own */
    NAIVE_ABOVE4G = 1 << 5
};

struct naive_request {
    uint64_t hint, length;
    unsigned flags;  /* enum naive_flag */
    naive_word word; /* for its pages */
    int64_t own;
    /* what get_random_int() answers: for MAP_32BIT or exec-shield's wish; for the second try of the
     * one, the second place of the other */
    uint32_t random[2];
};

/* An address, or -errno. The pages are taken, and the cache is what it becomes. */
int64_t naive_map(struct naive *naive, const struct naive_request *request);
/* Only where: nothing is taken. The cache becomes what it becomes all the same. */
int64_t naive_where(struct naive *naive, const struct naive_request *request);
int64_t naive_unmap(struct naive *naive, uint64_t at, uint64_t length);
/* What brk(2) answers: the new break, or the old one when it is refused. */
uint64_t naive_brk(struct naive *naive, uint64_t brk, naive_word word);

/* The steps, for the eras' files. */
struct naive_run {
    uint64_t low, high;
    naive_word word;
};
/* The first mapping that ends after `at`, or false. */
bool naive_next(const struct naive *naive, uint64_t at, struct naive_run *run);
bool naive_is_free(const struct naive *naive, uint64_t low, uint64_t high);
uint64_t naive_page_up(uint64_t value);
uint64_t naive_third(const struct naive *naive); /* TASK_UNMAPPED_BASE */
/* get_random_int() % range, from `low`, on the page above; 0 where the length does not fit. */
uint64_t naive_randomize(uint64_t low, uint64_t high, uint64_t length, uint32_t random);

int64_t naive_cache_search(struct naive *naive, const struct naive_request *request);
int64_t naive_exec_search(struct naive *naive, const struct naive_request *request);
int64_t naive_gap_search(struct naive *naive, const struct naive_request *request);
void naive_cache_unmapped(struct naive *naive, uint64_t low, uint64_t high);

#endif
