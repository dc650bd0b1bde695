/* SPDX-License-Identifier: MIT */
/* The trace: which rules fired, and the sentence that each makes of its numbers. */
#include "layout.h"
#include "text.h"

struct words {
    const char *name, *source, *sentence;
};
static const struct words rules[] = {
#define RULE(id, name, source, sentence) {name, source, sentence},
#include "rules.def"
#undef RULE
};

bool hp_layout_fires(struct hp_layout_run *run, enum hp_layout_rule rule, uint32_t mapping,
                     uint64_t first, uint64_t second, uint64_t third) {
    struct hp_layout_answer *answer = run->answer;
    if (run->facts->without >> rule & 1) return false;
    if (answer->fired < answer->steps_capacity)
        answer->steps[answer->fired] =
            (struct hp_layout_step){(int)rule, mapping, {first, second, third}};
    answer->fired++;
    return true;
}

uint64_t hp_layout_need(struct hp_layout_run *run, int fact) {
    if (run->facts->mark[fact] == HP_LAYOUT_UNKNOWN && run->missing < 0) run->missing = fact;
    return hp_layout_fact(run->facts, fact);
}

static bool is_rule(int rule) { return rule >= 0 && rule < HP_RULE_COUNT; }

const char *hp_layout_rule_name(int rule) { return is_rule(rule) ? rules[rule].name : 0; }
const char *hp_layout_rule_source(int rule) { return is_rule(rule) ? rules[rule].source : 0; }

/* "[stack]", "libc.so.6" without its folders, or "the mapping at 0x7f..." */
static void name_of(struct hp_text *text, const struct hp_layout_map *map, uint32_t index) {
    const struct hp_layout_mapping *mapping = index < map->count ? &map->mappings[index] : 0;
    if (!mapping || !map->text || !mapping->name_size) {
        hp_text_string(text, "the mapping at ");
        hp_text_hex(text, mapping ? mapping->low : 0);
        return;
    }
    const char *name = map->text + mapping->name;
    size_t first = mapping->name_size;
    while (first && name[first - 1] != '/') first--;
    for (; first < mapping->name_size; first++)
        hp_text_string(text, (const char[]){name[first], 0});
}

static void error(struct hp_text *text, uint64_t code) {
    switch (code) {
    case 1: hp_text_string(text, "EPERM"); break;
    case 12: hp_text_string(text, "ENOMEM"); break;
    case 14: hp_text_string(text, "EFAULT"); break;
    case 17: hp_text_string(text, "EEXIST"); break;
    case 22: hp_text_string(text, "EINVAL"); break;
    default: hp_text_string(text, "error "), hp_text_decimal(text, code);
    }
}

static void directive(struct hp_text *text, char letter, const struct hp_layout *layout,
                      const struct hp_layout_step *step) {
    switch (letter) {
    case 'a':
    case 'b':
    case 'c': hp_text_hex(text, step->number[letter - 'a']); break;
    case 'A':
    case 'B':
    case 'C': hp_text_bytes(text, step->number[letter - 'A']); break;
    case 'e': error(text, step->number[0]); break;
    default: name_of(text, &layout->map, step->mapping);
    }
}

size_t hp_layout_step_text(const struct hp_layout *layout, const struct hp_layout_step *step,
                           char *buffer, size_t capacity) {
    struct hp_text text = {buffer, capacity, 0};
    hp_text_string(&text, "");
    if (!is_rule(step->rule)) return 0;
    for (const char *at = rules[step->rule].sentence; *at; at++)
        if (*at == '%')
            directive(&text, *++at, layout, step);
        else
            hp_text_string(&text, (const char[]){*at, 0});
    return text.length;
}
