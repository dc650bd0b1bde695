/* SPDX-License-Identifier: MIT */
/* What is free, and what adds up: both are counted here and nowhere else. */
#include <stdio.h>
#include <stdlib.h>

#include "../tool.h"
#include "map.h"

/* Below lies what no process is handed out. */
#define LOWEST UINT64_C(0x10000)

bool is_own(const struct hp_layout_mapping *mapping) { return mapping->low >> 63 == 0; }

static void add_up(struct picture *picture) {
    for (size_t i = 0; i < picture->map.count; i++) {
        const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
        struct sums *const into[] = {&picture->by[picture->purpose[i]], &picture->all};
        for (size_t j = 0; j < 2; j++) {
            into[j]->mappings++;
            into[j]->reserved += size_of(mapping);
            into[j]->committed += has_access(mapping) ? size_of(mapping) : 0;
            into[j]->resident += mapping->resident;
        }
    }
}

int find_gaps(struct picture *picture) {
    uint64_t low = LOWEST;
    picture->gaps = calloc(picture->map.count + 1, sizeof *picture->gaps);
    if (!picture->gaps) return fputs("hardpan map: no memory\n", stderr), EXIT_BLIND;
    for (size_t i = 0; i < picture->map.count; i++) {
        const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
        if (mapping->low > low && is_own(mapping))
            picture->gaps[picture->gap_count++] = (struct gap){low, mapping->low, i};
        if (mapping->high > low) low = mapping->high;
    }
    add_up(picture);
    return 0;
}

static uint64_t length(const struct picture *picture, size_t gap) {
    return picture->gaps[gap].high - picture->gaps[gap].low;
}

/* By insertion: `most` is a handful. Of two alike the lower comes first. */
size_t largest_gaps(const struct picture *picture, size_t *index, size_t most) {
    size_t count = 0;
    for (size_t i = 0; i < picture->gap_count; i++) {
        size_t place = count < most ? count : most;
        while (place > 0 && length(picture, index[place - 1]) < length(picture, i)) place--;
        if (place == most) continue;
        if (count < most) count++;
        for (size_t j = count - 1; j > place; j--) index[j] = index[j - 1];
        index[place] = i;
    }
    return count;
}
