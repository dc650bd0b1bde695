/* SPDX-License-Identifier: MIT */
/* Room within reach of an address: where code may go that is called from there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../doctor/probe.h"
#include "map.h"

struct place {
    uint64_t low, high; /* the part of the gap that is in reach */
    uint64_t distance;  /* of its nearest byte */
    bool below;
};

static int by_distance(const void *a, const void *b) {
    const struct place *one = a, *other = b;
    if (one->distance != other->distance) return one->distance < other->distance ? -1 : 1;
    return one->low < other->low ? -1 : one->low > other->low;
}

static uint64_t reach_low(uint64_t near, uint64_t within) {
    return near > within ? near - within : 0;
}

/* Past the last byte within reach. */
static uint64_t reach_high(uint64_t near, uint64_t within) {
    return within >= UINT64_MAX - near ? UINT64_MAX : near + within + 1;
}

static bool in_reach(const struct gap *gap, uint64_t near, uint64_t within, struct place *place) {
    const uint64_t low = reach_low(near, within), high = reach_high(near, within);
    *place = (struct place){gap->low > low ? gap->low : low, gap->high < high ? gap->high : high, 0,
                            false};
    place->low = (place->low + 4095) & ~UINT64_C(4095);
    place->high &= ~UINT64_C(4095);
    if (place->low >= place->high) return false;
    if (place->high <= near) {
        place->below = true;
        place->distance = near - (place->high - 1);
    } else if (place->low > near) {
        place->distance = place->low - near;
    }
    return true;
}

static void put_place(const struct place *place, uint64_t near) {
    printf("  %10s  0x%012" PRIx64 " - 0x%012" PRIx64, BYTES(place->high - place->low), place->low,
           place->high);
    if (place->low <= near && near < place->high)
        printf("  around it\n");
    else
        printf("  %s %s\n", BYTES(place->distance & ~UINT64_C(4095)),
               place->below ? "below" : "above");
}

void print_near(const struct picture *picture, uint64_t near, uint64_t within, uint64_t least) {
    struct place *places = calloc(picture->gap_count + 1, sizeof *places);
    size_t count = 0;
    if (!places) return;
    for (size_t i = 0; i < picture->gap_count; i++)
        if (in_reach(&picture->gaps[i], near, within, &places[count]) &&
            places[count].high - places[count].low >= least)
            count++;
    qsort(places, count, sizeof *places, by_distance);
    for (size_t i = 0; i < count; i++) put_place(&places[i], near);
    if (!count)
        printf("no gap of %s or more within %s of 0x%" PRIx64 "\n", BYTES(least), BYTES(within),
               near);
    free(places);
}
