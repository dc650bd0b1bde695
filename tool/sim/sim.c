/* SPDX-License-Identifier: MIT */
/* hardpan sim: options, one kernel or two, and where they part. */
#include "sim.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "script.h"

static const char help[] =
    "usage: hardpan sim --kernel NAME [--arch ARCH] [--diff NAME] [--seed N] [-v] [--json] SCRIPT\n"
    "       hardpan sim --list\n"
    "\n"
    "Plays a script of calls on a model of a kernel, from exec on, and says where each mapping "
    "goes.\n"
    "\n"
    "  --kernel NAME  one of those that --list names, such as 2.6.32-execshield\n"
    "  --arch ARCH    x86_64 (the default), i386 or aarch64\n"
    "  --diff NAME    plays it on this kernel too, and marks where the two part; status 1 if they "
    "do\n"
    "  --seed N       what random numbers come from where the script gives none (1)\n"
    "  -v, --verbose  the rules behind each answer\n"
    "  --json         the same for programs\n"
    "\n"
    "SCRIPT is a file, or - for standard input: a line for each call.\n"
    "\n"
    "  exec stack_limit=unlimited randomised=0     # a fresh process, and what is particular of "
    "it\n"
    "  map 0x08048000 0x0804c000 r-x file=prog     # what exec maps, if not a small program\n"
    "  lib: mmap 1M r-x file=libc.so               # a label is the address that came\n"
    "  mmap 64K hint=lib+2M 32bit fixed shared growsdown random=0x1234\n"
    "  mprotect lib 4K r\n"
    "  mremap lib 1M 2M maymove\n"
    "  munmap lib 64K\n"
    "  brk +1M\n"
    "  maps                                        # prints what is mapped now\n";

enum { OPTION_KERNEL = 256, OPTION_ARCH, OPTION_DIFF, OPTION_SEED, OPTION_JSON, OPTION_LIST };
static const struct option long_options[] = {{"kernel", required_argument, 0, OPTION_KERNEL},
                                             {"arch", required_argument, 0, OPTION_ARCH},
                                             {"diff", required_argument, 0, OPTION_DIFF},
                                             {"seed", required_argument, 0, OPTION_SEED},
                                             {"json", no_argument, 0, OPTION_JSON},
                                             {"list", no_argument, 0, OPTION_LIST},
                                             {"verbose", no_argument, 0, 'v'},
                                             {"help", no_argument, 0, 'h'},
                                             {0, 0, 0, 0}};

struct options {
    const char *kernel, *other, *arch, *script;
    uint64_t seed;
    bool verbose, json, list;
};

static int refuse(const char *what, const char *word) {
    fprintf(stderr, "hardpan sim: %s '%s'; hardpan sim --list names them\n", what, word);
    return EXIT_USAGE;
}

/* ---- One kernel ------------------------------------------------------------------------------ */

struct session {
    const struct options *options;
    const struct script *script;
    json_t *calls;
    bool headed;
};

static bool is_call(const struct statement *statement) {
    return statement->kind != DO_EXEC && statement->kind != DO_MAP && statement->kind != DO_MAPS;
}

static void say(struct session *session, const struct process *process,
                const struct statement *statement, const struct outcome *outcome) {
    if (session->calls) {
        if (is_call(statement))
            json_array_append_new(session->calls, json_outcome(process, statement, outcome));
        return;
    }
    if (statement->kind == DO_EXEC) session->headed = false;
    if (process->begun && !session->headed) print_process(process), session->headed = true;
    if (is_call(statement)) print_outcome(process, statement, outcome, session->options->verbose);
    if (statement->kind == DO_MAPS) print_process_maps(process);
}

static int play_one(struct session *session, struct process *process) {
    static struct outcome outcome;
    for (size_t i = 0; i < session->script->count; i++) {
        const struct statement *statement = &session->script->statements[i];
        const int status = play_statement(process, session->script, statement, &outcome);
        if (status) return status;
        say(session, process, statement, &outcome);
    }
    if (!session->calls) return EXIT_FINE;
    json_t *root = json_process(process);
    json_object_set_new(root, "calls", session->calls);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
    return EXIT_FINE;
}

/* ---- Two kernels ----------------------------------------------------------------------------- */

struct pair {
    struct process *process[2];
    struct outcome outcome[2];
    unsigned apart; /* calls that they answer differently */
};

static void print_pair(const struct session *session, struct pair *pair,
                       const struct statement *statement) {
    char text[2][64];
    for (int i = 0; i < 2; i++) say_outcome(text[i], sizeof text[i], statement, &pair->outcome[i]);
    const bool same = !strcmp(text[0], text[1]);
    pair->apart += !same;
    if (session->calls) {
        json_t *object = json_outcome(pair->process[0], statement, &pair->outcome[0]);
        json_object_set_new(object, "same", json_boolean(same));
        json_object_set_new(object, "other",
                            json_outcome(pair->process[1], statement, &pair->outcome[1]));
        json_array_append_new(session->calls, object);
        return;
    }
    printf("%c%4u  %-40.*s = %-18s %s\n", same ? ' ' : '!', statement->line, statement->text_size,
           statement->text, text[0], same ? "" : text[1]);
    for (int i = 0; i < 2 && !same && session->options->verbose; i++) {
        printf("      %s:\n", pair->process[i]->kernel);
        print_outcome(pair->process[i], statement, &pair->outcome[i], true);
    }
}

