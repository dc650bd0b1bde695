/* SPDX-License-Identifier: MIT */
/* The report for people: a table of at most 100 columns by family, or one card a fact. The word is
 * always there, the colour only underlines it. */
#include <hardpan.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "doctor.h"

enum { WIDTH = 100, TABLE_INDENT = 26, CARD_INDENT = 10 };

enum ink { PLAIN, BOLD, DIM, GREEN, YELLOW, RED };
static const char *const inks[] = {"",         "\033[1m",    "\033[2m",
                                   "\033[32m", "\033[1;33m", "\033[1;31m"};

static void put(enum ink ink, bool colour, const char *text) {
    if (colour && ink != PLAIN)
        printf("%s%s\033[0m", inks[ink], text);
    else
        fputs(text, stdout);
}

static enum ink status_ink(enum status status) {
    static const enum ink of[] = {GREEN, YELLOW, RED};
    return of[status];
}

/* Words broken into lines that end before WIDTH; the first line begins at the column where the
 * cursor is: indent. */
static void put_wrapped(const char *text, size_t indent, enum ink ink, bool colour) {
    size_t column = indent;
    const char *paint = colour ? inks[ink] : "", *plain = colour && ink != PLAIN ? "\033[0m" : "";
    fputs(paint, stdout);
    for (const char *word = text; *word;) {
        const size_t length = strcspn(word, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            printf("%s\n%*s%s", plain, (int)indent, "", paint);
            column = indent;
        } else if (column > indent) {
            column += (size_t)printf(" ");
        }
        column += (size_t)printf("%.*s", (int)length, word);
        word += length + strspn(word + length, " ");
    }
    printf("%s\n", plain);
}

static void put_header(bool colour) {
    struct utsname name = {0};
    hp_sys_uname(&name);
    put(BOLD, colour, "hardpan " HP_VERSION);
    printf(" on %s %s %s, through the %s door\n", name.sysname, name.release, name.machine,
           hp_sys_door());
}

static void put_family(const struct family *family, bool colour) {
    printf("\n");
    put(BOLD, colour, family->name);
    printf("%*s%s\n", 9 - (int)strlen(family->name), "", family->title);
}

static void put_row(const struct examined *examined, bool colour) {
    const struct finding *finding = &examined->finding;
    const char *word = status_word(finding->status);
    printf("  ");
    put(status_ink(finding->status), colour, word);
    printf("%*s%-*s", 7 - (int)strlen(word), "", TABLE_INDENT - 9, examined->fact->id);
    put_wrapped(finding->found, TABLE_INDENT, PLAIN, colour);
    if (!*finding->todo) return;
    printf("%*s-> ", TABLE_INDENT - 3, "");
    put_wrapped(finding->todo, TABLE_INDENT, DIM, colour);
}

static void put_summary(const struct report *report, bool colour) {
    static const char *const each[] = {"%zu ok", "%zu note", "%zu wrong"};
    printf("\n%zu fact%s: ", report->count, report->count == 1 ? "" : "s");
    for (int status = STATUS_OK; status <= STATUS_WRONG; status++) {
        char part[32];
        snprintf(part, sizeof part, each[status], report->by_status[status]);
        if (status) printf(", ");
        put(report->by_status[status] ? status_ink((enum status)status) : PLAIN, colour, part);
    }
    if (report->blind) printf("; could not look at %zu", report->blind);
    printf(".  More about one: hardpan doctor --explain ID\n");
}

void print_table(const struct report *report, bool colour) {
    put_header(colour);
    for (size_t i = 0; i < report->count; i++) {
        if (!i || report->facts[i].family != report->facts[i - 1].family)
            put_family(report->facts[i].family, colour);
        put_row(&report->facts[i], colour);
    }
    put_summary(report, colour);
}

static void put_line(const char *label, const char *text, bool colour) {
    printf("  ");
    put(DIM, colour, label);
    printf("%*s", CARD_INDENT - 2 - (int)strlen(label), "");
    put_wrapped(text, CARD_INDENT, PLAIN, colour);
}

void print_cards(const struct report *report, bool colour) {
    for (size_t i = 0; i < report->count; i++) {
        const struct examined *examined = &report->facts[i];
        const struct finding *finding = &examined->finding;
        if (i) printf("\n");
        put(BOLD, colour, examined->fact->id);
        printf("  ");
        put(status_ink(finding->status), colour, status_word(finding->status));
        printf("\n");
        put_line("asked", examined->fact->asked, colour);
        put_line("found", finding->found, colour);
        put_line("why", examined->fact->why, colour);
        put_line("do", *finding->todo ? finding->todo : "Nothing.", colour);
    }
}
