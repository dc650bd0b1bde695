/* SPDX-License-Identifier: MIT */
/* Bottom-up on i386 with the cache, Linux 2.6.24: arch_get_unmapped_area of mm/mmap.c. */
#include "hand.h"

#include <errno.h>

#define UP .kernel = "2.6.24", .process = {PROCESS_I386, .era = NAIVE_CACHE, .base = 0x40000000}
#define EXE                                                                                        \
    { HAVE, 0x08048000, 0x08050000 }
#define STACK_TOP                                                                                  \
    { HAVE, 0xbffeb000, 0xc0000000 }

const struct hand_case hand_up[] = {
    {"up: first and second",
     "The stack is unlimited, so the base is a third of 0xc0000000, and exec sets the cache to it. "
     "The first page goes there and moves the cache behind itself; the second goes to the cache.",
     UP,
     {EXE,
      STACK_TOP,
      {CACHE_IS, 0x40000000, 0},
      {MAP, 0, 0x1000, 0x40000000},
      {CACHE_IS, 0x40001000, 0},
      {MAP, 0, 0x1000, 0x40001000}}},
    {"up: what is freed first is not found again",
     "munmap does not tell where the hole is, but where the mapping before it ends. Before the "
     "first page that is the program, at 0x08050000, which is below the third: the cache stays "
     "where it is, and so does the largest hole, 0. The next page goes behind the second.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {UNMAP, 0x40000000, 0x1000, 0},
      {CACHE_IS, 0x40002000, 0},
      {MAP, 0, 0x1000, 0x40002000}}},
    {"up: what is freed first is found where nothing lies below",
     "With no mapping before the hole, munmap tells the base, 0x40000000: the cache goes there, "
     "and the largest hole becomes unknown, all ones. Any length fits in that, so the search "
     "begins at the third, with hole 0, and the first page is free.",
     UP,
     {STACK_TOP,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {UNMAP, 0x40000000, 0x1000, 0},
      {CACHE_IS, 0x40000000, 0xffffffff},
      {MAP, 0, 0x1000, 0x40000000},
      {CACHE_IS, 0x40001000, 0}}},
    {"up: a hole in the middle, too small and then just right",
     "a, b, c in a row; b goes. The mapping before ends at 0x40001000: cache there, hole unknown. "
     "Two pages begin at the third: a is in the way, then one page is free and c in the way, hole "
     "0x1000; behind c they fit. One page is not more than the hole, so it begins at the third "
     "once more and finds it; hole 0. The next begins at the cache, 0x40002000, passes c and the "
     "two pages.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {MAP, 0, 0x1000, 0x40002000},
      {UNMAP, 0x40001000, 0x1000, 0},
      {CACHE_IS, 0x40001000, 0xffffffff},
      {MAP, 0, 0x2000, 0x40003000},
      {CACHE_IS, 0x40005000, 0x1000},
      {MAP, 0, 0x1000, 0x40001000},
      {CACHE_IS, 0x40002000, 0},
      {MAP, 0, 0x1000, 0x40005000}}},
    {"up: past the end, once more from the third",
     "0x7f000000 bytes fill 0x40000000 to 0xbf000000. A page freed at 0x50000000 puts the cache "
     "there, for the mapping before it now ends there. Two pages pass it (hole 0x1000) and fit at "
     "0xbf000000. One page takes the hole. 1 MiB begins at 0x50001000 and fits at 0xbf002000. "
     "16 MiB do not fit from 0xbf102000 (0xc0000000 - 16 MiB is less), nor from the third, where "
     "everything up to 0xbf102000 is taken: ENOMEM, and the cache stays.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x7f000000, 0x40000000},
      {UNMAP, 0x50000000, 0x1000, 0},
      {CACHE_IS, 0x50000000, 0xffffffff},
      {MAP, 0, 0x2000, 0xbf000000},
      {MAP, 0, 0x1000, 0x50000000},
      {MAP, 0, 0x100000, 0xbf002000},
      {MAP, 0, 0x1000000, -ENOMEM},
      {CACHE_IS, 0xbf102000, 0}}},
    {"up: up to the stack",
     "As before, but the page at 0x50000000 stays free, and the largest hole is that page. "
     "0xfe0000 bytes are more, so the search starts at the cache, 0xbf002000: 0xc0000000 less the "
     "length is 0xbf020000, not less; they end at 0xbffe2000, not past the stack.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x7f000000, 0x40000000},
      {UNMAP, 0x50000000, 0x1000, 0},
      {MAP, 0, 0x2000, 0xbf000000},
      {MAP, 0, 0xfe0000, 0xbf002000},
      {CACHE_IS, 0xbffe2000, 0x1000}}},
    {"up: a hint",
     "A free hint is taken, and neither cache nor hole is touched: the next page goes to the "
     "third.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0x60000000, 0x1000, 0x60000000},
      {CACHE_IS, 0x40000000, 0},
      {MAP, 0, 0x1000, 0x40000000}}},
    {"up: a hint inside a page, and one that is taken",
     "0x60000123 is cut to its page. The second time the page is taken, and the search goes on as "
     "without a hint, at the cache.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0x60000123, 0x1000, 0x60000000},
      {MAP, 0x60000fff, 0x1000, 0x40000000}}},
    {"up: a hint at the end",
     "0xbffff000 is within 0xc0000000 - 0x1000 and free without a stack; two pages there are one "
     "too many.",
     UP,
     {EXE, {MAP, 0xbffff000, 0x2000, 0x40000000}, {MAP, 0xbffff000, 0x1000, 0xbffff000}}},
    {"up: lengths that cannot be",
     "0 is EINVAL before anything else; more than the address space is ENOMEM; all of it is not "
     "too long, but does not fit above the third. 1 byte is a page.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0, -EINVAL},
      {MAP, 0, 0xc0000001, -ENOMEM},
      {MAP, 0, 0xc0000000, -ENOMEM},
      {MAP, 0, 1, 0x40000000},
      {CACHE_IS, 0x40001000, 0}}},
    {"up: fixed addresses that cannot be",
     "A fixed address is handed through and checked afterwards: first whether it ends past the "
     "address space, then whether it is on a page.",
     UP,
     {EXE,
      {MAP, 0x60000123, 0x1000, -EINVAL, NAIVE_FIXED},
      {MAP, 0xbffff000, 0x2000, -ENOMEM, NAIVE_FIXED},
      {MAP, 0xbffff123, 0x2000, -ENOMEM, NAIVE_FIXED},
      {MAP, 0xbfffe000, 0x2000, 0xbfffe000, NAIVE_FIXED}}},
    {"up: a fixed mapping over another is a munmap first",
     "The second page is mapped over: munmap tells 0x40001000, the end of the first, which is "
     "below the cache. Cache there, hole unknown. The next page begins at the third and finds the "
     "third page free.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {MAP, 0x40001000, 0x1000, 0x40001000, NAIVE_FIXED},
      {CACHE_IS, 0x40001000, 0xffffffff},
      {MAP, 0, 0x1000, 0x40002000},
      {CACHE_IS, 0x40003000, 0}}},
    {"up: a fixed mapping where nothing is touches no cache",
     "There is nothing to unmap, so nothing is told. The search starts at the cache and meets it.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0x40000000, 0x3000, 0x40000000, NAIVE_FIXED},
      {CACHE_IS, 0x40000000, 0},
      {MAP, 0, 0x1000, 0x40003000}}},
    {"up: MAP_FIXED_NOREPLACE is not known",
     "Linux learnt it in 4.17. Here the bit means nothing, and without MAP_FIXED the address is a "
     "hint: taken where free, ignored where not.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0x60000000, 0x1000, 0x60000000},
      {MAP, 0x60000000, 0x1000, 0x40000000}}},
    {"up: a search that fails leaves the cache",
     "b goes: cache 0x40001000, hole unknown, so any length begins at the third, with hole 0. 2 "
     "GiB "
     "would have to begin at 0x40000000, where a is: ENOMEM. The cache is only set when something "
     "was found, so it still is 0x40001000, and the next page goes there. (sys_x86_64.c sets it at "
     "once.)",
     UP,
     {EXE,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {MAP, 0, 0x1000, 0x40002000},
      {UNMAP, 0x40001000, 0x1000, 0},
      {MAP, 0, 0x80000000, -ENOMEM},
      {CACHE_IS, 0x40001000, 0},
      {MAP, 0, 0x1000, 0x40001000}}},
    {"up: a hole that is remembered wrongly",
     "a, b, c of one page; a hint page far up at 0xa0000000. b goes: cache 0x40001000, hole "
     "unknown. "
     "Two pages: from the third, hole 0x1000, at 0x40003000. 0x60000000 bytes: from 0x40005000 to "
     "0xa0005000, but the hint page is in the way: 0x40005000 + 0x1000 is below 0xa0000000, hole "
     "0x5fffb000; 0xa0001000 is past the end less the length, so once more from the third with "
     "hole "
     "0: first 0x1000, then 0x5fffb000 again, and ENOMEM. One page is less than that hole and "
     "begins "
     "at the third: 0x40001000.",
     UP,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x40000000},
      {MAP, 0, 0x1000, 0x40001000},
      {MAP, 0, 0x1000, 0x40002000},
      {MAP, 0xa0000000, 0x1000, 0xa0000000},
      {UNMAP, 0x40001000, 0x1000, 0},
      {MAP, 0, 0x2000, 0x40003000},
      {MAP, 0, 0x60000000, -ENOMEM},
      {CACHE_IS, 0x40005000, 0x5fffb000},
      {MAP, 0, 0x1000, 0x40001000}}},
};
HAND_COUNT(hand_up);
