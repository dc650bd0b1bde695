/* SPDX-License-Identifier: MIT */
/* Processes of 64 bits with the cache, 2.6.24 and 2.6.32: arch_get_unmapped_area of sys_x86_64.c,
 * its find_start_end, MAP_32BIT, and what becomes of the random base. */
#include "hand.h"

#include <errno.h>

#define WIDE_OF(name, draws, goes_down, from)                                                      \
    .kernel = name, .process = {PROCESS_WIDE,        .random_32bit = true, .era = NAIVE_CACHE,     \
                                .randomized = draws, .down = goes_down,    .base = from}
#define UP WIDE_OF("2.6.32", false, false, 0x65556000)
#define UP_RANDOM WIDE_OF("2.6.32", true, false, 0x65556000)
#define DOWN WIDE_OF("2.6.32", false, true, 0xf0000000)
#define DOWN_RANDOM WIDE_OF("2.6.32", true, true, 0xf0000000)

const struct hand_case hand_wide[] = {
    {"wide: the random base is only the first cache",
     "Legacy, and 0x10000000 was drawn: the base is the third plus that, 0x65556000. "
     "find_start_end says the third, not the base; but exec has put the cache to the base, so that "
     "is where the first page goes.",
     UP,
     {{CACHE_IS, 0x65556000, 0}, {MAP, 0, 0x1000, 0x65556000}, {CACHE_IS, 0x65557000, 0}}},
    {"wide: past the end the random base is forgotten",
     "The first mapping fills from the base to the end. The next page starts past the end less its "
     "length, so the search begins once more, at the third: below the base.",
     UP,
     {{MAP, 0, 0x9aaaa000, 0x65556000}, {CACHE_IS, 0x100000000, 0}, {MAP, 0, 0x1000, 0x55556000}}},
    {"wide: a hole is known, and nobody asks",
     "a, b, c; b goes, and munmap tells the end of a: cache there, hole unknown (all ones). Two "
     "pages start at the cache. One page is free before c; the cache plus all ones wraps to one "
     "less than the cache, which is below c: hole 0x1000. They go behind c. One page would fit the "
     "hole, but without MAP_32BIT a 64-bit process does not look: behind the two.",
     UP,
     {{MAP, 0, 0x1000, 0x65556000},
      {MAP, 0, 0x1000, 0x65557000},
      {MAP, 0, 0x1000, 0x65558000},
      {UNMAP, 0x65557000, 0x1000, 0},
      {CACHE_IS, 0x65557000, -1},
      {MAP, 0, 0x2000, 0x65559000},
      {CACHE_IS, 0x6555b000, 0x1000},
      {MAP, 0, 0x1000, 0x6555b000}}},
    {"wide: MAP_32BIT asks, and moves everybody's cache",
     "The same, then a page of MAP_32BIT: it is not more than the hole, so hole 0 and cache to "
     "0x40000000, where it goes. The next page without the flag starts at that cache, or at the "
     "third if that is higher: the third.",
     UP,
     {{MAP, 0, 0x1000, 0x65556000},
      {MAP, 0, 0x1000, 0x65557000},
      {MAP, 0, 0x1000, 0x65558000},
      {UNMAP, 0x65557000, 0x1000, 0},
      {MAP, 0, 0x2000, 0x65559000},
      {MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT},
      {CACHE_IS, 0x40001000, 0},
      {MAP, 0, 0x1000, 0x55556000}}},
    {"wide: MAP_32BIT does not begin at 0x40000000",
     "The hole is 0, so nothing is asked, and the cache, 0x65556000, lies within the window: it "
     "goes there.",
     UP,
     {{MAP, 0, 0x1000, 0x65556000, NAIVE_32BIT}, {CACHE_IS, 0x65557000, 0}}},
    {"wide: MAP_32BIT with the cache beyond its window",
     "The cache is at the end of the address space. That is past 0x80000000 less the length, so "
     "the search begins once more, at 0x40000000.",
     UP,
     {{MAP, 0, 0x9aaaa000, 0x65556000},
      {MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT},
      {CACHE_IS, 0x40001000, 0}}},
    {"wide: MAP_32BIT, the random start is only where a search begins anew",
     "The same, randomised, and 0x1 is drawn: 0x40000001 goes up to a page, 0x40001000. The cache "
     "is beyond the window, so the search begins once more there.",
     UP_RANDOM,
     {{MAP, 0, 0x9aaaa000, 0x65556000}, {MAP, 0, 0x1000, 0x40001000, NAIVE_32BIT, {1}}}},
    {"wide: top-down, MAP_32BIT always begins anew",
     "It makes the hole unknown and lets the bottom-up search answer, which therefore begins at "
     "0x40000000; then the cache goes back to the base and the hole stays unknown. So the next "
     "page begins at the base, as if nothing had been mapped: right below it.",
     DOWN,
     {{MAP, 0, 0x1000, 0xeffff000},
      {MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT},
      {CACHE_IS, 0xf0000000, -1},
      {MAP, 0, 0x1000, 0x40001000, NAIVE_32BIT},
      {MAP, 0, 0x1000, 0xefffe000},
      {CACHE_IS, 0xefffe000, 0}}},
    {"wide: the draw of MAP_32BIT",
     "0x40000000 plus the draw modulo 0x02000000, up to a page. 0 is 0x40000000 itself, the only "
     "draw of 33,554,432 that is; 0x01ffffff goes up to 0x42000000, one page past the 32 MiB; "
     "0x02000001 is 1 again, whose page is taken by then, so the next one.",
     DOWN_RANDOM,
     {{MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT, {0}},
      {MAP, 0, 0x1000, 0x40001000, NAIVE_32BIT, {1}},
      {MAP, 0, 0x1000, 0x42000000, NAIVE_32BIT, {0x01ffffff}},
      {MAP, 0, 0x1000, 0x40002000, NAIVE_32BIT, {0x02000001}}}},
    {"wide: a hint with MAP_32BIT",
     "It must end by 0x80000000. The higher one is no hint; but nor is it needed, the search "
     "begins at 0x40000000.",
     DOWN,
     {{MAP, 0x50000000, 0x1000, 0x50000000, NAIVE_32BIT},
      {MAP, 0x7ffff000, 0x1000, 0x7ffff000, NAIVE_32BIT},
      {MAP, 0x80000000, 0x1000, 0x40000000, NAIVE_32BIT},
      {MAP, 0x30000000, 0x1000, 0x30000000, NAIVE_32BIT}}},
    {"wide: MAP_32BIT is full",
     "Its window is 1 GiB: a mapping of that size fits once. Then ENOMEM, while there is room "
     "elsewhere; more than 0x80000000 bytes are ENOMEM at once.",
     DOWN,
     {{MAP, 0, 0x40000000, 0x40000000, NAIVE_32BIT},
      {MAP, 0, 0x1000, -ENOMEM, NAIVE_32BIT},
      {MAP, 0, 0x80001000, -ENOMEM, NAIVE_32BIT},
      {MAP, 0, 0x1000, 0xeffff000}}},
    {"wide: 2.6.24 does not draw for MAP_32BIT",
     "A 64-bit process goes bottom-up there, and its cache is beyond the window after the first "
     "mapping. Randomised or not, the search begins once more at 0x40000000.",
     .kernel = "2.6.24",
     .process = {PROCESS_WIDE, .random_32bit = false, .era = NAIVE_CACHE, .randomized = true,
                 .base = 0x65556000},
     {{MAP, 0, 0x9aaaa000, 0x65556000}, {MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT, {0x12345678}}}},
};
HAND_COUNT(hand_wide);
