/* SPDX-License-Identifier: MIT */
/* How a list of mappings is changed when a call is played on it. */
#ifndef HP_LAYOUT_EDIT_H
#define HP_LAYOUT_EDIT_H

#include "era.h"

/* Each change below needs room for two mappings more than there are. */
bool hp_layout_has_room(const struct hp_layout_map *map);
/* [low, high) is free from now on; true if something was there. */
bool hp_layout_cut(struct hp_layout_map *map, uint64_t low, uint64_t high);
/* Where nothing is. Merges with its neighbours where the kernel would. */
void hp_layout_put(struct hp_layout_map *map, const struct hp_layout_mapping *mapping);
/* All of [low, high) that is mapped. */
void hp_layout_paint(struct hp_layout_map *map, uint64_t low, uint64_t high, unsigned protection);

#endif
