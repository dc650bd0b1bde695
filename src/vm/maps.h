/* SPDX-License-Identifier: MIT */
/* Reading the text of /proc/PID/maps a byte at a time: no buffer that a long line could not fit in,
 * no allocation. */
#ifndef HP_VM_MAPS_H
#define HP_VM_MAPS_H

#include "base.h"

struct hp_mapping {
    uintptr_t low, high;
    int protection; /* enum hp_vm_protection */
};

struct hp_maps_reader {
    int field; /* 0 low, 1 high, 2 rwxp, 3 the rest of the line */
    struct hp_mapping mapping;
};

/* True when this byte completed a mapping (at the end of its protection); *mapping is then filled.
 * Any other bytes than a maps file's give no mapping or a nonsensical one, and never harm. */
bool hp_maps_feed(struct hp_maps_reader *reader, char byte, struct hp_mapping *mapping);

#endif
