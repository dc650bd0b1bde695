/* SPDX-License-Identifier: MIT */
/* A layout from a text, and one question put to it. */
#ifndef LAYOUT_TEST_H
#define LAYOUT_TEST_H

#include <hardpan.h>
#include <string.h>

enum { TEST_MAPPINGS = 64, TEST_PARTS = 9000, TEST_STEPS = 64 };

struct asked {
    struct hp_layout layout;
    struct hp_layout_mapping mappings[TEST_MAPPINGS];
    struct hp_layout_answer answer;
    struct hp_layout_part parts[TEST_PARTS];
    struct hp_layout_step steps[TEST_STEPS];
    int code;
};

#define KNOW(asked, field, number)                                                                 \
    hp_layout_set_fact(&(asked)->layout.facts, HP_LAYOUT_FACT_##field, number, HP_LAYOUT_READ_OUT)

/* The text's mappings under a kernel's rules, top-down from `base`. */
static inline void set_up(struct asked *asked, const char *kernel, int machine, const char *text,
                          uint64_t base, uint64_t legacy_base) {
    memset(asked, 0, sizeof *asked);
    asked->code = hp_layout_kernel(kernel, machine, &asked->layout.facts);
    asked->layout.map.mappings = asked->mappings;
    asked->layout.map.capacity = TEST_MAPPINGS;
    if (!asked->code && *text)
        asked->code = hp_layout_parse(text, strlen(text), &asked->layout.map, 0);
    KNOW(asked, legacy, 0);
    KNOW(asked, base, base);
    KNOW(asked, legacy_base, legacy_base);
}

static inline void ask(struct asked *asked, struct hp_layout_request request) {
    asked->answer = (struct hp_layout_answer){.parts = asked->parts,
                                              .capacity = TEST_PARTS,
                                              .steps = asked->steps,
                                              .steps_capacity = TEST_STEPS};
    asked->code = hp_layout_where(&asked->layout, &request, &asked->answer);
}

static inline int fired(const struct asked *asked, const char *rule) {
    for (size_t i = 0; i < asked->answer.fired; i++)
        if (!strcmp(hp_layout_rule_name(asked->answer.steps[i].rule), rule)) return 1;
    return 0;
}

#endif
