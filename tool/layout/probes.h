/* SPDX-License-Identifier: MIT */
/* Between the two halves of the calibration. */
#ifndef LAYOUT_PROBES_H
#define LAYOUT_PROBES_H

#include "live.h"

/* Sets and clears the features that mappings can tell apart, and how shared memory is aligned. */
void find_features(struct hp_layout *layout);

#endif
