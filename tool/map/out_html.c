/* SPDX-License-Identifier: MIT */
/* The page of page.html, which the build makes into bytes, with the picture in it as JSON. Names of
 * mappings are anybody's: no '<' of theirs reaches the page. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "../tool.h"
#include "map.h"

extern const unsigned char map_page[];
extern const size_t map_page_size;
static const char marker[] = "@DATA@";

static json_t *words_array(void) {
    json_t *array = json_array();
    for (int i = 0; i < PURPOSES; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:s}", "id", purposes[i].id, "name", purposes[i].name,
                             "colour", purposes[i].colour, "dark", purposes[i].dark));
    return array;
}

static void put_data(FILE *file, const char *text) {
    for (const char *at = text; *at; at++)
        if (*at == '<')
            fputs("\\u003c", file);
        else
            putc(*at, file);
}

static void put_page(FILE *file, const char *text) {
    const unsigned char *at = map_page;
    while (memcmp(at, marker, sizeof marker - 1) != 0) at++;
    fwrite(map_page, 1, (size_t)(at - map_page), file);
    put_data(file, text);
    at += sizeof marker - 1;
    fwrite(at, 1, (size_t)(map_page + map_page_size - at), file);
}

static int not_written(const char *path) {
    fprintf(stderr, "hardpan map: %s: %s\n", path, error_word(-errno));
    return EXIT_BLIND;
}

static int write_file(const char *path, const char *text) {
    FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
    if (!file) return not_written(path);
    put_page(file, text);
    if (file == stdout) return EXIT_FINE;
    const bool failed = ferror(file);
    if (fclose(file) || failed) return not_written(path);
    return EXIT_FINE;
}

int write_page(const struct picture *picture, const char *path) {
    json_t *object = picture_object(picture);
    if (object) json_object_set_new(object, "words", words_array());
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : 0;
    json_decref(object);
    if (!text) return fputs("hardpan map: no memory for the page\n", stderr), EXIT_BLIND;
    const int status = write_file(path, text);
    free(text);
    return status;
}
