/* SPDX-License-Identifier: MIT */
/* What a person reads: a line for each call, and the rules behind it. */
#include <inttypes.h>

#include "script.h"

static void say_error(char *text, size_t size, int code) {
    const char *name = hp_error_name(code);
    if (name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "error %d", -code);
}

void say_outcome(char *text, size_t size, const struct statement *statement,
                 const struct outcome *outcome) {
    const struct hp_layout_answer *answer = &outcome->answer;
    const bool is_address =
        statement->kind == DO_MMAP || statement->kind == DO_MREMAP || statement->kind == DO_BRK;
    if (answer->verdict == HP_LAYOUT_REFUSED)
        say_error(text, size, answer->code);
    else if (answer->verdict == HP_LAYOUT_NOT_KNOWN)
        snprintf(text, size, "not known");
    else if (is_address)
        snprintf(text, size, "0x%" PRIx64 "%s", answer->address, outcome->is_guess ? " ?" : "");
    else
        snprintf(text, size, "0");
}

void print_process(const struct process *process) {
    const struct hp_layout_facts *facts = &process->layout.facts;
    printf("%s, %s: %s from 0x%" PRIx64, process->kernel, hp_layout_machine_name(process->machine),
           facts->legacy ? "bottom-up" : "top-down",
           facts->legacy ? facts->legacy_base : facts->base);
    if (facts->has & HP_LAYOUT_HAS_EXEC_SHIELD && facts->machine == HP_LAYOUT_I386)
        printf(", exec-shield from 0x%" PRIx64, facts->shlib_base);
    printf(", break 0x%" PRIx64 "\n", facts->brk);
}

static void print_steps(const struct process *process, const struct hp_layout_answer *answer) {
    char text[256];
    const size_t count =
        answer->fired < answer->steps_capacity ? answer->fired : answer->steps_capacity;
    for (size_t i = 0; i < count; i++) {
        hp_layout_step_text(&process->layout, &answer->steps[i], text, sizeof text);
        printf("        %-14s %s\n", hp_layout_rule_name(answer->steps[i].rule), text);
    }
    if (answer->fired > count) printf("        ... and %zu more\n", answer->fired - count);
}

static void print_others(const struct hp_layout_answer *answer) {
    printf("        depends on what cannot be told, the shape of a tree:");
    for (size_t i = 0; i < answer->count; i++) printf(" 0x%" PRIx64, answer->parts[i].first);
    printf("; on with the first\n");
}

void print_outcome(const struct process *process, const struct statement *statement,
                   const struct outcome *outcome, bool steps) {
    char text[64];
    say_outcome(text, sizeof text, statement, outcome);
    printf("%5u  %-44.*s = %s\n", statement->line, statement->text_size, statement->text, text);
    if (outcome->is_guess) print_others(&outcome->answer);
    const int missing = outcome->answer.missing;
    if (outcome->answer.verdict == HP_LAYOUT_NOT_KNOWN)
        printf("        %s%s\n", missing < 0 ? "a routine of the object's own decides" : "without ",
               missing < 0 ? "" : hp_layout_fact_title(missing));
    if (steps) print_steps(process, &outcome->answer);
}

void print_process_maps(const struct process *process) {
    const struct hp_layout_map *map = &process->layout.map;
    for (size_t i = 0; i < map->count; i++) {
        const struct hp_layout_mapping *at = &map->mappings[i];
        printf("       %012" PRIx64 "-%012" PRIx64 " %c%c%c%c", at->low, at->high,
               at->flags & HP_LAYOUT_READ ? 'r' : '-', at->flags & HP_LAYOUT_WRITE ? 'w' : '-',
               at->flags & HP_LAYOUT_EXECUTE ? 'x' : '-', at->flags & HP_LAYOUT_SHARED ? 's' : 'p');
        if (at->flags & HP_LAYOUT_GROWS_DOWN) printf(" growsdown");
        if (at->name_size) printf(" %.*s", (int)at->name_size, map->text + at->name);
        printf("\n");
    }
}
