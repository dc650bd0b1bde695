/* SPDX-License-Identifier: MIT */
/* A live process as facts: what its files in /proc say, and for this one and its kernel what a
 * mapping or two tell. Every answer is 0 or -errno. */
#ifndef LAYOUT_LIVE_H
#define LAYOUT_LIVE_H

#include <hardpan.h>
#include <stdbool.h>

/* What can be read of a process ("self", "123"): machine, personality, limits, whether it is
 * randomised. A machine that is not modelled is -EOPNOTSUPP. */
int live_facts(const char *process, struct hp_layout_facts *facts);

/* The text of this process's smaps (maps where there is none) into storage of its own, parsed into
 * layout->map, whose array is the caller's. */
int live_own_map(struct hp_layout *layout);

/* What this kernel does, found by mappings of this process, which are taken back: bases, guard,
 * lowest address, alignments, and the features of `has`. layout->map is read afresh. */
int live_calibrate(struct hp_layout *layout);

/* What is mapped by a descriptor: the object and align of a request. -ENODEV for what cannot be
 * mapped. */
int live_object(const struct hp_layout *layout, int fd, struct hp_layout_request *request);

/* What a request is to the kernel's mmap, or mremap. *got is the address. */
int live_mmap(const struct hp_layout_request *request, int fd, uint64_t *got);

/* As munmap, mprotect and mmap of [low, high) change the list; false where it has no room. */
bool shadow_split(struct hp_layout_map *map, uint64_t low, uint64_t high);
bool shadow_cut(struct hp_layout_map *map, uint64_t low, uint64_t high);
bool shadow_put(struct hp_layout_map *map, const struct hp_layout_mapping *mapping);

#endif
