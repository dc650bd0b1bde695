/* SPDX-License-Identifier: MIT */
/* What only kernels of old have: a search that remembers, randomize_range, exec-shield; and how the
 * rules are asked where alternatives cannot be told apart. */
#ifndef HP_LAYOUT_ERA_H
#define HP_LAYOUT_ERA_H

#include "layout.h"

/* Bits of the personality. */
enum { HP_NO_RANDOMIZE = 0x0040000, HP_READ_IMPLIES_EXEC = 0x0400000 };

/* ---- What is drawn --------------------------------------------------------------------------- */

/* randomize_range: a page in [begin, end - length], 0 where there is none. A range of length 0 that
 * is answered by a function below: nothing is drawn. */
struct hp_layout_range {
    uint64_t begin, end, length;
};
uint64_t hp_layout_randomize(const struct hp_layout_run *run, const struct hp_layout_range *range,
                             uint64_t random);
/* ... by the number that is given for this draw, 0 or 1; the lowest, where all are looked at */
uint64_t hp_layout_random(struct hp_layout_run *run, unsigned draw,
                          const struct hp_layout_range *range);
/* Fills the answer's parts with all that MAP_32BIT or exec-shield can come to. */
void hp_layout_cache_draws(struct hp_layout_run *run, const struct hp_layout_call *call);

/* ---- Alternatives of a tree's shape ---------------------------------------------------------- */

/* Whether a search of MAP_32BIT may come to a mapping that hides what lies below it. */
bool hp_layout_may_fork(const struct hp_layout_run *run);

/* ---- free_area_cache ------------------------------------------------------------------------- */

/* arch_unmap_area and its twin: what was at `at` is free now */
void hp_layout_cache_unmapped(struct hp_layout_run *run, uint64_t at);

/* ---- exec-shield ----------------------------------------------------------------------------- */

/* Where a first page is drawn; whether one is free; what is found without it, but for a second page
 * that is drawn and free. */
struct hp_layout_range hp_layout_shield_range(struct hp_layout_run *run,
                                              const struct hp_layout_call *call);
bool hp_layout_shield_free(struct hp_layout_run *run, uint64_t address, uint64_t length);
uint64_t hp_layout_shield_search(struct hp_layout_run *run, const struct hp_layout_call *call,
                                 struct hp_layout_range *range);
/* exec_shield & 2: top-down, whatever the stack limit is */
bool hp_layout_shield_forces(const struct hp_layout_facts *facts);
/* shlib_base where nothing is drawn */
uint64_t hp_layout_shield_base(void);

#endif
