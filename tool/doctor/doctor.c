/* SPDX-License-Identifier: MIT */
/* hardpan doctor: choose facts, run their probes, print, and say in the exit status what is the
 * matter. */
#include "doctor.h"

#include <errno.h>
#include <getopt.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tool.h"

extern const struct family family_mmap, family_mem, family_layout, family_restart, family_poll,
    family_fd, family_proc, family_sandbox, family_cpu;

static const struct family *const families[] = {&family_mmap,    &family_mem,     &family_layout,
                                                &family_restart, &family_poll,    &family_fd,
                                                &family_proc,    &family_sandbox, &family_cpu};
enum { FAMILIES = sizeof families / sizeof *families };

struct options {
    const char *chosen[64]; /* ids or names of families; none: everything */
    size_t count;
    enum { AS_TABLE, AS_CARDS, AS_JSON } form;
    enum colour colour;
};

/* "mmap" stands for every mmap.* */
static bool names(const char *word, const struct family *family, const struct fact *fact) {
    return !strcmp(word, fact->id) || !strcmp(word, family->name);
}

typedef void visitor(const struct family *family, const struct fact *fact, void *context);

static void each_fact(visitor *visit, void *context) {
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t j = 0; j < families[i]->count; j++)
            visit(families[i], &families[i]->facts[j], context);
}

struct choice {
    const char *const *words;
    size_t count; /* 0: everything */
    struct report *report;
};

static void add_chosen(const struct family *family, const struct fact *fact, void *context) {
    const struct choice *choice = context;
    bool chosen = choice->count == 0;
    for (size_t i = 0; i < choice->count; i++) chosen |= names(choice->words[i], family, fact);
    if (!chosen) return;
    struct report *report = choice->report;
    if (report->facts)
        report->facts[report->count] = (struct examined){.family = family, .fact = fact};
    report->count++;
}

struct nearest {
    const char *word, *id;
    size_t distance;
};

static void nearer(const struct family *family, const struct fact *fact, void *context) {
    (void)family;
    struct nearest *nearest = context;
    const size_t distance = edit_distance(nearest->word, fact->id);
    if (distance < nearest->distance)
        *nearest = (struct nearest){nearest->word, fact->id, distance};
}

static int unknown_id(const char *word) {
    struct nearest nearest = {word, 0, strlen(word) / 2 + 2};
    each_fact(nearer, &nearest);
    if (nearest.id)
        fprintf(stderr, "hardpan doctor: no fact '%s'; did you mean %s?\n", word, nearest.id);
    else
        fprintf(stderr, "hardpan doctor: no fact '%s'; `hardpan doctor` lists them all\n", word);
    return EXIT_USAGE;
}

/* In the order of the table, whatever the order of the words: the same facts make the same report.
 * Called without room it only counts. */
static void fill(struct report *report, const char *const *words, size_t count) {
    struct choice choice = {words, count, report};
    report->count = 0;
    each_fact(add_chosen, &choice);
}

static int choose(const struct options *options, struct report *report) {
    for (size_t i = 0; i < options->count; i++) {
        fill(report, &options->chosen[i], 1);
        if (!report->count) return unknown_id(options->chosen[i]);
    }
    fill(report, options->chosen, options->count);
    report->facts = calloc(report->count, sizeof *report->facts);
    if (!report->facts) return fputs("hardpan doctor: no memory\n", stderr), EXIT_BLIND;
    fill(report, options->chosen, options->count);
    return 0;
}

static void examine(struct report *report) {
    for (size_t i = 0; i < report->count; i++) {
        struct finding *finding = &report->facts[i].finding;
        report->facts[i].fact->probe(finding);
        report->by_status[finding->status]++;
        report->blind += finding->blind;
    }
}

static int verdict(const struct report *report) {
    if (report->by_status[STATUS_WRONG]) return EXIT_WRONG;
    return report->blind ? EXIT_BLIND : EXIT_FINE;
}

static bool print_report(const struct report *report, const struct options *options) {
    const bool colour = use_colour(options->colour);
    switch (options->form) {
    case AS_JSON: return print_json(report);
    case AS_CARDS: print_cards(report, colour); break;
    case AS_TABLE: print_table(report, colour); break;
    }
    return true;
}

static const char help[] =
    "usage: hardpan doctor [--json] [--explain ID] [--color=auto|always|never] [ID...]\n\n"
    "  hardpan doctor                        what this kernel does to a runtime\n"
    "  hardpan doctor mmap fd.atomic         a family of facts, and one more\n"
    "  hardpan doctor --explain mmap.hint    what was asked, why it matters, what to type\n"
    "  hardpan doctor --explain fd           the same of every fact of a family\n"
    "  hardpan doctor --json | jq .          the same, for programs\n\n"
    "Exit status: 0 all fine, 1 something is wrong, 2 usage, 3 could not look.\n";

static bool choose_word(struct options *options, const char *word) {
    if (options->count == sizeof options->chosen / sizeof *options->chosen) return false;
    options->chosen[options->count++] = word;
    return true;
}

enum { OPTION_HELP = 1, OPTION_JSON, OPTION_EXPLAIN, OPTION_COLOUR };

static const struct option long_options[] = {{"help", no_argument, 0, OPTION_HELP},
                                             {"json", no_argument, 0, OPTION_JSON},
                                             {"explain", required_argument, 0, OPTION_EXPLAIN},
                                             {"color", required_argument, 0, OPTION_COLOUR},
                                             {"colour", required_argument, 0, OPTION_COLOUR},
                                             {0, 0, 0, 0}};

/* -1: go on; otherwise the exit status. */
static int read_option(struct options *options, int option) {
    switch (option) {
    case OPTION_HELP: fputs(help, stdout); return close_output(EXIT_FINE);
    case OPTION_JSON: options->form = AS_JSON; return -1;
    case OPTION_EXPLAIN:
        if (options->form != AS_JSON) options->form = AS_CARDS;
        return choose_word(options, optarg) ? -1 : EXIT_USAGE;
    case OPTION_COLOUR:
        if (read_colour(optarg, &options->colour)) return -1;
        fprintf(stderr, "hardpan doctor: --color is auto, always or never, not '%s'\n", optarg);
        return EXIT_USAGE;
    default: fputs(help, stderr); return EXIT_USAGE;
    }
}

static int read_options(struct options *options, int count, char **arguments) {
    int option, status = -1;
    while (status < 0 && (option = getopt_long(count, arguments, "", long_options, 0)) != -1)
        status = read_option(options, option);
    for (int i = optind; status < 0 && i < count; i++)
        if (!choose_word(options, arguments[i])) {
            fputs("hardpan doctor: too many facts\n", stderr);
            status = EXIT_USAGE;
        }
    return status;
}

int doctor_main(int count, char **arguments) {
    struct options options = {.form = AS_TABLE};
    struct report report = {0};
    static char name[] = "hardpan doctor"; /* getopt's messages begin with it */
    arguments[0] = name;
    int status = read_options(&options, count, arguments);
    if (status >= 0) return status;
    status = choose(&options, &report);
    if (status) return status;
    examine(&report);
    status = print_report(&report, &options) ? verdict(&report) : EXIT_BLIND;
    free(report.facts);
    return close_output(status);
}
