/* SPDX-License-Identifier: MIT */
/* The picture as one JSON object, schema 1: documented in hardpan(1), checked by test/tool/map.sh.
 * Addresses are strings, for they may be beyond what a number of JSON keeps. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "../tool.h"
#include "map.h"

static json_t *address(uint64_t at) {
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, at);
    return json_string(text);
}

/* null where only maps was read */
static json_t *resident(const struct picture *picture, uint64_t bytes) {
    return picture->map.detailed ? json_integer((json_int_t)bytes) : json_null();
}

static json_t *sums_object(const struct picture *picture, const char *id, const struct sums *sums) {
    return json_pack("{s:s, s:I, s:I, s:I, s:o}", "purpose", id, "mappings",
                     (json_int_t)sums->mappings, "reserved", (json_int_t)sums->reserved,
                     "committed", (json_int_t)sums->committed, "resident",
                     resident(picture, sums->resident));
}

static json_t *purpose_array(const struct picture *picture) {
    json_t *array = json_array();
    for (int i = 0; i < PURPOSES; i++)
        if (picture->by[i].mappings)
            json_array_append_new(array, sums_object(picture, purposes[i].id, &picture->by[i]));
    return array;
}

static json_t *gap_array(const struct picture *picture) {
    json_t *array = json_array();
    for (size_t i = 0; i < picture->gap_count; i++) {
        const struct gap *gap = &picture->gaps[i];
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:I}", "low", address(gap->low), "high",
                             address(gap->high), "size", (json_int_t)(gap->high - gap->low)));
    }
    return array;
}

static json_t *rights_string(uint32_t flags) {
    const char text[] = {flags & HP_LAYOUT_READ ? 'r' : '-', flags & HP_LAYOUT_WRITE ? 'w' : '-',
                         flags & HP_LAYOUT_EXECUTE ? 'x' : '-',
                         flags & HP_LAYOUT_SHARED ? 's' : 'p', 0};
    return json_string(text);
}

static json_t *mapping_object(const struct picture *picture, size_t i) {
    const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
    return json_pack("{s:o, s:o, s:o, s:s, s:I, s:o, s:o, s:s}", "low", address(mapping->low),
                     "high", address(mapping->high), "rights", rights_string(mapping->flags),
                     "purpose", purposes[picture->purpose[i]].id, "size",
                     (json_int_t)size_of(mapping), "resident", resident(picture, mapping->resident),
                     "offset", address(mapping->offset), "name", label_of(picture, i).text);
}

static json_t *mapping_array(const struct picture *picture) {
    json_t *array = json_array();
    for (size_t i = 0; i < picture->map.count; i++)
        json_array_append_new(array, mapping_object(picture, i));
    return array;
}

json_t *picture_object(const struct picture *picture) {
    return json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "schema", 1, "hardpan", HP_VERSION,
                     "title", picture->title, "most_mappings",
                     picture->most ? json_integer((json_int_t)picture->most) : json_null(), "all",
                     sums_object(picture, "all", &picture->all), "purposes", purpose_array(picture),
                     "gaps", gap_array(picture), "mappings", mapping_array(picture));
}

int print_map_json(const struct picture *picture) {
    json_t *object = picture_object(picture);
    char *text = object ? json_dumps(object, JSON_INDENT(1)) : 0;
    json_decref(object);
    if (!text) return fputs("hardpan map: no memory for the JSON\n", stderr), EXIT_BLIND;
    puts(text);
    free(text);
    return EXIT_FINE;
}
