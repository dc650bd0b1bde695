/* SPDX-License-Identifier: MIT */
/* The range that exec draws a base from, for those who look for the base of a running process. */
#ifndef HP_LAYOUT_PICK_H
#define HP_LAYOUT_PICK_H

#include "layout.h"

/* The base if 0 is drawn, from which each draw goes down; and the gap above it. compat: that of
 * int $0x80. */
uint64_t hp_layout_highest_base(const struct hp_layout_facts *facts, bool compat,
                                struct hp_layout_gap *gap);
/* The bottom-up base if 0 is drawn, from which each draw goes up. */
uint64_t hp_layout_lowest_base(const struct hp_layout_facts *facts, bool compat);

#endif
