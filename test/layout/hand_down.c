/* SPDX-License-Identifier: MIT */
/* Top-down on i386 with the cache: arch_get_unmapped_area_topdown of mm/mmap.c in Linux 2.6.24, and
 * what 3.4 made of it. The stack may have 8 MiB, so the gap is its least, 128 MiB, and the base
 * 0xb8000000. */
#include "hand.h"

#include <errno.h>

#define DOWN_OF(name, which, from)                                                                 \
    .kernel = name, .process = {PROCESS_I386, .era = which, .down = true, .base = from}
#define DOWN DOWN_OF("2.6.24", NAIVE_CACHE, 0xb8000000)
#define DOWN_3_4 DOWN_OF("3.4", NAIVE_CACHE_TWICE, 0xb8000000)
#define EXE                                                                                        \
    { HAVE, 0x08048000, 0x08050000 }
#define STACK_TOP                                                                                  \
    { HAVE, 0xbffeb000, 0xc0000000 }
/* a at 0xb7fff000, b of four pages below it; a goes, and is too small for two pages, which go below
 * b. A page right below the cache is then mapped by hint. */
#define A_HOLE_THAT_NOBODY_REMEMBERS                                                               \
    EXE, STACK_TOP, {MAP, 0, 0x1000, 0xb7fff000}, {MAP, 0, 0x4000, 0xb7ffb000},                    \
        {UNMAP, 0xb7fff000, 0x1000, 0}, {CACHE_IS, 0xb8000000, 0}, {MAP, 0, 0x2000, 0xb7ff9000},   \
        {CACHE_IS, 0xb7ff9000, 0}, {                                                               \
        MAP, 0xb7ff8000, 0x1000, 0xb7ff8000                                                        \
    }

