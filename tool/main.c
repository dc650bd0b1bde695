/* SPDX-License-Identifier: MIT */
/* The hardpan command: a table of subcommands, each with a main of its own. */
#include <hardpan.h>
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"
#include "fds/fds.h"
#include "layout/verify.h"
#include "map/map.h"
#include "sim/sim.h"
#include "tool.h"

static const struct command {
    const char *name;
    const char *summary;
    int (*main)(int count, char **arguments);
} commands[] = {
    {"doctor", "what the kernel under this process does to a runtime", doctor_main},
    {"where", "where the kernel would put a mapping, and by which rules", where_main},
    {"verify", "the model behind `where` against the running kernel", verify_main},
    {"fds", "what a process holds open, and what an exec would hand on", fds_main},
    {"map", "what the memory of a process is for, and where room is left", map_main},
    {"sim", "where mappings would go on another kernel, call by call", sim_main},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *to, int status) {
    fputs("usage: hardpan COMMAND [ARGUMENT...]\n       hardpan --help | --version\n\n", to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  hardpan %-12s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`hardpan COMMAND --help` says more; so does hardpan(1).\n", to);
    return to == stdout ? close_output(status) : status;
}

static int version(void) {
    printf("hardpan %s\n", HP_VERSION);
    return close_output(EXIT_FINE);
}

static int too_many(const char *option, const char *word) {
    fprintf(stderr, "hardpan: %s stands alone, and does not take '%s'\n", option, word);
    return EXIT_USAGE;
}

static int unknown(const char *word) {
    const char *nearest = 0;
    size_t distance = 4;
    for (size_t i = 0; i < COMMANDS; i++) {
        const size_t this = edit_distance(word, commands[i].name);
        if (this < distance) distance = this, nearest = commands[i].name;
    }
    if (nearest)
        fprintf(stderr, "hardpan: no command '%s'; did you mean %s?\n", word, nearest);
    else
        fprintf(stderr, "hardpan: no command '%s'; `hardpan --help` lists them\n", word);
    return EXIT_USAGE;
}

int main(int count, char **arguments) {
    hold_output();
    if (count < 2) return usage(stderr, EXIT_USAGE);
    if (!strcmp(arguments[1], "--help") || !strcmp(arguments[1], "help"))
        return usage(stdout, EXIT_FINE);
    if (!strcmp(arguments[1], "--version"))
        return count == 2 ? version() : too_many(arguments[1], arguments[2]);
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(arguments[1], commands[i].name))
            return commands[i].main(count - 1, arguments + 1);
    return unknown(arguments[1]);
}
