/* SPDX-License-Identifier: MIT */
/* A script as a file of lines: comments, labels, and one statement each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

enum { SCRIPT_MOST = 16 << 20 };

static bool refuse(const char *path, const char *what) {
    fprintf(stderr, "hardpan sim: %s: %s\n", path, what);
    return false;
}

static bool fill(struct script *script, FILE *file) {
    size_t capacity = 1 << 16;
    script->text = malloc(capacity);
    while (script->text && script->size < SCRIPT_MOST) {
        const size_t room = capacity - script->size;
        const size_t got = fread(script->text + script->size, 1, room, file);
        script->size += got;
        if (got < room) return !ferror(file) || refuse(script->path, strerror(errno));
        char *more = realloc(script->text, capacity *= 2);
        if (!more) return refuse(script->path, "out of memory");
        script->text = more;
    }
    return refuse(script->path, "longer than 16 MiB");
}

static bool load(struct script *script) {
    FILE *file = strcmp(script->path, "-") ? fopen(script->path, "re") : stdin;
    if (!file) return refuse(script->path, strerror(errno));
    const bool loaded = fill(script, file);
    if (file != stdin) fclose(file);
    return loaded;
}

/* LABEL: in front of a statement names what it answers. */
static bool take_label(struct reader *reader, struct statement *statement) {
    struct script *script = reader->script;
    struct word word = reader->word;
    statement->label = NO_LABEL;
    if (word.text[word.size - 1] != ':') return true;
    word.size--;
    uint64_t number;
    if (!word.size || parse_number(word, &number) || memchr(word.text, '+', word.size) ||
        memchr(word.text, '-', word.size))
        return script_wrong(reader, "no name for a label");
    statement->label = find_label(script, word);
    if (statement->label == NO_LABEL && script->label_count == LABELS_MOST)
        return script_wrong(reader, "more than 256 labels");
    return take_word(reader) || script_wrong(reader, "a label, and nothing behind it");
}

/* A label holds from the next line on. */
static void keep_label(struct reader *reader, struct statement *statement, struct word word) {
    struct script *script = reader->script;
    if (word.text[word.size - 1] != ':') return;
    word.size--;
    if (statement->label == NO_LABEL) statement->label = script->label_count++;
    script->labels[statement->label] = word;
}

static struct statement *next_slot(struct script *script) {
    if (script->count == script->capacity) {
        const size_t capacity = script->capacity ? 2 * script->capacity : 64;
        struct statement *more = realloc(script->statements, capacity * sizeof *more);
        if (!more) return 0;
        script->statements = more;
        script->capacity = capacity;
    }
    return &script->statements[script->count];
}

static bool check_order(const struct reader *reader, const struct statement *statement) {
    const struct script *script = reader->script;
    const enum statement_kind last =
        script->count ? script->statements[script->count - 1].kind : DO_MAPS;
    if (statement->kind != DO_EXEC && !script->count)
        return script_wrong(reader, "a script begins with exec");
    if (statement->kind == DO_MAP && last != DO_EXEC && last != DO_MAP)
        return script_wrong(reader, "map lines follow exec; later it is mmap");
    return true;
}

static bool read_line(struct reader *reader) {
    const char *comment = memchr(reader->at, '#', (size_t)(reader->end - reader->at));
    if (comment) reader->end = comment;
    if (!take_word(reader)) return true;
    const struct word first = reader->word;
    struct statement *statement = next_slot(reader->script);
    if (!statement) return script_wrong(reader, "out of memory");
    *statement = (struct statement){.line = reader->line};
    statement->address.label = statement->end.label = statement->to.label = NO_LABEL;
    if (!take_label(reader, statement)) return false;
    statement->text = reader->word.text;
    if (!read_statement(reader, statement)) return false;
    while (reader->end > statement->text && (reader->end[-1] == ' ' || reader->end[-1] == '\r'))
        reader->end--;
    statement->text_size = (int)(reader->end - statement->text);
    reader->word = first;
    if (!check_order(reader, statement)) return false;
    keep_label(reader, statement, first);
    reader->script->count++;
    return true;
}

static bool read_lines(struct script *script) {
    const char *at = script->text, *end = script->text + script->size;
    for (unsigned line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct reader reader = {.script = script, .line = line, .at = at, .end = stop ? stop : end};
        if (!read_line(&reader)) return false;
        at = reader.end < end && stop ? stop + 1 : end;
    }
    return script->count || refuse(script->path, "no statement in it");
}

bool read_script(struct script *script, const char *path) {
    *script = (struct script){.path = path};
    return load(script) && read_lines(script);
}

void free_script(struct script *script) {
    free(script->statements);
    free(script->text);
}
