/* SPDX-License-Identifier: MIT */
/* Gaps and guards from 3.8 on: the red-black tree (5.10) and the maple tree (6.1, and today). A
 * process of 4 GiB: top-down from 0x70000000, bottom-up from 0x30000000, beyond 0xc0000000 only by
 * hint, nothing below 0x10000. G grows down, and keeps 1 MiB. */
#include "hand.h"

#include <errno.h>

#define GAPS(name, which, goes_down, minimum_too)                                                  \
    .kernel = name, .process = {.era = which,                                                      \
                                .task_size = 0x100000000,                                          \
                                .window = 0xc0000000,                                              \
                                .base = 0x70000000,                                                \
                                .legacy = 0x30000000,                                              \
                                .guard = 0x100000,                                                 \
                                .minimum = 0x10000,                                                \
                                .keeps_minimum = minimum_too,                                      \
                                .down = goes_down}
#define TREE_UP GAPS("5.10", NAIVE_TREE, false, false)
#define TREE_DOWN GAPS("5.10", NAIVE_TREE, true, false)
#define MAPLE_UP GAPS("6.18", NAIVE_MAPLE, false, true)
#define MAPLE_DOWN GAPS("6.18", NAIVE_MAPLE, true, true)

const struct hand_case hand_gaps[] = {
    {"gaps: up, the lowest gap is used again",
     "No cache: a, b, c; b goes, and the next page goes there. Two pages go behind c.",
     MAPLE_UP,
     {{MAP, 0, 0x1000, 0x30000000},
      {MAP, 0, 0x1000, 0x30001000},
      {MAP, 0, 0x1000, 0x30002000},
      {UNMAP, 0x30001000, 0x1000, 0},
      {MAP, 0, 0x2000, 0x30003000},
      {MAP, 0, 0x1000, 0x30001000}}},
    {"gaps: down, the highest gap is used again",
     "The same from above.",
     MAPLE_DOWN,
     {{MAP, 0, 0x1000, 0x6ffff000},
      {MAP, 0, 0x1000, 0x6fffe000},
      {UNMAP, 0x6ffff000, 0x1000, 0},
      {MAP, 0, 0x2000, 0x6fffc000},
      {MAP, 0, 0x1000, 0x6ffff000}}},
    {"gaps: up, tree, a gap that is all guard",
     "G begins 1 MiB above the start: the gap before it, less its guard, is nothing. Behind G.",
     TREE_UP,
     {{STACK, 0x30100000, 0x30101000}, {MAP, 0, 0x1000, 0x30101000}}},
    {"gaps: up, maple, a gap that is all guard",
     "The gap of 1 MiB is found, and then G's guard begins at 0x30000000, before the page ends: "
     "once more from the end of G.",
     MAPLE_UP,
     {{STACK, 0x30100000, 0x30101000}, {MAP, 0, 0x1000, 0x30101000}}},
    {"gaps: up, maple, right up to the guard",
     "G at 0x30200000, its guard at 0x30100000. 1 MiB from 0x30000000 ends there, and fits; a page "
     "more does not.",
     MAPLE_UP,
     {{STACK, 0x30200000, 0x30201000},
      {MAP, 0, 0x101000, 0x30201000},
      {MAP, 0, 0x100000, 0x30000000}}},
    {"gaps: up, tree, right up to the guard",
     "The same answer: a gap of 1 MiB, less nothing more.",
     TREE_UP,
     {{STACK, 0x30200000, 0x30201000},
      {MAP, 0, 0x101000, 0x30201000},
      {MAP, 0, 0x100000, 0x30000000}}},
    {"gaps: down, maple, below a guard",
     "Up to the base all is taken but what is below G, at 0x6ff00000. The highest gap ends at G; "
     "its guard begins at 0x6fe00000, so the search is made again with that as its top.",
     MAPLE_DOWN,
     {{STACK, 0x6ff00000, 0x6ff01000},
      {HAVE, 0x6ff01000, 0x70000000},
      {MAP, 0, 0x1000, 0x6fdff000}}},
    {"gaps: down, tree, below a guard",
     "The gap below G ends at its guard to begin with.",
     TREE_DOWN,
     {{STACK, 0x6ff00000, 0x6ff01000},
      {HAVE, 0x6ff01000, 0x70000000},
      {MAP, 0, 0x1000, 0x6fdff000}}},
    {"gaps: down, the guard of what begins above the base",
     "G begins at 0x70080000, above the base; its guard reaches 512 KiB below it. The first try is "
     "right below the base, 0x6ffff000; G is what lies behind, and its guard begins at 0x6ff80000.",
     MAPLE_DOWN,
     {{STACK, 0x70080000, 0x70081000}, {MAP, 0, 0x1000, 0x6ff7f000}}},
    {"gaps: nothing is kept free above",
     "Right above G there is no guard.",
     MAPLE_DOWN,
     {{STACK, 0x6ff00000, 0x6fffe000}, {MAP, 0, 0x2000, 0x6fffe000}}},
    {"gaps: a hint in a guard",
     "G at 0x50000000: a page at 0x4ff00000 is in its guard, and the hint is refused; the one "
     "before ends where it begins. Right above G is free.",
     MAPLE_DOWN,
     {{STACK, 0x50000000, 0x50001000},
      {MAP, 0x4ff00000, 0x1000, 0x6ffff000},
      {MAP, 0x4feff000, 0x1000, 0x4feff000},
      {MAP, 0x50001000, 0x1000, 0x50001000}}},
    {"gaps: a fixed address in a guard",
     "MAP_FIXED asks nobody. MAP_FIXED_NOREPLACE asks only what is mapped: EEXIST over G, in whole "
     "or in part, and never for its guard.",
     MAPLE_DOWN,
     {{STACK, 0x50000000, 0x50001000},
      {MAP, 0x4ffff000, 0x1000, 0x4ffff000, NAIVE_FIXED},
      {MAP, 0x4fffe000, 0x1000, 0x4fffe000, NAIVE_FIXED | NAIVE_NOREPLACE},
      {MAP, 0x50000000, 0x3000, -EEXIST, NAIVE_FIXED | NAIVE_NOREPLACE}}},
    {"gaps: a hint across the window's end",
     "Both its ends must be on one side of 0xc0000000, and its start is compared by 'beyond': at "
     "0xc0000000 itself it is not, though it ends beyond. A page further it is.",
     MAPLE_DOWN,
     {{MAP, 0xbffff000, 0x2000, 0x6fffe000},
      {MAP, 0xbffff000, 0x1000, 0xbffff000},
      {MAP, 0xc0000000, 0x1000, 0x6fffd000},
      {MAP, 0xc0001000, 0x1000, 0xc0001000}}},
    {"gaps: a taken hint beyond the window raises the top",
     "0xe0000000 is taken by the first. The second asks for more than the window: the top is the "
     "base plus what there is beyond, 0x70000000 + 0x40000000.",
     MAPLE_DOWN,
     {{MAP, 0xe0000000, 0x1000, 0xe0000000}, {MAP, 0xe0000000, 0x1000, 0xaffff000}}},
    {"gaps: down and full, then up",
     "Below the base all is taken. Bottom-up from 0x30000000 the first gap is at the base.",
     MAPLE_DOWN,
     {{HAVE, 0x10000, 0x70000000}, {MAP, 0, 0x1000, 0x70000000}}},
    {"gaps: down and full, and the window ends it",
     "All of the window is taken: ENOMEM without a hint, and found by a hint beyond, be it taken.",
     MAPLE_DOWN,
     {{HAVE, 0x10000, 0xc0000000},
      {MAP, 0, 0x1000, -ENOMEM},
      {HAVE, 0xd0000000, 0xd0001000},
      {MAP, 0xd0000000, 0x1000, 0xc0000000}}},
    {"gaps: the least address, maple and tree",
     "All from 0x10000 to the base is taken. The maple search begins at mmap_min_addr and finds "
     "nothing below it; bottom-up, 0x70000000.",
     MAPLE_DOWN,
     {{HAVE, 0x10000, 0x70000000}, {MAP, 0, 0x2000, 0x70000000}}},
    {"gaps: the tree goes below the least address",
     "Its search begins at a page, on x86-64: 0xf000 is the highest.",
     TREE_DOWN,
     {{HAVE, 0x10000, 0x70000000}, {MAP, 0, 0x1000, 0xf000}}},
    {"gaps: a hint below the least address",
     "It is raised to it.",
     MAPLE_DOWN,
     {{MAP, 0x1000, 0x1000, 0x10000}, {MAP, 0xfff, 0x1000, 0x6ffff000}}},
    {"gaps: lengths and fixed addresses that cannot be",
     "0 is EINVAL, more than the address space ENOMEM, all of it ENOMEM for want of a gap. A fixed "
     "one past the end is ENOMEM before it is EINVAL for its page.",
     MAPLE_DOWN,
     {{MAP, 0, 0, -EINVAL},
      {MAP, 0, 0x100000001, -ENOMEM},
      {MAP, 0, 0x100000000, -ENOMEM},
      {MAP, 0xfffff001, 0x1000, -ENOMEM, NAIVE_FIXED},
      {MAP, 0x50000001, 0x1000, -EINVAL, NAIVE_FIXED}}},
    {"gaps: MAP_32BIT",
     "Not randomised it begins at 0x40000000 even top-down, and its hint must end by 0x80000000.",
     MAPLE_DOWN,
     {{MAP, 0, 0x1000, 0x40000000, NAIVE_32BIT},
      {MAP, 0, 0x1000, 0x40001000, NAIVE_32BIT},
      {MAP, 0x80000000, 0x1000, 0x40002000, NAIVE_32BIT},
      {MAP, 0x7ffff000, 0x1000, 0x7ffff000, NAIVE_32BIT},
      {MAP, 0, 0x3ffff000, -ENOMEM, NAIVE_32BIT}}},
    {"gaps: up, past the end",
     "From 0x30000000 to the window's end there are 0x90000000 bytes.",
     TREE_UP,
     {{MAP, 0, 0x90001000, -ENOMEM},
      {MAP, 0, 0x90000000, 0x30000000},
      {MAP, 0, 0x1000, -ENOMEM},
      {MAP, 0xf0000000, 0x1000, 0xf0000000},
      {MAP, 0xf0000000, 0x1000, 0xc0000000}}},
    {"gaps: brk stops before a guard",
     "The heap at 0x20000000, G at 0x20300000 with its guard from 0x20200000: a page below the "
     "guard must stay free.",
     .kernel = "6.18",
     .process = {.era = NAIVE_MAPLE,
                 .task_size = 0x100000000,
                 .window = 0xc0000000,
                 .base = 0x70000000,
                 .guard = 0x100000,
                 .down = true,
                 .keeps_minimum = true,
                 .minimum = 0x10000,
                 .heap = 0x20000000,
                 .brk = 0x20000000},
     {{STACK, 0x20300000, 0x20301000},
      {BRK, 0x20200000, 0, 0x20000000},
      {BRK, 0x201ff000, 0, 0x201ff000}}},
};
HAND_COUNT(hand_gaps);
