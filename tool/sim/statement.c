/* SPDX-License-Identifier: MIT */
/* One statement of a script: what each command takes, as tables. */
#include <string.h>

#include "script.h"

/* ---- Words behind the arguments -------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned flag;
} flag_words[] = {
    {"shared", HP_LAYOUT_MAP_SHARED},        {"fixed", HP_LAYOUT_MAP_FIXED},
    {"noreplace", HP_LAYOUT_MAP_NOREPLACE},  {"32bit", HP_LAYOUT_MAP_32BIT},
    {"growsdown", HP_LAYOUT_MAP_GROWS_DOWN}, {"above4g", HP_LAYOUT_MAP_ABOVE_4G},
    {"int80", HP_LAYOUT_BY_INT80},           {"maymove", HP_LAYOUT_MAY_MOVE},
};

static const struct {
    const char *name;
    int object;
} object_words[] = {
    {"file", HP_LAYOUT_PLAIN_FILE}, {"ext4", HP_LAYOUT_THP_FILE}, {"memfd", HP_LAYOUT_MEMFD},
    {"tmpfs", HP_LAYOUT_TMPFS},     {"zero", HP_LAYOUT_DEV_ZERO}, {"huge", HP_LAYOUT_HUGE},
    {"driver", HP_LAYOUT_DRIVER},
};

static bool take_flag(struct statement *statement, struct word word) {
    for (size_t i = 0; i < sizeof flag_words / sizeof *flag_words; i++) {
        if (!is_word(word, flag_words[i].name)) continue;
        statement->flags |= flag_words[i].flag;
        return true;
    }
    return false;
}

/* NAME or NAME=FILE */
static bool take_object(struct statement *statement, struct word word) {
    struct word name = word, file = {0};
    split_setting(word, &name, &file);
    for (size_t i = 0; i < sizeof object_words / sizeof *object_words; i++) {
        if (!is_word(name, object_words[i].name)) continue;
        statement->object = object_words[i].object;
        statement->name = file.text;
        statement->name_size = file.size;
        return true;
    }
    return false;
}

static bool take_random(const struct reader *reader, struct statement *statement,
                        struct word value) {
    const char *comma = memchr(value.text, ',', value.size);
    struct word first = value, second = {0};
    if (comma) {
        first.size = (size_t)(comma - value.text);
        second = (struct word){comma + 1, value.size - first.size - 1};
    }
    statement->is_drawn = true;
    if (!parse_number(first, &statement->random[0]) ||
        (comma && !parse_number(second, &statement->random[1])))
        return script_wrong(reader, "not one number, or two and a comma");
    return true;
}

static bool take_number(const struct reader *reader, struct word value, uint64_t *number) {
    return parse_number(value, number) ||
           script_wrong(reader, "not a number, such as 4096, 64K, 0x1000");
}

static bool take_setting(const struct reader *reader, struct statement *statement) {
    struct word name, value;
    if (!split_setting(reader->word, &name, &value))
        return script_wrong(reader, "no such word here");
    if (is_word(name, "hint") || is_word(name, "to"))
        return read_place(reader, value, &statement->to);
    if (is_word(name, "offset")) return take_number(reader, value, &statement->offset);
    if (is_word(name, "align")) return take_number(reader, value, &statement->align);
    if (is_word(name, "random")) return take_random(reader, statement, value);
    return script_wrong(reader, "no such word here");
}

static bool take_options(struct reader *reader, struct statement *statement) {
    while (take_word(reader)) {
        if (take_flag(statement, reader->word)) continue;
        if (take_object(statement, reader->word)) continue;
        if (statement->kind == DO_MMAP && read_protection(reader->word, &statement->protection))
            continue;
        if (!take_setting(reader, statement)) return false;
    }
    return true;
}

/* ---- Arguments ------------------------------------------------------------------------------- */

static bool want(struct reader *reader, const char *what) {
    return take_word(reader) || script_wrong(reader, what);
}

static bool want_place(struct reader *reader, struct place *place) {
    return want(reader, "an address is missing") && read_place(reader, reader->word, place);
}

