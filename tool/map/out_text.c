/* SPDX-License-Identifier: MIT */
/* The screen, and the lists, in at most 100 columns but for long names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../doctor/probe.h"
#include "map.h"

enum { GAPS_SHOWN = 5 };

static void put(bool colour, const char *ink, const char *text) {
    printf("%s%s%s", colour ? ink : "", text, colour ? "\033[0m" : "");
}

static void put_resident(const struct picture *picture, uint64_t resident) {
    printf("%12s", picture->map.detailed ? BYTES(resident) : "-");
}

/* ---- The screen ------------------------------------------------------------------------------ */

static void put_sums(const struct picture *picture, const struct sums *sums) {
    printf("%10" PRIu64, sums->mappings);
    printf("%12s", BYTES(sums->reserved));
    printf("%12s", BYTES(sums->committed));
    put_resident(picture, sums->resident);
    putchar('\n');
}

static void put_rows(const struct picture *picture, bool colour) {
    printf("\n     %-22s%10s%12s%12s%12s\n", "purpose", "mappings", "reserved", "committed",
           "resident");
    for (int i = 0; i < PURPOSES; i++) {
        if (!picture->by[i].mappings) continue;
        const char letter[] = {purposes[i].letter, 0};
        printf("  ");
        put(colour, purposes[i].ink, letter);
        printf("  %-22s", purposes[i].name);
        put_sums(picture, &picture->by[i]);
    }
    printf("     %-22s", "all");
    put_sums(picture, &picture->all);
}

static void put_neighbour(const struct picture *picture, const char *word, size_t mapping) {
    const struct label label = label_of(picture, mapping);
    printf("%s %.60s", word, *label.text ? label.text : purposes[picture->purpose[mapping]].id);
}

static void put_gap(const struct picture *picture, const struct gap *gap) {
    printf("  %10s  0x%012" PRIx64 " - 0x%012" PRIx64, BYTES(gap->high - gap->low), gap->low,
           gap->high);
    if (gap->above > 0) put_neighbour(picture, "  after", gap->above - 1);
    put_neighbour(picture, gap->above > 0 ? ", before" : "  before", gap->above);
    putchar('\n');
}

static void put_largest(const struct picture *picture) {
    size_t order[GAPS_SHOWN];
    const size_t count = largest_gaps(picture, order, GAPS_SHOWN);
    if (!count) return;
    printf("\n  largest gaps\n");
    for (size_t i = 0; i < count; i++) put_gap(picture, &picture->gaps[order[i]]);
}

static void put_title(const struct picture *picture, bool colour) {
    put(colour, "\033[1m", picture->title);
    printf(": %zu mapping%s", picture->map.count, picture->map.count == 1 ? "" : "s");
    if (picture->most)
        printf(" of %" PRIu64 " (%.1f %%)", picture->most,
               100.0 * (double)picture->map.count / (double)picture->most);
    printf("\n\n");
}

void print_screen(const struct picture *picture, bool colour) {
    put_title(picture, colour);
    print_bar(picture, colour);
    put_rows(picture, colour);
    put_largest(picture);
    if (!picture->map.detailed) printf("\n  What is resident is in smaps, not in maps.\n");
    if (picture->unseen)
        printf("\n  %zu thread%s ran: what of their stacks could not be told is anonymous here.\n",
               picture->unseen, picture->unseen == 1 ? "" : "s");
}

/* ---- Every mapping --------------------------------------------------------------------------- */

struct rights {
    char text[5];
};

static struct rights rights_of(const struct hp_layout_mapping *mapping) {
    const uint32_t flags = mapping->flags;
    return (struct rights){{flags & HP_LAYOUT_READ ? 'r' : '-', flags & HP_LAYOUT_WRITE ? 'w' : '-',
                            flags & HP_LAYOUT_EXECUTE ? 'x' : '-',
                            flags & HP_LAYOUT_SHARED ? 's' : 'p', 0}};
}

static void put_mapping(const struct picture *picture, size_t i, bool colour) {
    const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
    const struct purpose_words *words = &purposes[picture->purpose[i]];
    printf("0x%012" PRIx64 " - 0x%012" PRIx64 "%12s", mapping->low, mapping->high,
           BYTES(size_of(mapping)));
    put_resident(picture, mapping->resident);
    printf("  %s  ", rights_of(mapping).text);
    put(colour, words->ink, words->id);
    printf("%*s%s\n", 11 - (int)strlen(words->id), "", label_of(picture, i).text);
}

void print_all(const struct picture *picture, bool colour) {
    size_t gap = 0;
    put_title(picture, colour);
    printf("%-33s%12s%12s  %-4s  %-11s%s\n", "addresses", "size", "resident", "", "purpose",
           "name");
    for (size_t i = 0; i < picture->map.count; i++) {
        if (gap < picture->gap_count && picture->gaps[gap].above == i) {
            const struct gap *free = &picture->gaps[gap++];
            printf("%33s%12s  free\n", "", BYTES(free->high - free->low));
        }
        put_mapping(picture, i, colour);
    }
}

/* ---- One address, and gaps ------------------------------------------------------------------- */

static void put_distance(const struct picture *picture, uint64_t address, size_t next) {
    printf("0x%" PRIx64 " is free", address);
    if (next > 0) {
        const uint64_t below = address - picture->map.mappings[next - 1].high;
        printf(", %s", BYTES(below));
        put_neighbour(picture, " behind", next - 1);
    }
    if (next < picture->map.count) {
        printf(", %s", BYTES(picture->map.mappings[next].low - address));
        put_neighbour(picture, " before", next);
    }
    putchar('\n');
}

static void put_inside(const struct picture *picture, uint64_t address, size_t i) {
    const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
    put_mapping(picture, i, false);
    printf("  %s into it, %s before its end", BYTES(address - mapping->low),
           BYTES(mapping->high - address));
    if (mapping->flags & HP_LAYOUT_FILE)
        printf("; 0x%" PRIx64 " in the file", mapping->offset + (address - mapping->low));
    printf("\n  mapping %zu of %zu\n", i + 1, picture->map.count);
}

void print_at(const struct picture *picture, uint64_t address) {
    const size_t i = hp_layout_find(&picture->map, address);
    if (i < picture->map.count && picture->map.mappings[i].low <= address)
        put_inside(picture, address, i);
    else
        put_distance(picture, address, i);
}

void print_gaps(const struct picture *picture, uint64_t least) {
    size_t shown = 0;
    for (size_t i = 0; i < picture->gap_count; i++) {
        if (picture->gaps[i].high - picture->gaps[i].low < least) continue;
        put_gap(picture, &picture->gaps[i]);
        shown++;
    }
    if (!shown) printf("no gap of %s or more\n", BYTES(least));
}
