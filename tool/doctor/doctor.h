/* SPDX-License-Identifier: MIT */
/* A fact is one row of a table and one function: what is asked of the kernel, why a runtime cares,
 * and a probe that asks it and says what came back. A probe leaves the process as it found it:
 * mappings, descriptors, handlers. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum status { STATUS_OK, STATUS_NOTE, STATUS_WRONG };

struct finding {
    enum status status;
    bool blind; /* the probe could not look; status is then note */
    char found[480];
    char todo[480]; /* empty: nothing */
};

struct fact {
    const char *id;    /* family.name */
    const char *asked; /* a sentence: what the kernel was asked */
    const char *why;   /* a sentence or two: what breaks in a runtime */
    void (*probe)(struct finding *finding);
};

struct family {
    const char *name;
    const char *title;
    const struct fact *facts;
    size_t count;
};

#define FAMILY(name, title)                                                                        \
    const struct family family_##name = {#name, title, rows, sizeof rows / sizeof *rows}

/* What a probe says. Each call replaces what was said before; what does not fit is cut off. */
void found(struct finding *finding, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void todo(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "could not look: EACCES from /proc/self/maps" */
void blind(struct finding *finding, const char *source, int code);

/* Chosen facts with their findings, in the order of the table. */
struct examined {
    const struct family *family;
    const struct fact *fact;
    struct finding finding;
};

struct report {
    struct examined *facts;
    size_t count;
    size_t by_status[3];
    size_t blind;
};

const char *status_word(enum status status);
void print_table(const struct report *report, bool colour);
void print_cards(const struct report *report, bool colour);
/* False when there is no memory for it. */
bool print_json(const struct report *report);

int doctor_main(int count, char **arguments);

#endif
