/* SPDX-License-Identifier: MIT */
/* What a probe needs around it: mappings laid so that two rules part ways, and taken back. */
#ifndef LAYOUT_GROUND_H
#define LAYOUT_GROUND_H

#include "live.h"

enum { MOST_GROUND = 16 };

/* What was laid, in the list too. */
struct ground {
    struct hp_layout_mapping laid[MOST_GROUND];
    unsigned count;
};

/* Each lays its ground and puts into the request what depends on it. False: it cannot be laid here,
 * or nothing could be told from it; what was laid so far is for ground_clear as well. */
typedef bool ground_lay(struct hp_layout *layout, struct ground *ground,
                        struct hp_layout_request *request);

ground_lay lay_uneven;   /* free space begins a page beside a huge page; a hint at what is taken */
ground_lay lay_hint;     /* ... and a hint at free space far from there */
ground_lay lay_even;     /* free space begins on a huge page */
ground_lay lay_lowest;   /* only the lowest gap has room, all of it, and only below 4 GiB or so */
ground_lay lay_below;    /* ... were it not for what lies below the lowest address */
ground_lay lay_short;    /* what lies below a guard, from address 0 on, and nothing else */
ground_lay lay_in_guard; /* a mapping in the guard of one that grows down */
ground_lay
    lay_under_guard;  /* room below a guard that is enough unless its alignment counts twice */
ground_lay lay_huge;  /* a hint that cuts a huge page of MAP_HUGETLB */
ground_lay lay_wrap;  /* a hint that no huge page is above */
ground_lay lay_whole; /* the middle of a huge page, and as much as there are addresses */
ground_lay lay_remap; /* a page to become longer than the address space */

void ground_clear(struct hp_layout *layout, struct ground *ground);

#endif
