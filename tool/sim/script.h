/* SPDX-License-Identifier: MIT */
/* hardpan sim: a script of calls, read once, and played on one kernel or on two. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <hardpan.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* ---- The script ------------------------------------------------------------------------------ */

enum { LABELS_MOST = 256, FACTS_MOST = HP_LAYOUT_FACT_COUNT };

enum statement_kind {
    DO_EXEC,
    DO_MAP, /* what exec itself maps, at a place of its own */
    DO_MMAP,
    DO_MUNMAP,
    DO_MPROTECT,
    DO_MREMAP,
    DO_BRK,
    DO_MAPS /* prints what is mapped */
};

/* A number, or what a label came to plus a number. */
struct place {
    int label; /* -1: none; BREAK: the break that holds */
    uint64_t number;
};
enum { NO_LABEL = -1, BREAK = -2 };

struct setting {
    int fact;
    uint64_t number;
};

struct statement {
    enum statement_kind kind;
    unsigned line;
    const char *text; /* within the script, without its label and its comment */
    int text_size;
    int label; /* that takes the answer; NO_LABEL: none */
    struct place address, end, to;
    uint64_t length, old_length, offset, align;
    unsigned protection, flags; /* of struct hp_layout_request */
    uint32_t mapping_flags;     /* of a map line, beyond the protection */
    int object;
    bool is_drawn; /* random is the script's */
    uint64_t random[2];
    const char *name; /* of the file, within the script */
    size_t name_size;
    struct setting settings[FACTS_MOST];
    int settings_count;
};

struct word {
    const char *text;
    size_t size;
};

struct script {
    const char *path;
    char *text;
    size_t size;
    struct statement *statements;
    size_t count, capacity;
    struct word labels[LABELS_MOST];
    int label_count;
};

/* False with a sentence on standard error that names line and word. */
bool read_script(struct script *script, const char *path);
void free_script(struct script *script);

/* One line's words, taken one by one. */
struct reader {
    struct script *script;
    unsigned line;
    const char *at, *end;
    struct word word;
};
bool take_word(struct reader *reader);
bool script_wrong(const struct reader *reader, const char *what); /* false */
bool is_word(struct word word, const char *name);
/* "64K", "0x1000", "unlimited" */
bool parse_number(struct word word, uint64_t *number);
bool read_protection(struct word word, unsigned *protection);
/* name=value: splits the word; false when it has no '=' */
bool split_setting(struct word word, struct word *name, struct word *value);
/* The label's number; -1 when there is none. */
int find_label(const struct script *script, struct word word);
bool read_place(const struct reader *reader, struct word word, struct place *place);
bool read_statement(struct reader *reader, struct statement *statement);

/* ---- Playing it ------------------------------------------------------------------------------ */

enum { STEPS_MOST = 64, PARTS_MOST = 64, MAPPINGS_MOST = 1 << 16 };

struct outcome {
    struct hp_layout_answer answer;
    struct hp_layout_part parts[PARTS_MOST];
    struct hp_layout_step steps[STEPS_MOST];
    bool is_guess; /* depends on history: the first candidate was taken */
};

struct process {
    const char *kernel;
    int machine;
    uint64_t seed;
    bool begun;
    struct hp_layout layout;
    struct hp_layout_facts fresh;
    uint64_t labels[LABELS_MOST];
};

/* -1: no room for the mappings, said on standard error. */
int open_process(struct process *process, const char *kernel, int machine, uint64_t seed);
void close_process(struct process *process);
/* 0, or the exit status with a sentence on standard error. */
int play_statement(struct process *process, const struct script *script,
                   const struct statement *statement, struct outcome *outcome);

/* ---- Saying it ------------------------------------------------------------------------------- */

/* "= 0x...", "= ENOMEM" */
void say_outcome(char *text, size_t size, const struct statement *statement,
                 const struct outcome *outcome);
void print_process(const struct process *process);
void print_outcome(const struct process *process, const struct statement *statement,
                   const struct outcome *outcome, bool steps);
void print_process_maps(const struct process *process);
json_t *json_outcome(const struct process *process, const struct statement *statement,
                     const struct outcome *outcome);
json_t *json_process(const struct process *process);

#endif
