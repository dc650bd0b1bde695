/* SPDX-License-Identifier: MIT */
/* hardpan map: whose address space, and which way to look at it. */
#include "map.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"

enum view { VIEW_SCREEN, VIEW_ALL, VIEW_AT, VIEW_GAPS, VIEW_NEAR, VIEW_DIFF, VIEW_JSON, VIEW_PAGE };

struct options {
    enum view view;
    const char *named; /* the option that chose the view */
    const char *process, *from, *before, *page;
    uint64_t at, near, within, least;
    bool reach; /* --within was given */
    enum colour colour;
};

static const char help[] =
    "usage: hardpan map [VIEW] [--color=auto|always|never] [PID|self|--from FILE]\n\n"
    "  hardpan map 4242                      one screen: what its memory is for\n"
    "  hardpan map 4242 --all                every mapping, and what is free between\n"
    "  hardpan map 4242 --at 7f1c2c000000    what is at this address\n"
    "  hardpan map 4242 --gaps 1G            where 1 GiB and more is free\n"
    "  hardpan map 4242 --near 401000 --within 2G [--gaps 64K]\n"
    "                                        the same within reach of code, nearest first\n"
    "  cat /proc/4242/smaps >then            keep it, and some time later:\n"
    "  hardpan map 4242 --diff then          what came, went and grew\n"
    "  hardpan map 4242 --html page.html     a page to zoom and point at\n"
    "  hardpan map --from then --json        the same for programs, and of another machine\n\n"
    "Sizes are bytes, or with K, M, G, T; addresses are hexadecimal.\n"
    "Exit status: 0 fine, 2 usage, 3 could not look, or the text is wrong.\n";

/* ---- What was typed -------------------------------------------------------------------------- */

static bool is_end_of_unit(const char *rest) {
    return !*rest || !strcmp(rest, "B") || !strcmp(rest, "iB");
}

/* Decimal or 0x, then K, M, G, T. */
static bool read_size(const char *word, uint64_t *size) {
    static const char units[] = "KMGT";
    char *rest;
    if (*word < '0' || *word > '9') return false;
    errno = 0;
    *size = strtoull(word, &rest, strncmp(word, "0x", 2) ? 10 : 16);
    if (errno || rest == word) return false;
    const char *unit = *rest ? strchr(units, *rest & ~0x20) : 0;
    if (!unit || !*unit) return is_end_of_unit(rest);
    const unsigned shift = 10 * (unsigned)(unit - units + 1);
    if (*size > UINT64_MAX >> shift) return false;
    *size <<= shift;
    return is_end_of_unit(rest + 1);
}

static bool read_address(const char *word, uint64_t *address) {
    char *rest;
    const size_t prefix = strncmp(word, "0x", 2) ? 0 : 2;
    if (!strchr("0123456789abcdefABCDEF", word[prefix]) || !word[prefix]) return false;
    errno = 0;
    *address = strtoull(word + prefix, &rest, 16);
    return !errno && !*rest;
}

static int usage(const char *format, const char *word) {
    fputs("hardpan map: ", stderr);
    fprintf(stderr, format, word);
    fputs("\n", stderr);
    return EXIT_USAGE;
}

/* -1: go on. --gaps says what is looked for, or with --near how much. */
static int choose(struct options *options, enum view view, const char *named) {
    if (view == VIEW_GAPS && options->view == VIEW_NEAR) return -1;
    if (view == VIEW_NEAR && options->view == VIEW_GAPS) options->view = VIEW_SCREEN;
    if (options->view != VIEW_SCREEN) {
        fprintf(stderr, "hardpan map: %s and %s are two ways to look; choose one\n", options->named,
                named);
        return EXIT_USAGE;
    }
    options->view = view;
    options->named = named;
    return -1;
}

static int read_at(struct options *options, enum view view, const char *named, uint64_t *address) {
    if (!read_address(optarg, address)) return usage("'%s' is no address in hexadecimal", optarg);
    return choose(options, view, named);
}

static int read_bytes(uint64_t *size) {
    return read_size(optarg, size) ? -1 : usage("'%s' is no size, such as 4096, 64K or 2G", optarg);
}

static int read_file_name(struct options *options, enum view view, const char *named,
                          const char **file) {
    *file = optarg;
    return choose(options, view, named);
}

enum {
    OPTION_HELP = 1,
    OPTION_ALL,
    OPTION_AT,
    OPTION_GAPS,
    OPTION_NEAR,
    OPTION_WITHIN,
    OPTION_DIFF,
    OPTION_JSON,
    OPTION_HTML,
    OPTION_FROM,
    OPTION_COLOUR
};