static void end_pair(const struct session *session, const struct pair *pair) {
    if (!session->calls) {
        printf("%u of the calls are answered differently\n", pair->apart);
        return;
    }
    json_t *root = json_process(pair->process[0]);
    json_object_set_new(root, "other", json_process(pair->process[1]));
    json_object_set_new(root, "apart", json_integer(pair->apart));
    json_object_set_new(root, "calls", session->calls);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static int play_pair(struct session *session, struct process *one, struct process *other) {
    struct pair pair = {.process = {one, other}};
    for (size_t i = 0; i < session->script->count; i++) {
        const struct statement *statement = &session->script->statements[i];
        if (statement->kind == DO_EXEC) session->headed = false;
        for (int k = 0; k < 2; k++) {
            const int status =
                play_statement(pair.process[k], session->script, statement, &pair.outcome[k]);
            if (status) return status;
        }
        if (one->begun && !session->headed && !session->calls)
            print_process(one), print_process(other);
        session->headed = one->begun;
        if (is_call(statement)) print_pair(session, &pair, statement);
    }
    end_pair(session, &pair);
    return pair.apart ? EXIT_WRONG : EXIT_FINE;
}

/* ---- Options --------------------------------------------------------------------------------- */

static int list(void) {
    for (int i = 0; hp_layout_kernel_name(i); i++)
        printf("%-18s %s\n", hp_layout_kernel_name(i),
               hp_layout_machine_name(hp_layout_kernel_machine(i)));
    return EXIT_FINE;
}

static int find_machine(const char *arch) {
    for (int i = 0; hp_layout_machine_name(i); i++)
        if (!strcmp(hp_layout_machine_name(i), arch)) return i;
    return -1;
}

static int run(struct session *session, const char *kernel, const char *other, int machine) {
    struct process one, two = {0};
    int status = open_process(&one, kernel, machine, session->options->seed);
    if (status == EXIT_USAGE) return refuse("no such kernel on this architecture:", kernel);
    if (!status && other) status = open_process(&two, other, machine, session->options->seed);
    if (status == EXIT_USAGE)
        refuse("no such kernel on this architecture:", other);
    else if (!status)
        status = other ? play_pair(session, &one, &two) : play_one(session, &one);
    close_process(&one);
    close_process(&two);
    return status;
}

static int simulate(const struct options *options) {
    struct script script;
    const int machine = find_machine(options->arch);
    if (machine < 0) return refuse("no such architecture:", options->arch);
    const bool is_read = read_script(&script, options->script);
    struct session session = {.options = options, .script = &script};
    if (is_read && options->json) session.calls = json_array();
    const int status =
        is_read ? run(&session, options->kernel, options->other, machine) : EXIT_USAGE;
    free_script(&script);
    return status;
}

static int read_seed(struct options *options, const char *text) {
    char *end;
    options->seed = strtoull(text, &end, 0);
    if (*text && !*end) return -1;
    fprintf(stderr, "hardpan sim: --seed takes a number, not '%s'\n", text);
    return EXIT_USAGE;
}

/* -1: go on; otherwise the exit status. */
static int read_option(struct options *options, int option) {
    switch (option) {
    case 'h': fputs(help, stdout); return close_output(EXIT_FINE);
    case 'v': options->verbose = true; return -1;
    case OPTION_KERNEL: options->kernel = optarg; return -1;
    case OPTION_ARCH: options->arch = optarg; return -1;
    case OPTION_DIFF: options->other = optarg; return -1;
    case OPTION_SEED: return read_seed(options, optarg);
    case OPTION_JSON: options->json = true; return -1;
    case OPTION_LIST: options->list = true; return -1;
    default: return EXIT_USAGE;
    }
}

int sim_main(int count, char **arguments) {
    struct options options = {.arch = "x86_64", .seed = 1};
    static char name[] = "hardpan sim"; /* getopt's messages begin with it */
    int option, status = -1;
    arguments[0] = name;
    while (status < 0 && (option = getopt_long(count, arguments, "v", long_options, 0)) != -1)
        status = read_option(&options, option);
    if (status >= 0) return status;
    if (options.list) return close_output(list());
    if (!options.kernel || count - optind != 1) {
        fputs("hardpan sim: a kernel and a script, please: hardpan sim --help\n", stderr);
        return EXIT_USAGE;
    }
    options.script = arguments[optind];
    return close_output(simulate(&options));
}
