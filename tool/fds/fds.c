/* SPDX-License-Identifier: MIT */
/* hardpan fds: which process, and as a table or as JSON. */
#include "fds.h"

#include <errno.h>
#include <getopt.h>
#include <hardpan.h>
#include <stdio.h>
#include <string.h>

#include "../tool.h"

struct options {
    bool json;
    enum colour colour;
    const char *process;
};

static const char help[] =
    "usage: hardpan fds [--json] [--color=auto|always|never] PID|self\n\n"
    "  hardpan fds 4242              every descriptor, what it is, and which an exec hands on\n"
    "  hardpan fds self              what this command was handed\n"
    "  hardpan fds 4242 --json       the same, for programs\n\n"
    "Below a poller stands what it watches, and what it still watches though it was closed.\n"
    "Exit status: 0 fine, 2 usage, 3 could not look.\n";

enum { OPTION_HELP = 1, OPTION_JSON, OPTION_COLOUR };

static const struct option long_options[] = {{"help", no_argument, 0, OPTION_HELP},
                                             {"json", no_argument, 0, OPTION_JSON},
                                             {"color", required_argument, 0, OPTION_COLOUR},
                                             {"colour", required_argument, 0, OPTION_COLOUR},
                                             {0, 0, 0, 0}};

static int usage(const char *format, const char *word) {
    fputs("hardpan fds: ", stderr);
    fprintf(stderr, format, word);
    fputs("\n", stderr);
    return EXIT_USAGE;
}

/* -1: go on; otherwise the exit status. */
static int read_option(struct options *options, int option) {
    switch (option) {
    case OPTION_HELP: fputs(help, stdout); return close_output(EXIT_FINE);
    case OPTION_JSON: options->json = true; return -1;
    case OPTION_COLOUR:
        if (read_colour(optarg, &options->colour)) return -1;
        return usage("--color is auto, always or never, not '%s'", optarg);
    default: fputs(help, stderr); return EXIT_USAGE;
    }
}

static bool is_process(const char *word) {
    const size_t length = strlen(word);
    return !strcmp(word, "self") ||
           (length > 0 && length < 11 && strspn(word, "0123456789") == length);
}

static int read_options(struct options *options, int count, char **arguments) {
    int option, status = -1;
    while (status < 0 && (option = getopt_long(count, arguments, "", long_options, 0)) != -1)
        status = read_option(options, option);
    if (status >= 0) return status;
    if (optind == count) return usage("which process? Its number, or %s", "self");
    options->process = arguments[optind++];
    if (!is_process(options->process)) return usage("'%s' is no process number", options->process);
    return optind < count ? usage("one process at a time, and not also '%s'", arguments[optind])
                          : -1;
}

static int refuse(const char *process, int code) {
    const char *name = hp_error_name(code), *text = hp_error_text(code);
    fprintf(stderr, "hardpan fds: process %s: %s, ", process, name ? name : "error");
    if (code == -ESRCH)
        fputs("there is none, or it has ended\n", stderr);
    else if (code == -EACCES || code == -EPERM)
        fputs("its descriptors are not this user's to see\n", stderr);
    else
        fprintf(stderr, "%s\n", text ? text : "cannot be read");
    return EXIT_BLIND;
}

static int show(const struct table *table, const struct options *options) {
    if (options->json) return print_fds_json(table) ? EXIT_FINE : EXIT_BLIND;
    print_fds(table, use_colour(options->colour));
    return EXIT_FINE;
}

int fds_main(int count, char **arguments) {
    struct options options = {.colour = COLOUR_AUTO};
    struct table table = {.root = -1};
    static char name[] = "hardpan fds"; /* getopt's messages begin with it */
    arguments[0] = name;
    int status = read_options(&options, count, arguments);
    if (status >= 0) return status;
    const int answer = read_table(&table, options.process);
    status = answer < 0 ? refuse(options.process, answer) : show(&table, &options);
    free_table(&table);
    return close_output(status);
}
