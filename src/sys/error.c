/* SPDX-License-Identifier: MIT */
/* Names and texts of errors, without strerror: it may allocate, and answers in the language of the
 * locale. */
#include "error.h"

#include "sys.h"

struct error_row {
    int number;
    const char *name;
    const char *text;
};

static const struct error_row rows[] = {
#define ERROR(name, number, text) {number, #name, text},
#include "error.def"
#undef ERROR
    {HP_ELOST, "HP_ELOST",
     "a range that was owned is no longer mapped, and could not be taken back"},
    {HP_EELSEWHERE, "HP_EELSEWHERE",
     "the kernel granted the memory, but not at the address asked for"},
};

/* Few and looked up rarely: a walk needs no order among the numbers of different systems. */
static const struct error_row *find(int code) {
    const int number = code < 0 && code >= -HP_ERRNO_MAX ? -code : code;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number) return &rows[i];
    return 0;
}

const char *hp_error_name(int code) {
    const struct error_row *row = find(code);
    return row ? row->name : 0;
}

const char *hp_error_text(int code) {
    const struct error_row *row = find(code);
    return row ? row->text : 0;
}
