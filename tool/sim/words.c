/* SPDX-License-Identifier: MIT */
/* The words of a script: numbers, protections, places, and what is wrong with one. */
#include <string.h>

#include "script.h"

bool script_wrong(const struct reader *reader, const char *what) {
    const struct word word = reader->word;
    fprintf(stderr, "hardpan sim: %s:%u: ", reader->script->path, reader->line);
    if (word.size) fprintf(stderr, "'%.*s': ", (int)(word.size < 80 ? word.size : 80), word.text);
    fprintf(stderr, "%s\n", what);
    return false;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool take_word(struct reader *reader) {
    while (reader->at < reader->end && is_blank(*reader->at)) reader->at++;
    const char *begin = reader->at;
    while (reader->at < reader->end && !is_blank(*reader->at)) reader->at++;
    reader->word = (struct word){begin, (size_t)(reader->at - begin)};
    return reader->word.size;
}

bool is_word(struct word word, const char *name) {
    return strlen(name) == word.size && !memcmp(word.text, name, word.size);
}

static int digit(char c, unsigned base) {
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    return value < (int)base ? value : -1;
}

static bool scale(uint64_t *number, char unit) {
    static const char units[] = "KMGTP";
    const char *at = unit ? strchr(units, unit) : 0;
    if (!at) return false;
    for (long i = at - units; i >= 0; i--)
        if (__builtin_mul_overflow(*number, 1024, number)) return false;
    return true;
}

bool parse_number(struct word word, uint64_t *number) {
    const bool hex = word.size > 2 && word.text[0] == '0' && word.text[1] == 'x';
    const unsigned base = hex ? 16 : 10;
    size_t i = hex ? 2 : 0;
    const size_t first = i;
    *number = 0;
    if (is_word(word, "unlimited")) return *number = UINT64_MAX, true;
    for (; i < word.size && digit(word.text[i], base) >= 0; i++)
        if (__builtin_mul_overflow(*number, base, number) ||
            __builtin_add_overflow(*number, (uint64_t)digit(word.text[i], base), number))
            return false;
    if (i == first) return false;
    return i == word.size || (i + 1 == word.size && scale(number, word.text[i]));
}

bool read_protection(struct word word, unsigned *protection) {
    unsigned read = 0;
    for (size_t i = 0; i < word.size; i++) {
        switch (word.text[i]) {
        case 'r': read |= HP_LAYOUT_READ; break;
        case 'w': read |= HP_LAYOUT_WRITE; break;
        case 'x': read |= HP_LAYOUT_EXECUTE; break;
        case '-': break;
        default: return false;
        }
    }
    *protection = read;
    return word.size;
}

bool split_setting(struct word word, struct word *name, struct word *value) {
    const char *equals = memchr(word.text, '=', word.size);
    if (!equals) return false;
    *name = (struct word){word.text, (size_t)(equals - word.text)};
    *value = (struct word){equals + 1, word.size - name->size - 1};
    return true;
}

int find_label(const struct script *script, struct word word) {
    for (int i = script->label_count - 1; i >= 0; i--) {
        const struct word label = script->labels[i];
        if (label.size == word.size && !memcmp(label.text, word.text, word.size)) return i;
    }
    return NO_LABEL;
}

/* LABEL, LABEL+N, LABEL-N; +N and -N: from the break */
static bool read_relative(const struct reader *reader, struct word word, struct place *place) {
    size_t size = 0;
    while (size < word.size && word.text[size] != '+' && word.text[size] != '-') size++;
    place->label = size ? find_label(reader->script, (struct word){word.text, size}) : BREAK;
    place->number = 0;
    if (place->label == NO_LABEL) return script_wrong(reader, "no address, and no label above");
    if (size == word.size) return true;
    const struct word rest = {word.text + size + 1, word.size - size - 1};
    if (!parse_number(rest, &place->number))
        return script_wrong(reader, "no number behind the sign");
    if (word.text[size] == '-') place->number = -place->number;
    return true;
}

bool read_place(const struct reader *reader, struct word word, struct place *place) {
    *place = (struct place){.label = NO_LABEL};
    return parse_number(word, &place->number) || read_relative(reader, word, place);
}
