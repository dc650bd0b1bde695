/* SPDX-License-Identifier: MIT */
/* hardpan verify: the model against the running kernel, in every layout that a process may have. */
#include "verify.h"

#include <getopt.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tool.h"
#include "worker.h"

struct options {
    uint64_t calls, seed, without;
    const char *mode; /* only this one */
};

static const char help[] =
    "usage: hardpan verify [--calls N] [--seed S] [--mode NAME] [--without RULE] [--rules]\n\n"
    "  hardpan verify                     60000 random calls, each predicted, in every layout "
    "mode\n"
    "  hardpan verify --calls 1000000     more of them\n"
    "  hardpan verify --seed 7            the choices of another run once more\n"
    "  hardpan verify --mode 'i386 -3'    one mode\n"
    "  hardpan verify --without fixed     with a rule switched off, which is found out\n"
    "  hardpan verify --rules             the rules, and the kernel's functions they follow\n\n"
    "Exit status: 0 no mismatch, 1 a mismatch, 2 usage, 3 not one mode could be run.\n";

static void progress(const struct mode *mode, uint64_t at) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%-22s %9llu ", mode->name, (unsigned long long)at);
}

static void clear_progress(void) {
    if (isatty(STDERR_FILENO)) fputs("\r                                  \r", stderr);
}

static int list_rules(void) {
    for (int rule = 0; hp_layout_rule_name(rule); rule++)
        printf("%-16s %s\n", hp_layout_rule_name(rule), hp_layout_rule_source(rule));
    return close_output(EXIT_FINE);
}

/* ---- Options --------------------------------------------------------------------------------- */

static bool read_count(const char *option, const char *word, uint64_t *number) {
    char *end;
    *number = strtoull(word, &end, 10);
    if (*word >= '0' && *word <= '9' && !*end) return true;
    fprintf(stderr, "hardpan verify: --%s takes a number, not '%s'\n", option, word);
    return false;
}

static bool read_rule(const char *word, uint64_t *without) {
    for (int rule = 0; hp_layout_rule_name(rule); rule++)
        if (!strcmp(word, hp_layout_rule_name(rule))) return *without |= UINT64_C(1) << rule, true;
    fprintf(stderr, "hardpan verify: no rule '%s'; `hardpan verify --rules` lists them\n", word);
    return false;
}

static bool read_mode(const char *word, const char **mode) {
    for (unsigned i = 0; i < mode_count; i++)
        if (!strcmp(word, modes[i].name)) return *mode = word, true;
    fprintf(stderr, "hardpan verify: no mode '%s'; there are:", word);
    for (unsigned i = 0; i < mode_count; i++) fprintf(stderr, "%s %s", i ? "," : "", modes[i].name);
    fputs("\n", stderr);
    return false;
}

enum { HELP = 1, CALLS, SEED, MODE, WITHOUT, RULES };
static const struct option long_options[] = {{"help", no_argument, 0, HELP},
                                             {"calls", required_argument, 0, CALLS},
                                             {"seed", required_argument, 0, SEED},
                                             {"mode", required_argument, 0, MODE},
                                             {"without", required_argument, 0, WITHOUT},
                                             {"rules", no_argument, 0, RULES},
                                             {0, 0, 0, 0}};

/* -1: go on; otherwise the exit status. */
static int read_option(struct options *options, int option) {
    switch (option) {
    case HELP: fputs(help, stdout); return close_output(EXIT_FINE);
    case RULES: return list_rules();
    case CALLS: return read_count("calls", optarg, &options->calls) ? -1 : EXIT_USAGE;
    case SEED: return read_count("seed", optarg, &options->seed) ? -1 : EXIT_USAGE;
    case MODE: return read_mode(optarg, &options->mode) ? -1 : EXIT_USAGE;
    case WITHOUT: return read_rule(optarg, &options->without) ? -1 : EXIT_USAGE;
    default: fputs(help, stderr); return EXIT_USAGE;
    }
}

static int read_options(struct options *options, int count, char **arguments) {
    int option, status = -1;
    while (status < 0 && (option = getopt_long(count, arguments, "", long_options, 0)) != -1)
        status = read_option(options, option);
    if (status < 0 && optind < count) {
        fprintf(stderr, "hardpan verify: what is '%s'?\n", arguments[optind]);
        status = EXIT_USAGE;
    }
    return status;
}

/* ---- The run --------------------------------------------------------------------------------- */

struct sum {
    unsigned run, skipped;
    uint64_t calls, sets, histories;
};

static void add(struct sum *sum, const struct outcome *outcome) {
    sum->run++;
    sum->calls += outcome->calls;
    sum->sets += outcome->sets;
    sum->histories += outcome->histories;
}

/* False where the run ends here. */
static bool report(const struct mode *mode, const struct outcome *outcome, struct sum *sum) {
    clear_progress();
    if (outcome->status == EXIT_BLIND) {
        printf("%-22s not run: %s", mode->name, outcome->said);
        return sum->skipped++, true;
    }
    add(sum, outcome);
    const unsigned long long sets = outcome->sets + outcome->histories;
    printf("%-22s %8llu calls: %8llu exact, %7llu refused, %6llu sets  %s\n", mode->name,
           (unsigned long long)outcome->calls, (unsigned long long)outcome->exact,
           (unsigned long long)outcome->refused, sets,
           outcome->status ? "MISMATCH" : "all as predicted");
    if (outcome->status) fputs(outcome->said, stdout);
    fflush(stdout);
    return !outcome->status;
}

static int run_modes(const struct options *options) {
    static struct outcome outcome;
    struct sum sum = {0};
    const unsigned wanted = options->mode ? 1 : mode_count;
    bool fine = true;
    for (unsigned i = 0; fine && i < mode_count; i++) {
        if (options->mode && strcmp(options->mode, modes[i].name)) continue;
        run_mode(&modes[i], (options->calls + wanted - 1) / wanted, options->seed + i,
                 options->without, progress, &outcome);
        fine = report(&modes[i], &outcome, &sum);
    }
    printf(
        "%llu calls in %u modes, %u not run; %llu answered by a set, %llu by candidates; %s; seed "
        "%llu\n",
        (unsigned long long)sum.calls, sum.run, sum.skipped, (unsigned long long)sum.sets,
        (unsigned long long)sum.histories, fine ? "0 mismatches" : "a mismatch",
        (unsigned long long)options->seed);
    return !fine ? EXIT_WRONG : sum.run ? EXIT_FINE : EXIT_BLIND;
}

int verify_main(int count, char **arguments) {
    if (count > 1 && !strcmp(arguments[1], "--worker"))
        return worker_main(count - 1, arguments + 1);
    static char name[] = "hardpan verify"; /* getopt's messages begin with it */
    arguments[0] = name;
    struct options options = {.calls = 60000, .seed = (uint64_t)time(0) ^ (uint64_t)getpid() << 20};
    const int status = read_options(&options, count, arguments);
    if (status >= 0) return status;
    return close_output(run_modes(&options));
}
