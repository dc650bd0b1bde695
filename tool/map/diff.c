/* SPDX-License-Identifier: MIT */
/* What changed between two pictures: sums by purpose, then each mapping that came, went, or is of
 * another size or with other rights than before. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../doctor/probe.h"
#include "map.h"

struct change {
    char text[40];
};

static struct change change_of(uint64_t before, uint64_t after) {
    struct change change;
    if (before == after) return (struct change){"="};
    snprintf(change.text, sizeof change.text, "%c%s", after > before ? '+' : '-',
             BYTES(after > before ? after - before : before - after));
    return change;
}

static struct change count_change(uint64_t before, uint64_t after) {
    struct change change;
    if (before == after) return (struct change){"="};
    snprintf(change.text, sizeof change.text, "%+" PRId64, (int64_t)(after - before));
    return change;
}

static void put_row(const char *name, const struct sums *before, const struct sums *after,
                    bool detailed) {
    printf("  %-22s%10s", name, count_change(before->mappings, after->mappings).text);
    printf("%14s", change_of(before->reserved, after->reserved).text);
    printf("%14s", change_of(before->committed, after->committed).text);
    printf("%14s\n", detailed ? change_of(before->resident, after->resident).text : "-");
}

static void put_rows(const struct picture *before, const struct picture *after) {
    const bool detailed = before->map.detailed && after->map.detailed;
    printf("\n  %-22s%10s%14s%14s%14s\n", "purpose", "mappings", "reserved", "committed",
           "resident");
    for (int i = 0; i < PURPOSES; i++)
        if (before->by[i].mappings || after->by[i].mappings)
            put_row(purposes[i].name, &before->by[i], &after->by[i], detailed);
    put_row("all", &before->all, &after->all, detailed);
    putchar('\n');
}

static void put_one(char sign, const struct picture *picture, size_t i, const char *note) {
    const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
    printf("%c 0x%012" PRIx64 " - 0x%012" PRIx64 "%12s  %-11s%s%s\n", sign, mapping->low,
           mapping->high, BYTES(size_of(mapping)), purposes[picture->purpose[i]].id,
           label_of(picture, i).text, note);
}

static bool same_name(const struct picture *a, size_t i, const struct picture *b, size_t j) {
    const struct hp_layout_mapping *one = &a->map.mappings[i], *other = &b->map.mappings[j];
    return one->name_size == other->name_size &&
           !memcmp(a->text + one->name, b->text + other->name, one->name_size);
}

/* GROWS_DOWN and its like are known of smaps only; rights are known of both. */
enum { RIGHTS = HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_EXECUTE | HP_LAYOUT_SHARED };

static void put_pair(const struct picture *before, size_t i, const struct picture *after,
                     size_t j) {
    const struct hp_layout_mapping *was = &before->map.mappings[i], *is = &after->map.mappings[j];
    const bool rights = (was->flags & RIGHTS) != (is->flags & RIGHTS);
    char note[80] = "";
    if (!same_name(before, i, after, j) || was->offset != is->offset) {
        put_one('-', before, i, "");
        put_one('+', after, j, "");
        return;
    }
    if (was->high == is->high && !rights) return;
    if (was->high != is->high)
        snprintf(note, sizeof note, "  (%s%s)", change_of(was->high, is->high).text,
                 rights ? ", other rights" : "");
    else
        snprintf(note, sizeof note, "  (other rights)");
    put_one('~', after, j, note);
}

void print_diff(const struct picture *before, const struct picture *after) {
    size_t i = 0, j = 0;
    printf("from %s\n  to %s\n", before->title, after->title);
    put_rows(before, after);
    while (i < before->map.count || j < after->map.count) {
        const uint64_t was = i < before->map.count ? before->map.mappings[i].low : UINT64_MAX;
        const uint64_t is = j < after->map.count ? after->map.mappings[j].low : UINT64_MAX;
        if (was < is)
            put_one('-', before, i++, "");
        else if (is < was)
            put_one('+', after, j++, "");
        else
            put_pair(before, i++, after, j++);
    }
}