const struct hand_case hand_down[] = {
    {"down: first and second",
     "exec sets the cache to the base. A page goes right below the cache, which moves to it.",
     DOWN,
     {EXE,
      STACK_TOP,
      {CACHE_IS, 0xb8000000, 0},
      {MAP, 0, 0x1000, 0xb7fff000},
      {CACHE_IS, 0xb7fff000, 0},
      {MAP, 0, 0x1000, 0xb7ffe000}}},
    {"down: what is freed at the top",
     "munmap tells where the mapping behind the hole begins, here the stack; that is above the "
     "base, where the cache is stopped. The next page goes right below the base again.",
     DOWN,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0xb7fff000},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {UNMAP, 0xb7fff000, 0x1000, 0},
      {CACHE_IS, 0xb8000000, 0},
      {MAP, 0, 0x1000, 0xb7fff000}}},
    {"down: what is freed in the middle",
     "a, b, c downwards; b goes. Behind the hole a begins, at 0xb7fff000: the cache goes there, "
     "and a page fits right below it.",
     DOWN,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0xb7fff000},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {MAP, 0, 0x1000, 0xb7ffd000},
      {UNMAP, 0xb7ffe000, 0x1000, 0},
      {CACHE_IS, 0xb7fff000, 0},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {CACHE_IS, 0xb7ffe000, 0}}},
    {"down: a hole that is too small is remembered",
     "The same, and two pages: below the cache c is in the way, so from the base: 0xb7ffe000 is "
     "free, a at 0xb7fff000 is in the way, hole 0x1000; below a: 0xb7ffd000, in c; below c: "
     "0xb7ffb000. One page is not more than the hole, so hole 0 and cache to the base: right below "
     "it is a; from the base, below a, it fits at 0xb7ffe000. The next meets c below the cache, "
     "and "
     "from the base a, the page, c and the two pages, and fits below them, at 0xb7ffa000.",
     DOWN,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0xb7fff000},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {MAP, 0, 0x1000, 0xb7ffd000},
      {UNMAP, 0xb7ffe000, 0x1000, 0},
      {MAP, 0, 0x2000, 0xb7ffb000},
      {CACHE_IS, 0xb7ffb000, 0x1000},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {CACHE_IS, 0xb7ffe000, 0},
      {MAP, 0, 0x1000, 0xb7ffa000}}},
    {"down: too long, and the whole search fails",
     "0xb0000000 bytes. Below the cache, at 0x08000000, the program is in the way. From the base "
     "the same: hole 0x48000, and the program begins below the length, so the walk ends. Bottom-up "
     "the third is past 0xc0000000 less the length: ENOMEM. The cache is put to the base, the hole "
     "unknown; the next page sees that and begins at the base.",
     DOWN,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0xb7fff000},
      {MAP, 0, 0xb0000000, -ENOMEM},
      {CACHE_IS, 0xb8000000, 0xffffffff},
      {MAP, 0, 0x1000, 0xb7ffe000},
      {CACHE_IS, 0xb7ffe000, 0}}},
    {"down: too long for below the base, found bottom-up",
     "A stack of 1 GiB: the base is 0x80000000. 0x78000000 bytes would begin at 0x08000000, where "
     "the program is in the way, and it begins below the length. Bottom-up from the third: free to "
     "0xb8000000, past the base. Cache to the base, hole unknown. The next page starts at the "
     "base, finds it taken, and fits below what was mapped.",
     DOWN_OF("2.6.24", NAIVE_CACHE, 0x80000000),
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x78000000, 0x40000000},
      {CACHE_IS, 0x80000000, 0xffffffff},
      {MAP, 0, 0x1000, 0x3ffff000}}},
    {"down: longer than the base is high",
     "A stack of 1 GiB: 0x80001000 bytes are more than the base is high, so there is no walk down. "
     "Bottom-up the third is past 0xc0000000 less the length, 0x3ffff000: ENOMEM.",
     DOWN_OF("2.6.24", NAIVE_CACHE, 0x80000000),
     {EXE, {MAP, 0, 0x80001000, -ENOMEM}, {CACHE_IS, 0x80000000, 0xffffffff}}},
    {"down: a hint, free and taken",
     "A free hint is taken wherever it is, also above the base, and the cache stays. A second time "
     "it is taken: the search goes to the cache.",
     DOWN,
     {EXE,
      STACK_TOP,
      {MAP, 0xbb000000, 0x1000, 0xbb000000},
      {CACHE_IS, 0xb8000000, 0},
      {MAP, 0xbb000000, 0x1000, 0xb7fff000}}},
    {"down: exactly as long as the cache is high",
     "0xb8000000 bytes would begin at 0. Below the cache only what is less than the cache is "
     "tried; "
     "from the base nothing is in the way up to the stack, so the answer is address 0.",
     DOWN,
     {STACK_TOP, {MAP, 0, 0xb8000000, 0}, {CACHE_IS, 0, 0}}},
    {"down: what lies right below the cache, 2.6.24",
     "The page freed at 0xb7fff000 was never passed as a hole: two pages from the base begin in b. "
     "The next page finds the one right below the cache taken, begins at the base and gets it.",
     DOWN,
     {A_HOLE_THAT_NOBODY_REMEMBERS, {MAP, 0, 0x1000, 0xb7fff000}, {CACHE_IS, 0xb7fff000, 0}}},
    {"down: what lies right below the cache, 3.4",
     "The same script. From 3.4 the walk goes on from the cache: below the page that is in the way "
     "there is room, and 0xb7fff000 stays free.",
     DOWN_3_4,
     {A_HOLE_THAT_NOBODY_REMEMBERS, {MAP, 0, 0x1000, 0xb7ff7000}, {CACHE_IS, 0xb7ff7000, 0}}},
    {"down: from the cache, then from the base, 3.4",
     "One page at the top, then everything between the program and it. The page is freed: munmap "
     "tells the stack, and the cache is stopped at the base. A hint takes it, which leaves the "
     "cache; a second page finds it taken, walks down to the program, whose start is above one "
     "page: below it, at 0x08047000, there is room.",
     DOWN_3_4,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0xb7fff000},
      {MAP, 0, 0xaffaf000, 0x08050000},
      {CACHE_IS, 0x08050000, 0},
      {UNMAP, 0xb7fff000, 0x1000, 0},
      {CACHE_IS, 0xb8000000, 0},
      {MAP, 0xb7fff000, 0x1000, 0xb7fff000},
      {MAP, 0, 0x1000, 0x08047000}}},
    {"down: the cache is lower than the length, 3.4",
     "Everything from the program to the base is taken: a page goes below the program, and so does "
     "the cache, to 0x08047000. 0x09000000 bytes are more, so there is nothing to walk from there: "
     "once more from the base, down to the program, which begins below the length. Bottom-up there "
     "is no room below 0xb7000000. ENOMEM.",
     DOWN_3_4,
     {{HAVE, 0x08048000, 0xb8000000},
      STACK_TOP,
      {MAP, 0, 0x1000, 0x08047000},
      {MAP, 0, 0x09000000, -ENOMEM},
      {CACHE_IS, 0xb8000000, 0xffffffff}}},
    {"down: brk grows, and is stopped a page before a mapping",
     "The heap grows to 0x08100000; beyond the next mapping's page before it is refused, and "
     "answers what it was: a page must stay free above the new end.",
     .kernel = "2.6.24",
     .process = {PROCESS_I386, .era = NAIVE_CACHE, .down = true, .base = 0xb8000000,
                 .heap = 0x08060000, .brk = 0x08060000},
     {EXE,
      STACK_TOP,
      {BRK, 0x08100000, 0, 0x08100000},
      {MAP, 0x08200000, 0x1000, 0x08200000},
      {BRK, 0x081ff001, 0, 0x08100000},
      {BRK, 0x081ff000, 0, 0x081ff000},
      {BRK, 0x08060000, 0, 0x08060000}}},
    {"down: brk shrinks, and the cache rises",
     "The heap ends at 0x08100000, and all from 0x08300000 on is taken. 2 MiB fill what is "
     "between, "
     "8 pages then only fit below the heap, at 0x08058000, where the cache now is. The heap "
     "shrinks: "
     "munmap tells the mapping behind it, 0x08100000, and a page goes right below that.",
     .kernel = "2.6.24",
     .process = {PROCESS_I386, .era = NAIVE_CACHE, .down = true, .base = 0xb8000000,
                 .heap = 0x08060000, .brk = 0x08060000},
     {EXE,
      {HAVE, 0x08300000, 0xc0000000},
      {BRK, 0x08100000, 0, 0x08100000},
      {MAP, 0, 0x200000, 0x08100000},
      {CACHE_IS, 0x08100000, 0},
      {MAP, 0, 0x8000, 0x08058000},
      {CACHE_IS, 0x08058000, 0},
      {BRK, 0x08080000, 0, 0x08080000},
      {CACHE_IS, 0x08100000, 0},
      {MAP, 0, 0x1000, 0x080ff000}}},
};
HAND_COUNT(hand_down);
