/* SPDX-License-Identifier: MIT */
/* The same as one JSON object, schema 1: documented in hardpan(1), checked by test/tool/fds.sh. */
#include <fcntl.h>
#include <hardpan.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "fds.h"

static json_t *hexadecimal(uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, number);
    return json_string(text);
}

static void append_place(const struct place *place, void *array) {
    json_array_append_new(array, json_pack("{s:i, s:s, s:i, s:s}", "pid", place->pid, "name",
                                           name_of_process(place->pid).text, "fd", place->fd,
                                           "access", access_word(place->flags)));
}

static json_t *watch_object(const struct table *table, const struct descriptor *poller,
                            const struct watch *watch) {
    static const char *const states[] = {"same", "closed", "other"};
    json_t *keepers = json_array();
    each_keeper(table, poller, watch, append_place, keepers);
    return json_pack("{s:i, s:o, s:o, s:s, s:o}", "fd", watch->fd, "events",
                     hexadecimal(watch->events), "data", hexadecimal(watch->data), "state",
                     states[watch->state], "kept_by", keepers);
}

static json_t *watch_array(const struct table *table, const struct descriptor *poller) {
    json_t *array = json_array();
    for (size_t i = 0; i < poller->watch_count; i++)
        json_array_append_new(array, watch_object(table, poller, &poller->watches[i]));
    return array;
}

static json_t *descriptor_object(const struct table *table, const struct descriptor *descriptor) {
    json_t *ends = json_array();
    each_other_end(table, descriptor, append_place, ends);
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:o}", "fd", descriptor->fd,
                     "kind", descriptor->kind, "name", descriptor->name, "detail",
                     descriptor->detail, "access", access_word(descriptor->flags), "flags",
                     hexadecimal(descriptor->flags & ~(unsigned)O_CLOEXEC), "nonblock",
                     (descriptor->flags & O_NONBLOCK) != 0, "handed_on", is_handed_on(descriptor),
                     "other_ends", ends, "watches", watch_array(table, descriptor));
}

static json_t *table_object(const struct table *table) {
    json_t *descriptors = json_array();
    for (size_t i = 0; i < table->count; i++)
        json_array_append_new(descriptors, descriptor_object(table, &table->descriptors[i]));
    return json_pack("{s:i, s:s, s:i, s:s, s:I, s:I, s:I, s:o}", "schema", 1, "hardpan", HP_VERSION,
                     "pid", table->pid, "name", table->name, "handed_on",
                     (json_int_t)table->handed_on, "outlived", (json_int_t)table->outlived,
                     "unseen", (json_int_t)table->unseen, "descriptors", descriptors);
}

bool print_fds_json(const struct table *table) {
    json_t *object = table_object(table);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : 0;
    json_decref(object);
    if (!text) return fputs("hardpan fds: no memory for the JSON\n", stderr), false;
    puts(text);
    free(text);
    return true;
}