static const struct option long_options[] = {{"help", no_argument, 0, OPTION_HELP},
                                             {"all", no_argument, 0, OPTION_ALL},
                                             {"at", required_argument, 0, OPTION_AT},
                                             {"gaps", required_argument, 0, OPTION_GAPS},
                                             {"near", required_argument, 0, OPTION_NEAR},
                                             {"within", required_argument, 0, OPTION_WITHIN},
                                             {"diff", required_argument, 0, OPTION_DIFF},
                                             {"json", no_argument, 0, OPTION_JSON},
                                             {"html", required_argument, 0, OPTION_HTML},
                                             {"from", required_argument, 0, OPTION_FROM},
                                             {"color", required_argument, 0, OPTION_COLOUR},
                                             {"colour", required_argument, 0, OPTION_COLOUR},
                                             {0, 0, 0, 0}};

static int read_gaps(struct options *options) {
    const int status = read_bytes(&options->least);
    return status < 0 ? choose(options, VIEW_GAPS, "--gaps") : status;
}

static int read_colour_word(struct options *options) {
    if (read_colour(optarg, &options->colour)) return -1;
    return usage("--color is auto, always or never, not '%s'", optarg);
}

/* -1: go on; otherwise the exit status. */
static int read_option(struct options *options, int option) {
    switch (option) {
    case OPTION_HELP: fputs(help, stdout); return close_output(EXIT_FINE);
    case OPTION_ALL: return choose(options, VIEW_ALL, "--all");
    case OPTION_AT: return read_at(options, VIEW_AT, "--at", &options->at);
    case OPTION_GAPS: return read_gaps(options);
    case OPTION_NEAR: return read_at(options, VIEW_NEAR, "--near", &options->near);
    case OPTION_WITHIN: options->reach = true; return read_bytes(&options->within);
    case OPTION_DIFF: return read_file_name(options, VIEW_DIFF, "--diff", &options->before);
    case OPTION_JSON: return choose(options, VIEW_JSON, "--json");
    case OPTION_HTML: return read_file_name(options, VIEW_PAGE, "--html", &options->page);
    case OPTION_FROM: options->from = optarg; return -1;
    case OPTION_COLOUR: return read_colour_word(options);
    default: fputs(help, stderr); return EXIT_USAGE;
    }
}

static int read_subject(struct options *options, int count, char **arguments) {
    if (optind < count) options->process = arguments[optind++];
    if (optind < count) return usage("one process at a time, and not also '%s'", arguments[optind]);
    if (options->process && options->from)
        return usage("a process or a file, not also '%s'", options->process);
    if (!options->process && !options->from) options->process = "self";
    const char *word = options->process;
    if (word && strcmp(word, "self") != 0 && (!*word || strspn(word, "0123456789") != strlen(word)))
        return usage("'%s' is no process number (a file is --from FILE)", word);
    if (options->view == VIEW_NEAR && !options->reach)
        return usage("--near ADDRESS needs %s", "--within SIZE");
    if (options->view != VIEW_NEAR && options->reach)
        return usage("--within SIZE needs %s", "--near ADDRESS");
    return -1;
}

static int read_options(struct options *options, int count, char **arguments) {
    int option, status = -1;
    optind = 1;
    while (status < 0 && (option = getopt_long(count, arguments, "", long_options, 0)) != -1)
        status = read_option(options, option);
    return status < 0 ? read_subject(options, count, arguments) : status;
}

/* ---- What is shown --------------------------------------------------------------------------- */

static int show_diff(const struct options *options, const struct picture *after) {
    struct picture before = {0};
    const int status = picture_of_file(&before, options->before);
    if (!status) print_diff(&before, after);
    picture_free(&before);
    return status;
}

static int show(const struct options *options, const struct picture *picture) {
    const bool colour = use_colour(options->colour);
    switch (options->view) {
    case VIEW_SCREEN: print_screen(picture, colour); break;
    case VIEW_ALL: print_all(picture, colour); break;
    case VIEW_AT: print_at(picture, options->at); break;
    case VIEW_GAPS: print_gaps(picture, options->least); break;
    case VIEW_NEAR: print_near(picture, options->near, options->within, options->least); break;
    case VIEW_DIFF: return show_diff(options, picture);
    case VIEW_JSON: return print_map_json(picture);
    case VIEW_PAGE: return write_page(picture, options->page);
    }
    return EXIT_FINE;
}

int map_main(int count, char **arguments) {
    struct options options = {0};
    struct picture picture = {0};
    int status = read_options(&options, count, arguments);
    if (status >= 0) return status;
    status = options.from
                 ? picture_of_file(&picture, options.from)
                 : picture_of_process(&picture, options.process, options.view == VIEW_DIFF);
    if (!status) status = show(&options, &picture);
    picture_free(&picture);
    return status ? status : close_output(status);
}
