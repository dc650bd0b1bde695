/* SPDX-License-Identifier: MIT */
/* exec-shield on i386, as Red Hat's 2.6.32 had it: get_unmapped_area_prot chooses whom it asks, and
 * arch_get_unmapped_exec_area puts what is executed below the heap. Base 0xb8000000, libraries from
 * 0x00110000, the program at 0x08048000 with its heap behind. */
#include "hand.h"

#include <errno.h>

#define SHIELD_OF(draws, start, end)                                                               \
    .kernel = "2.6.32-execshield",                                                                 \
    .process = {PROCESS_I386,       .era = NAIVE_CACHE,  .down = true,                             \
                .base = 0xb8000000, .exec_area = true,   .keeps_minimum = true,                    \
                .minimum = 0x10000, .randomized = draws, .heap = start,                            \
                .brk = end}
#define SHIELD SHIELD_OF(false, 0x0804a000, 0x0804a000)
#define SHIELD_RANDOM SHIELD_OF(true, 0x0804a000, 0x0804a000)
#define EXE                                                                                        \
    { HAVE, 0x08048000, 0x0804a000 }
#define STACK_TOP                                                                                  \
    { HAVE, 0xbffeb000, 0xc0000000 }
#define X NAIVE_EXECUTE

const struct hand_case hand_shield[] = {
    {"shield: what is executed goes low, what is not goes high",
     "PROT_EXEC and no hint: the exec area's routine, whose wish is shlib_base, 0x00110000. "
     "Without PROT_EXEC: the mm's own, right below the base.",
     SHIELD,
     {EXE, STACK_TOP, {MAP, 0, 0x1000, 0x00110000, X}, {MAP, 0, 0x1000, 0xb7fff000}}},
    {"shield: it always begins at shlib_base",
     "No cache: each search begins at shlib_base. Three pages in a row; the first is freed and is "
     "the next to be given.",
     SHIELD,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x00110000, X},
      {MAP, 0, 0x1000, 0x00111000, X},
      {MAP, 0, 0x1000, 0x00112000, X},
      {UNMAP, 0x00110000, 0x1000, 0},
      {MAP, 0, 0x1000, 0x00110000, X},
      {MAP, 0, 0x1000, 0x00113000, X}}},
    {"shield: it leaves the cache alone",
     "The exec area's routine neither reads nor moves free_area_cache.",
     SHIELD,
     {EXE, STACK_TOP, {MAP, 0, 0x1000, 0x00110000, X}, {CACHE_IS, 0xb8000000, 0}}},
    {"shield: nor does what is freed there move it",
     "munmap tells the mapping behind, here the program, which is below the cache: that stays.",
     SHIELD,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x00110000, X},
      {MAP, 0, 0x2000, 0xb7ffe000},
      {UNMAP, 0x00110000, 0x1000, 0},
      {CACHE_IS, 0xb7ffe000, 0}}},
    {"shield: a file's own routine goes before both",
     "The order is: the mm's routine; over it, for PROT_EXEC, the exec area's; over both the "
     "file's own, which here answers 0x70000000. Its errors are handed on as they are.",
     SHIELD,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x70000000, X | NAIVE_OWN, {0}, 0x70000000},
      {MAP, 0, 0x1000, -EBUSY, X | NAIVE_OWN, {0}, -EBUSY}}},
    {"shield: what a file's own routine answers is checked",
     "0xbffff000 and two pages end past the address space, 0x70000010 is not on a page.",
     SHIELD,
     {EXE,
      {MAP, 0, 0x2000, -ENOMEM, NAIVE_OWN, {0}, 0xbffff000},
      {MAP, 0, 0x1000, -EINVAL, NAIVE_OWN, {0}, 0x70000010}}},
    {"shield: a fixed address and a hint",
     "MAP_FIXED is handed through; a free hint is taken, wherever it is; a taken one is forgotten, "
     "and the first fit from shlib_base answers.",
     SHIELD,
     {EXE,
      STACK_TOP,
      {MAP, 0x00200000, 0x1000, 0x00200000, X | NAIVE_FIXED},
      {MAP, 0x60000000, 0x1000, 0x60000000, X},
      {MAP, 0x60000000, 0x1000, 0x00110000, X}}},
    {"shield: a random wish",
     "Randomised and no hint: 0x00110000 plus the draw modulo 0x01000000 - 0x1000 - 0x00110000, up "
     "to a page. 0 is shlib_base; 0x123456 gives 0x00233456, so 0x00234000; 0x00eef000 is the "
     "range itself, so 0 again, taken by now: first fit behind it.",
     SHIELD_RANDOM,
     {EXE,
      STACK_TOP,
      {MAP, 0, 0x1000, 0x00110000, X, {0}},
      {MAP, 0, 0x1000, 0x00234000, X, {0x123456}},
      {MAP, 0, 0x1000, 0x00111000, X, {0x00eef000}}}},
    {"shield: a random wish that is too long",
     "15 MiB from 0x00110000 end at 0x01010000, past 16 MiB: randomize_range answers 0, there is "
     "no wish. First fit: shlib_base, below 16 MiB, so no second draw.",
     SHIELD_RANDOM,
     {EXE, STACK_TOP, {MAP, 0, 0xf00000, 0x00110000, X, {0x123456, 0x123456}}}},
    {"shield: a fit that ends past brk is not for it",
     "All from shlib_base to the program is taken. The first fit is behind the program, at "
     "0x0804a000, and ends past brk: the mm's routine is asked, with the arguments as they came.",
     SHIELD,
     {EXE,
      STACK_TOP,
      {HAVE, 0x00110000, 0x08048000},
      {MAP, 0, 0x1000, 0xb7fff000, X},
      {CACHE_IS, 0xb7fff000, 0}}},
    {"shield: a fit that ends at brk is for it",
     "brk was raised to 0x0804c000, and the program unmapped its heap. The first fit, 0x0804a000, "
     "ends at 0x0804b000 and then at brk: both are granted; the third is past it.",
     SHIELD_OF(false, 0x0804a000, 0x0804c000),
     {EXE,
      STACK_TOP,
      {HAVE, 0x00110000, 0x08048000},
      {MAP, 0, 0x1000, 0x0804a000, X},
      {MAP, 0, 0x1000, 0x0804b000, X},
      {MAP, 0, 0x1000, 0xb7fff000, X}}},
    {"shield: from 16 MiB on, first fit without randomisation",
     "shlib_base to 16 MiB is taken. The first fit is 0x01000000, and is granted.",
     SHIELD,
     {EXE, STACK_TOP, {HAVE, 0x00110000, 0x01000000}, {MAP, 0, 0x1000, 0x01000000, X}}},
    {"shield: from 16 MiB on, a second draw",
     "The same, randomised: the first draw falls on what is taken. The second is of 16 MiB to "
     "start_brk, 0x0804a000, for that is above 128 MiB: 0x01000000 plus 0x05000000, which is less "
     "than the range of 0x07049000.",
     SHIELD_RANDOM,
     {EXE,
      STACK_TOP,
      {HAVE, 0x00110000, 0x01000000},
      {MAP, 0, 0x1000, 0x06000000, X, {0, 0x05000000}}}},
    {"shield: the second draw falls on the program",
     "0x01000000 plus 0x07048000 is 0x08048000, where the program is. There is no third draw: the "
     "first fit stands.",
     SHIELD_RANDOM,
     {EXE,
      STACK_TOP,
      {HAVE, 0x00110000, 0x01000000},
      {MAP, 0, 0x1000, 0x01000000, X, {0, 0x07048000}}}},
    {"shield: with a hint there is one draw, for the second place",
     "The hint is taken, so the first fit is asked: 0x01000000. Nothing was drawn before; 0x1 goes "
     "up to 0x01001000.",
     SHIELD_RANDOM,
     {EXE,
      STACK_TOP,
      {HAVE, 0x00110000, 0x01000000},
      {MAP, 0x00200000, 0x1000, 0x01001000, X, {0, 1}}}},
    {"shield: a low heap draws up to 128 MiB",
     "A program at 0x04000000 with its heap behind, at 0x04002000, and brk at 0x09000000, "
     "unmapped. "
     "start_brk is below 128 MiB, so the second draw is of 16 to 128 MiB: 0x01000000 plus "
     "0x06000000, behind the program, which is free.",
     SHIELD_OF(true, 0x04002000, 0x09000000),
     {STACK_TOP,
      {HAVE, 0x04000000, 0x04002000},
      {HAVE, 0x00110000, 0x01000000},
      {MAP, 0, 0x1000, 0x07000000, X, {0, 0x06000000}}}},
    {"shield: no fit at all is ENOMEM, though there is room",
     "All from shlib_base up is taken. The search ends at the end of the address space with "
     "ENOMEM, and the mm's routine, which would find room below shlib_base, is not asked. Without "
     "PROT_EXEC it is: 0x0010f000 is right below.",
     SHIELD,
     {{HAVE, 0x00110000, 0xc0000000}, {MAP, 0, 0x1000, -ENOMEM, X}, {MAP, 0, 0x1000, 0x0010f000}}},
    {"shield: address 0, for want of a check",
     "113 MiB. A program at 0x07180000 is in the way of shlib_base, the heap behind it was "
     "unmapped, and brk is 0x10000000: the first fit is 0x07190000. It is above 16 MiB, so there "
     "is a second draw, of 16 MiB to 128 MiB, for which 113 MiB are too long: randomize_range "
     "answers 0. That is looked at as an address, and from 0 to the program there is room.",
     SHIELD_OF(true, 0x07190000, 0x10000000),
     {STACK_TOP, {HAVE, 0x07180000, 0x07190000}, {MAP, 0, 0x07100000, 0, X, {7, 7}}}},
};
HAND_COUNT(hand_shield);