static bool want_length(struct reader *reader, uint64_t *length) {
    return want(reader, "a length is missing") && take_number(reader, reader->word, length);
}

static bool want_protection(struct reader *reader, struct statement *statement) {
    if (!want(reader, "a protection is missing, such as r-x")) return false;
    return read_protection(reader->word, &statement->protection) ||
           script_wrong(reader, "no protection, such as r-x");
}

static bool want_end(struct reader *reader) {
    return !take_word(reader) || script_wrong(reader, "one word too many");
}

static int find_fact(struct word name) {
    static const char *const facts[] = {
#define NAME(field, title) #field,
        HP_LAYOUT_FACTS(NAME)
#undef NAME
    };
    for (int i = 0; i < HP_LAYOUT_FACT_COUNT; i++)
        if (is_word(name, facts[i])) return i;
    return -1;
}

static bool read_exec(struct reader *reader, struct statement *statement) {
    while (take_word(reader)) {
        struct word name, value;
        struct setting setting;
        if (!split_setting(reader->word, &name, &value))
            return script_wrong(reader, "no setting, such as stack_limit=unlimited");
        setting.fact = find_fact(name);
        if (setting.fact < 0)
            return script_wrong(reader, "no such setting of a process or a kernel");
        if (!take_number(reader, value, &setting.number)) return false;
        if (statement->settings_count == FACTS_MOST)
            return script_wrong(reader, "too many settings");
        statement->settings[statement->settings_count++] = setting;
    }
    return true;
}

static bool read_map(struct reader *reader, struct statement *statement) {
    if (!want_place(reader, &statement->address) || !want_place(reader, &statement->end) ||
        !want_protection(reader, statement))
        return false;
    while (take_word(reader)) {
        if (is_word(reader->word, "growsdown"))
            statement->mapping_flags |= HP_LAYOUT_GROWS_DOWN;
        else if (take_object(statement, reader->word))
            statement->mapping_flags |= HP_LAYOUT_FILE;
        else
            return script_wrong(reader, "no such word here");
    }
    return true;
}

static bool read_mmap(struct reader *reader, struct statement *statement) {
    statement->protection = HP_LAYOUT_READ | HP_LAYOUT_WRITE;
    return want_length(reader, &statement->length) && take_options(reader, statement);
}

static bool read_munmap(struct reader *reader, struct statement *statement) {
    return want_place(reader, &statement->address) && want_length(reader, &statement->length) &&
           want_end(reader);
}

static bool read_mprotect(struct reader *reader, struct statement *statement) {
    return want_place(reader, &statement->address) && want_length(reader, &statement->length) &&
           want_protection(reader, statement) && want_end(reader);
}

static bool read_mremap(struct reader *reader, struct statement *statement) {
    return want_place(reader, &statement->address) && want_length(reader, &statement->old_length) &&
           want_length(reader, &statement->length) && take_options(reader, statement);
}

static bool read_brk(struct reader *reader, struct statement *statement) {
    return want_place(reader, &statement->address) && want_end(reader);
}

static bool read_maps(struct reader *reader, struct statement *statement) {
    (void)statement;
    return want_end(reader);
}

static const struct {
    const char *name;
    enum statement_kind kind;
    bool (*read)(struct reader *reader, struct statement *statement);
} commands[] = {
    {"exec", DO_EXEC, read_exec},
    {"map", DO_MAP, read_map},
    {"mmap", DO_MMAP, read_mmap},
    {"munmap", DO_MUNMAP, read_munmap},
    {"mprotect", DO_MPROTECT, read_mprotect},
    {"mremap", DO_MREMAP, read_mremap},
    {"brk", DO_BRK, read_brk},
    {"maps", DO_MAPS, read_maps},
};

bool read_statement(struct reader *reader, struct statement *statement) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!is_word(reader->word, commands[i].name)) continue;
        statement->kind = commands[i].kind;
        return commands[i].read(reader, statement);
    }
    return script_wrong(reader, "no command: exec, map, mmap, munmap, mprotect, mremap, brk, maps");
}
