/* SPDX-License-Identifier: MIT */
/* What was typed, read strictly: a length that is misread is an answer to another question. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "where.h"

static const char help[] =
    "usage: hardpan where [PID|self|--from FILE [--kernel NAME]] --len SIZE [--hint ADDRESS]\n"
    "                     [--prot rwx] [--flags WORD,...] [--file PATH] [--offset SIZE]\n"
    "                     [--facts] [--json]\n\n"
    "  hardpan where --len 2M                         where this process's next 2 MiB would go\n"
    "  hardpan where 4711 --len 64K --hint 0x10000    another process, with a hint\n"
    "  hardpan where --len 2M --flags 32bit --facts   and what the answer rests on\n"
    "  hardpan where --from maps.txt --kernel 6.1 --len 1G\n\n"
    "Flags: shared private fixed noreplace 32bit growsdown above4g hugetlb memfd int80.\n"
    "Exit status: 0 answered (a refusal is an answer), 2 usage, 3 it cannot be told.\n";

static int complain(const char *what, const char *word) {
    fprintf(stderr, "hardpan where: %s '%s'\n", what, word);
    return EXIT_USAGE;
}

/* 4096, 0x1000, 4K, 2M, 1G, 1T */
static bool read_size(const char *word, uint64_t *size) {
    static const char units[] = "KMGT";
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(word, &end, 0);
    if (errno || *word < '0' || *word > '9' || end == word) return false;
    const char *unit = *end ? strchr(units, *end) : 0;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if ((*end && !unit) || (unit && end[1]) || number > UINT64_MAX >> shift) return false;
    *size = (uint64_t)number << shift;
    return true;
}

static int size_option(const char *option, const char *word, uint64_t *size) {
    if (read_size(word, size)) return -1;
    fprintf(stderr, "hardpan where: --%s takes bytes (4096, 0x1000, 2M), not '%s'\n", option, word);
    return EXIT_USAGE;
}

static int protection(const char *word, unsigned *protection) {
    static const char letters[] = "rwx";
    *protection = 0;
    for (const char *at = word; *at; at++) {
        const char *letter = strchr(letters, *at);
        if (!letter && *at != '-') return complain("--prot takes letters of rwx, not", word);
        if (letter) *protection |= 1u << (letter - letters);
    }
    return -1;
}

static const struct {
    const char *word;
    unsigned flag;
    int object;
} flag_words[] = {
    {"shared", HP_LAYOUT_MAP_SHARED, -1},    {"private", 0, -1},
    {"fixed", HP_LAYOUT_MAP_FIXED, -1},      {"noreplace", HP_LAYOUT_MAP_NOREPLACE, -1},
    {"32bit", HP_LAYOUT_MAP_32BIT, -1},      {"growsdown", HP_LAYOUT_MAP_GROWS_DOWN, -1},
    {"above4g", HP_LAYOUT_MAP_ABOVE_4G, -1}, {"hugetlb", 0, HP_LAYOUT_HUGE},
    {"memfd", 0, HP_LAYOUT_MEMFD},           {"int80", HP_LAYOUT_BY_INT80, -1},
};
enum { FLAG_WORDS = sizeof flag_words / sizeof *flag_words };

static bool add_flag(const char *word, size_t size, struct hp_layout_request *request) {
    for (size_t i = 0; i < FLAG_WORDS; i++) {
        if (strlen(flag_words[i].word) != size || memcmp(word, flag_words[i].word, size)) continue;
        request->flags |= flag_words[i].flag;
        if (flag_words[i].object >= 0) request->object = flag_words[i].object;
        return true;
    }
    return false;
}

static int flags(const char *words, struct hp_layout_request *request) {
    for (const char *at = words; *at;) {
        const size_t size = strcspn(at, ",");
        if (!add_flag(at, size, request))
            return complain("a flag that is not known (--help lists them) in", words);
        at += size + (at[size] == ',');
    }
    return -1;
}

enum { HELP = 1, LENGTH, HINT, PROTECTION, FLAGS, FILE_PATH, OFFSET, FROM, KERNEL, FACTS, JSON };
static const struct option long_options[] = {
    {"help", no_argument, 0, HELP},           {"len", required_argument, 0, LENGTH},
    {"hint", required_argument, 0, HINT},     {"prot", required_argument, 0, PROTECTION},
    {"flags", required_argument, 0, FLAGS},   {"file", required_argument, 0, FILE_PATH},
    {"offset", required_argument, 0, OFFSET}, {"from", required_argument, 0, FROM},
    {"kernel", required_argument, 0, KERNEL}, {"facts", no_argument, 0, FACTS},
    {"json", no_argument, 0, JSON},           {0, 0, 0, 0}};

/* -1: go on; otherwise the exit status. */
static int read_option(struct question *q, int option) {
    switch (option) {
    case HELP: fputs(help, stdout); return close_output(EXIT_FINE);
    case LENGTH: q->has_length = true; return size_option("len", optarg, &q->request.length);
    case HINT: return size_option("hint", optarg, &q->request.address);
    case OFFSET: return size_option("offset", optarg, &q->request.offset);
    case PROTECTION: return protection(optarg, &q->request.protection);
    case FLAGS: return flags(optarg, &q->request);
    case FILE_PATH: q->file = optarg; return -1;
    case FROM: q->from = optarg; return -1;
    case KERNEL: q->kernel = optarg; return -1;
    case FACTS: q->facts = true; return -1;
    case JSON: q->json = true; return -1;
    default: fputs(help, stderr); return EXIT_USAGE;
    }
}

static bool is_process(const char *word) {
    return !strcmp(word, "self") || (*word && strspn(word, "0123456789") == strlen(word));
}

static int check(const struct question *q) {
    const bool named = q->process != 0;
    if (named && !is_process(q->process))
        return complain("a process is a number, or self, not", q->process);
    if (named && q->from) return complain("either a process or --from, not both:", q->from);
    if (q->kernel && !q->from) return complain("--kernel goes with --from:", q->kernel);
    if (q->file && q->request.object != HP_LAYOUT_ANONYMOUS)
        return complain("memfd and hugetlb leave no room for --file", q->file);
    if (q->has_length) return -1;
    fputs("hardpan where: how much? --len 2M\n", stderr);
    return EXIT_USAGE;
}

int read_question(struct question *question, int count, char **arguments) {
    int option, status = -1;
    while (status < 0 && (option = getopt_long(count, arguments, "", long_options, 0)) != -1)
        status = read_option(question, option);
    if (status >= 0) return status;
    if (optind < count) question->process = arguments[optind];
    if (optind + 1 < count)
        return complain("one process at a time, and not", arguments[optind + 1]);
    status = check(question);
    if (status < 0 && !question->from && !question->process) question->process = "self";
    return status;
}
