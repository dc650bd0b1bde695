/* SPDX-License-Identifier: MIT */
/* The address space in one line. To scale it would be three specks in a void: 128 TiB, of which
 * megabytes are used. So each mapping and gap is as wide as the logarithm of its size in pages, and
 * the three largest gaps are written out. */
#include <stdio.h>
#include <string.h>

#include "../doctor/probe.h"
#include "map.h"

enum { WIDTH = 98, WRITTEN_OUT = 3, ADDRESS = 15, NO_GAP = -1 };

struct bar {
    const struct picture *picture;
    size_t written[WRITTEN_OUT]; /* indices of gaps, ascending */
    size_t count;
    char cells[WIDTH + 1];  /* letter of a purpose; '.' gap, ' ' a label's place */
    char labels[WIDTH + 1]; /* what is written over the cells */
    char addresses[WIDTH + ADDRESS + 8];
    size_t used; /* cells */
};

/* Digits to the base of 2 of the size in pages, at least 1. */
static double weight(uint64_t size) {
    double bits = 1;
    for (size >>= 12; size > 1; size >>= 1) bits++;
    return bits;
}

static void choose_gaps(struct bar *bar) {
    size_t order[WRITTEN_OUT + 1];
    const size_t found = largest_gaps(bar->picture, order, WRITTEN_OUT + 1);
    for (size_t i = 0; i < found && bar->count < WRITTEN_OUT; i++) {
        if (bar->picture->gaps[order[i]].above == 0) continue; /* before the first mapping */
        size_t place = bar->count++;
        for (; place > 0 && bar->written[place - 1] > order[i]; place--)
            bar->written[place] = bar->written[place - 1];
        bar->written[place] = order[i];
    }
}

/* Mappings [first, end) with the gaps between them. */
struct stretch {
    size_t first, end;
    double weight;
};

/* What lies before mapping i, within a stretch. */
static uint64_t gap_before(const struct picture *picture, const struct stretch *stretch, size_t i) {
    const struct hp_layout_mapping *it = &picture->map.mappings[i];
    return i > stretch->first && it->low > it[-1].high ? it->low - it[-1].high : 0;
}

static double weigh(const struct picture *picture, const struct stretch *stretch) {
    double sum = 0;
    for (size_t i = stretch->first; i < stretch->end; i++) {
        const uint64_t gap = gap_before(picture, stretch, i);
        sum += weight(size_of(&picture->map.mappings[i])) + (gap ? weight(gap) : 0);
    }
    return sum;
}

/* Fills cells by what covers most of each; later comers win only by more. */
struct filling {
    char *cells;
    double *most; /* how much of a cell its letter covers */
    double at, scale;
    size_t width;
};

static void fill_item(struct filling *filling, char letter, double size) {
    const double from = filling->at, to = from + size * filling->scale;
    for (size_t cell = (size_t)from; cell < filling->width && (double)cell < to; cell++) {
        const double low = from > (double)cell ? from : (double)cell;
        const double high = to < (double)(cell + 1) ? to : (double)(cell + 1);
        if (high - low <= filling->most[cell]) continue;
        filling->most[cell] = high - low;
        filling->cells[cell] = letter;
    }
    filling->at = to;
}

static void fill_stretch(struct bar *bar, const struct stretch *stretch, size_t width) {
    double most[WIDTH] = {0};
    struct filling filling = {bar->cells + bar->used, most, 0, (double)width / stretch->weight,
                              width};
    memset(filling.cells, '.', width);
    for (size_t i = stretch->first; i < stretch->end; i++) {
        const uint64_t gap = gap_before(bar->picture, stretch, i);
        const enum purpose purpose = bar->picture->purpose[i];
        if (gap) fill_item(&filling, '.', weight(gap));
        fill_item(&filling, purposes[purpose].letter,
                  weight(size_of(&bar->picture->map.mappings[i])));
    }
    snprintf(bar->addresses + bar->used, ADDRESS, "0x%-12llx",
             (unsigned long long)bar->picture->map.mappings[stretch->first].low);
    bar->addresses[bar->used + ADDRESS - 1] = ' ';
    bar->used += width;
}

static void fill_label(struct bar *bar, const struct gap *gap) {
    char label[32];
    const int size = snprintf(label, sizeof label, " %s ", BYTES(gap->high - gap->low));
    memset(bar->cells + bar->used, ' ', (size_t)size);
    memcpy(bar->labels + bar->used, label, (size_t)size);
    bar->used += (size_t)size;
}

static size_t label_widths(const struct bar *bar) {
    size_t sum = 0;
    for (size_t i = 0; i < bar->count; i++) {
        const struct gap *gap = &bar->picture->gaps[bar->written[i]];
        sum += strlen(BYTES(gap->high - gap->low)) + 2;
    }
    return sum;
}

static size_t end_of_own(const struct picture *picture) {
    size_t end = picture->map.count;
    while (end > 1 && !is_own(&picture->map.mappings[end - 1])) end--;
    return end;
}

static void build(struct bar *bar) {
    struct stretch stretches[WRITTEN_OUT + 1];
    double sum = 0;
    size_t first = 0;
    for (size_t i = 0; i <= bar->count; i++) {
        const size_t end =
            i < bar->count ? bar->picture->gaps[bar->written[i]].above : end_of_own(bar->picture);
        stretches[i] = (struct stretch){first, end, 0};
        sum += stretches[i].weight = weigh(bar->picture, &stretches[i]);
        first = end;
    }
    /* Each stretch has room for its address; what is left is shared by weight. */
    const size_t left = WIDTH - label_widths(bar) - (bar->count + 1) * ADDRESS;
    for (size_t i = 0; i <= bar->count; i++) {
        fill_stretch(bar, &stretches[i],
                     ADDRESS + (size_t)((double)left * stretches[i].weight / sum));
        if (i < bar->count) fill_label(bar, &bar->picture->gaps[bar->written[i]]);
    }
}

static const char *ink_of(char letter) {
    for (int i = 0; i < PURPOSES; i++)
        if (purposes[i].letter == letter) return purposes[i].ink;
    return "\033[2m";
}

static void put_cells(const struct bar *bar, bool colour) {
    for (size_t i = 0; i < bar->used; i++) {
        const char cell = bar->cells[i];
        if (cell == ' ')
            putchar(bar->labels[i]);
        else if (colour)
            printf("%s%c\033[0m", ink_of(cell), cell);
        else
            putchar(cell);
    }
    putchar('\n');
}

void print_bar(const struct picture *picture, bool colour) {
    struct bar bar = {.picture = picture};
    memset(bar.addresses, ' ', sizeof bar.addresses - 1);
    choose_gaps(&bar);
    build(&bar);
    size_t end = sizeof bar.addresses - 1;
    while (end > 0 && (bar.addresses[end - 1] == ' ' || !bar.addresses[end - 1])) end--;
    for (size_t i = 0; i < end; i++) putchar(bar.addresses[i] ? bar.addresses[i] : ' ');
    putchar('\n');
    put_cells(&bar, colour);
}
