/* SPDX-License-Identifier: MIT */
/* hardpan where: the address, and the rules by which it comes about. */
#include "where.h"

#include <stdio.h>

#include "../doctor/probe.h"
#include "../tool.h"
#include "verify.h"

/* ---- As text --------------------------------------------------------------------------------- */

static void print_parts(const struct hp_layout_answer *answer) {
    for (size_t i = 0; i < answer->count; i++) {
        const struct hp_layout_part *p = &answer->parts[i];
        if (p->code)
            printf("  %s", error_word(p->code));
        else if (p->first == p->last)
            printf("  %#llx", (unsigned long long)p->first);
        else
            printf("  %#llx ... %#llx, every %s", (unsigned long long)p->first,
                   (unsigned long long)p->last, BYTES(p->step));
        if (answer->draws)
            printf(": %llu of %llu draws each", (unsigned long long)p->draws,
                   (unsigned long long)answer->draws);
        putchar('\n');
    }
}

static void print_verdict(const struct hp_layout_answer *answer) {
    const unsigned long long end = answer->address + answer->length;
    const char *text;
    switch (answer->verdict) {
    case HP_LAYOUT_EXACT:
        printf("%#llx ... %#llx\n", (unsigned long long)answer->address, end);
        break;
    case HP_LAYOUT_REFUSED:
        text = hp_error_text(answer->code);
        printf("%s: %s\n", error_word(answer->code), text ? text : "refused");
        break;
    case HP_LAYOUT_ONE_OF: puts("one of these, for the kernel draws:"); break;
    case HP_LAYOUT_HISTORY: puts("one of these, by what was mapped before:"); break;
    default:
        printf("cannot be told: %s is not known\n", answer->missing < 0
                                                        ? "this device's own routine"
                                                        : hp_layout_fact_title(answer->missing));
    }
}

void print_answer(const struct hp_layout *layout, const struct question *question,
                  const struct hp_layout_answer *answer) {
    static char text[8192];
    print_verdict(answer);
    print_parts(answer);
    for (size_t i = 0; i < answer->fired && i < answer->steps_capacity; i++) {
        hp_layout_step_text(layout, &answer->steps[i], text, sizeof text);
        printf("  %-14s %s\n", hp_layout_rule_name(answer->steps[i].rule), text);
    }
    if (!question->facts) return;
    hp_layout_describe(layout, text, sizeof text);
    printf("\n%s", text);
    print_features(&layout->facts);
}

/* ---- The command ----------------------------------------------------------------------------- */

enum { MOST_PARTS = 1 << 14, MOST_STEPS = 1 << 14 };

/* A huge page of MAP_HUGETLB is of the default size, which is nearly always this one. */
static void complete(struct question *question, const struct hp_layout *layout) {
    struct hp_layout_request *request = &question->request;
    if (request->object == HP_LAYOUT_HUGE && !request->align)
        request->align = layout->facts.huge_page;
}

static bool fits_machine(const struct question *question, const struct hp_layout *layout) {
    const struct hp_layout_request *r = &question->request;
    if (layout->facts.machine != HP_LAYOUT_I386 || !((r->address | r->length) >> 32)) return true;
    fputs("hardpan where: a 32-bit process has no such address or length\n", stderr);
    return false;
}

int where_main(int count, char **arguments) {
    static struct hp_layout_part parts[MOST_PARTS];
    static struct hp_layout_step steps[MOST_STEPS];
    static struct hp_layout layout;
    static char name[] = "hardpan where"; /* getopt's messages begin with it */
    struct question question = {0};
    struct hp_layout_answer answer = {
        .parts = parts, .capacity = MOST_PARTS, .steps = steps, .steps_capacity = MOST_STEPS};
    arguments[0] = name;
    const int status = read_question(&question, count, arguments);
    if (status >= 0) return status;
    if (!read_layout(&question, &layout)) return EXIT_BLIND;
    if (!fits_machine(&question, &layout)) return EXIT_USAGE;
    complete(&question, &layout);
    const int code = hp_layout_where(&layout, &question.request, &answer);
    if (code) return fprintf(stderr, "hardpan where: %s\n", error_word(code)), EXIT_BLIND;
    if (!question.json)
        print_answer(&layout, &question, &answer);
    else if (!print_answer_json(&layout, &question, &answer))
        return fputs("hardpan where: no memory\n", stderr), EXIT_BLIND;
    return close_output(answer.verdict == HP_LAYOUT_NOT_KNOWN ? EXIT_BLIND : EXIT_FINE);
}
