/* SPDX-License-Identifier: MIT */
/* The text of maps and smaps, as the kernel's show_map_vma and show_smap print it: strict, for a
 * line that is only nearly right makes a picture that is wholly wrong. */
#include <errno.h>
#include <string.h>

#include "layout.h"

struct cursor {
    const char *at, *end; /* of the line */
};

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Digits up to `stop`, which is passed; false where there is none, or more than 64 bits of them. */
static bool number(struct cursor *line, unsigned base, char stop, uint64_t *number) {
    const char *first = line->at;
    uint64_t sum = 0;
    for (; line->at < line->end && *line->at != stop; line->at++) {
        const int digit = hex_digit(*line->at);
        if (digit < 0 || (unsigned)digit >= base || sum > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        sum = sum * base + (unsigned)digit;
    }
    *number = sum;
    return line->at > first && line->at++ < line->end;
}

static bool one_of(struct cursor *line, char yes, char no, uint32_t flag, uint32_t *flags) {
    if (line->at == line->end || (*line->at != yes && *line->at != no)) return false;
    if (*line->at++ == yes) *flags |= flag;
    return true;
}

static bool permissions(struct cursor *line, uint32_t *flags) {
    return one_of(line, 'r', '-', HP_LAYOUT_READ, flags) &&
           one_of(line, 'w', '-', HP_LAYOUT_WRITE, flags) &&
           one_of(line, 'x', '-', HP_LAYOUT_EXECUTE, flags) &&
           one_of(line, 's', 'p', HP_LAYOUT_SHARED, flags) && line->at < line->end &&
           *line->at++ == ' ';
}

static bool has_nul(const char *at, const char *end) {
    while (at < end && *at) at++;
    return at < end;
}

/* The inode, then the name after blanks; either may be the end of the line. */
static bool inode_and_name(struct cursor *line, const char *text, struct hp_layout_mapping *m) {
    const char *first = line->at;
    bool file = false;
    for (; line->at < line->end && *line->at != ' '; line->at++) {
        if (*line->at < '0' || *line->at > '9') return false;
        file |= *line->at != '0';
    }
    if (line->at == first) return false;
    if (file) m->flags |= HP_LAYOUT_FILE;
    while (line->at < line->end && *line->at == ' ') line->at++;
    const size_t size = (size_t)(line->end - line->at);
    m->name = (uint64_t)(line->at - text);
    m->name_size = (uint32_t)size;
    return size < UINT32_MAX && (!size || line->end[-1] != '\r') && !has_nul(line->at, line->end);
}

static const char stack_name[] = "[stack]";

static bool mapping_line(struct cursor line, const char *text, struct hp_layout_mapping *m) {
    uint64_t major, minor;
    *m = (struct hp_layout_mapping){0};
    if (!number(&line, 16, '-', &m->low) || !number(&line, 16, ' ', &m->high)) return false;
    if (!permissions(&line, &m->flags) || !number(&line, 16, ' ', &m->offset)) return false;
    if (!number(&line, 16, ':', &major) || !number(&line, 16, ' ', &minor)) return false;
    if (!inode_and_name(&line, text, m)) return false;
    if (m->name_size == sizeof stack_name - 1 &&
        !memcmp(text + m->name, stack_name, sizeof stack_name - 1))
        m->flags |= HP_LAYOUT_GROWS_DOWN;
    enum { SMALLEST_PAGE = 4096 };
    return m->low < m->high && !((m->low | m->high) & (SMALLEST_PAGE - 1));
}

/* ---- smaps ----------------------------------------------------------------------------------- */

struct reader {
    struct hp_layout_map *map;
    const char *text;
    /* lines of smaps that this mapping has, and that the first one had: all have the same */
    size_t fields, fields_each;
    bool flagged, flagged_each; /* VmFlags is among them */
};

static bool is(const char *at, size_t size, const char *name, size_t name_size) {
    return size == name_size && !memcmp(at, name, name_size);
}
#define IS(at, size, name) is(at, size, name, sizeof name - 1)

/* "       123 kB" */
static bool kilobytes(struct cursor line, uint64_t *bytes) {
    uint64_t count;
    while (line.at < line.end && *line.at == ' ') line.at++;
    if (!number(&line, 10, ' ', &count) || !IS(line.at, (size_t)(line.end - line.at), "kB"))
        return false;
    if (count > (UINT64_MAX - *bytes) >> 10) return false;
    *bytes += count << 10;
    return true;
}

/* "rd wr mr mw me gd ac": of what grows down only the flags know, and not the name. */
static void flags(struct cursor line, struct hp_layout_mapping *m) {
    m->flags &= ~(uint32_t)HP_LAYOUT_GROWS_DOWN;
    for (; line.end - line.at >= 2; line.at++) {
        if (line.at[0] == ' ') continue;
        if (IS(line.at, 2, "gd")) m->flags |= HP_LAYOUT_GROWS_DOWN;
        if (IS(line.at, 2, "ss")) m->flags |= HP_LAYOUT_SHADOW_STACK;
        if (IS(line.at, 2, "ht")) m->flags |= HP_LAYOUT_HUGETLB;
        line.at++;
    }
}

static bool value(struct reader *reader, const char *key, size_t size, struct cursor rest) {
    struct hp_layout_mapping *m = &reader->map->mappings[reader->map->count - 1];
    if (IS(key, size, "VmFlags")) {
        reader->flagged = true;
        flags(rest, m);
        return true;
    }
    if (IS(key, size, "Rss") || IS(key, size, "Shared_Hugetlb") || IS(key, size, "Private_Hugetlb"))
        return kilobytes(rest, &m->resident);
    if (IS(key, size, "Anonymous")) return kilobytes(rest, &m->anonymous);
    if (IS(key, size, "Swap")) return kilobytes(rest, &m->swapped);
    if (IS(key, size, "AnonHugePages") || IS(key, size, "ShmemPmdMapped") ||
        IS(key, size, "FilePmdMapped"))
        return kilobytes(rest, &m->huge);
    return true; /* one that is not asked about, or that a later kernel adds */
}

static bool is_key_byte(char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static bool field_line(struct reader *reader, struct cursor line) {
    const char *key = line.at;
    while (line.at < line.end && is_key_byte(*line.at)) line.at++;
    const size_t size = (size_t)(line.at - key);
    if (line.at == line.end || *line.at++ != ':') return false;
    reader->fields++;
    return value(reader, key, size, line);
}

/* ---- The whole text -------------------------------------------------------------------------- */

/* The mapping that was read last has all of its lines: as many as the first one. */
static bool is_complete(struct reader *reader) {
    if (reader->map->count == 1) {
        reader->fields_each = reader->fields;
        reader->flagged_each = reader->flagged;
    }
    const bool complete = !reader->map->count || (reader->fields == reader->fields_each &&
                                                  reader->flagged == reader->flagged_each);
    reader->fields = 0;
    reader->flagged = false;
    return complete;
}

static int add(struct reader *reader, const struct hp_layout_mapping *m) {
    struct hp_layout_map *map = reader->map;
    if (map->count && m->low < map->mappings[map->count - 1].high) return HP_LAYOUT_BACKWARD;
    if (map->count == map->capacity) return HP_LAYOUT_CROWDED;
    map->mappings[map->count++] = *m;
    return HP_LAYOUT_SOUND;
}

/* A flaw, or none. Lines of smaps begin with a capital, those of maps with a digit. */
static int read_line(struct reader *reader, struct cursor line) {
    if (line.at < line.end && *line.at >= 'A' && *line.at <= 'Z')
        return reader->map->count && field_line(reader, line) ? HP_LAYOUT_SOUND : HP_LAYOUT_GARBLED;
    struct hp_layout_mapping mapping;
    if (!mapping_line(line, reader->text, &mapping)) return HP_LAYOUT_GARBLED;
    return is_complete(reader) ? add(reader, &mapping) : HP_LAYOUT_CUT_OFF;
}

/* Eight bytes at a time: smaps is 25 lines a mapping. Bytes that equal the newline become 0, and
 * only a word with a 0 byte borrows into a high bit that was clear. */
static const char *newline(const char *at, const char *end) {
    const uint64_t ones = UINT64_MAX / 255;
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word ^= ones * '\n';
        if ((word - ones) & ~word & (ones << 7)) break;
        at += 8;
    }
    while (at < end && *at != '\n') at++;
    return at;
}

static int read_text(struct reader *reader, size_t size, size_t *line) {
    const char *at = reader->text, *end = at + size;
    for (*line = 1; at < end; ++*line) {
        const char *stop = newline(at, end);
        if (stop == end) return HP_LAYOUT_CUT_OFF;
        const int flaw = read_line(reader, (struct cursor){at, stop});
        if (flaw) return flaw;
        at = stop + 1;
    }
    --*line;
    if (!reader->map->count) return HP_LAYOUT_EMPTY;
    return is_complete(reader) ? HP_LAYOUT_SOUND : HP_LAYOUT_CUT_OFF;
}

int hp_layout_parse(const char *text, size_t size, struct hp_layout_map *map,
                    struct hp_layout_wrong *wrong) {
    struct reader reader = {.map = map, .text = text};
    size_t line;
    if (!map || (!text && size) || (!map->mappings && map->capacity)) return -EINVAL;
    map->count = 0;
    map->text = text;
    map->detailed = 0;
    const int flaw = read_text(&reader, size, &line);
    if (wrong) *wrong = (struct hp_layout_wrong){flaw ? line : 0, flaw};
    if (!flaw) return map->detailed = reader.flagged_each, 0;
    map->count = 0;
    return flaw == HP_LAYOUT_CROWDED ? -ENOSPC : -EBADMSG;
}

const char *hp_layout_flaw_text(int flaw) {
    static const char *const texts[] = {
        [HP_LAYOUT_SOUND] = "is sound",
        [HP_LAYOUT_EMPTY] = "is empty: the process has ended, or is the kernel's own",
        [HP_LAYOUT_CUT_OFF] = "is cut off",
        [HP_LAYOUT_GARBLED] = "is no text of maps or smaps",
        [HP_LAYOUT_BACKWARD] = "has mappings that overlap or are out of order",
        [HP_LAYOUT_CROWDED] = "has more mappings than there is room for",
    };
    return flaw >= 0 && (size_t)flaw < HP_COUNT(texts) ? texts[flaw] : 0;
}
