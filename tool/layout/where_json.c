/* SPDX-License-Identifier: MIT */
/* The answer for programs. Addresses are strings: JSON's numbers end at 53 bits. */
#include <jansson.h>
#include <stdio.h>

#include "../doctor/probe.h"
#include "where.h"

static json_t *address(uint64_t number) {
    return json_sprintf("%#llx", (unsigned long long)number);
}
static json_t *count(uint64_t number) { return json_integer((json_int_t)number); }

static json_t *part(const struct hp_layout_part *p) {
    if (p->code)
        return json_pack("{s:s, s:o}", "error", error_word(p->code), "draws", count(p->draws));
    return json_pack("{s:o, s:o, s:o, s:o}", "first", address(p->first), "last", address(p->last),
                     "step", count(p->step), "draws", count(p->draws));
}

static json_t *parts(const struct hp_layout_answer *answer) {
    json_t *array = json_array();
    for (size_t i = 0; i < answer->count; i++)
        json_array_append_new(array, part(&answer->parts[i]));
    return array;
}

static json_t *steps(const struct hp_layout *layout, const struct hp_layout_answer *answer) {
    json_t *array = json_array();
    char text[512];
    for (size_t i = 0; i < answer->fired && i < answer->steps_capacity; i++) {
        const struct hp_layout_step *step = &answer->steps[i];
        hp_layout_step_text(layout, step, text, sizeof text);
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s, s:[o,o,o]}", "rule", hp_layout_rule_name(step->rule),
                             "source", hp_layout_rule_source(step->rule), "text", text, "numbers",
                             address(step->number[0]), address(step->number[1]),
                             address(step->number[2])));
    }
    return array;
}

static json_t *facts(const struct hp_layout_facts *facts) {
    static const char *const names[] = {
#define NAME(field, title) #field,
        HP_LAYOUT_FACTS(NAME)
#undef NAME
    };
    json_t *object = json_object();
    for (int i = 0; i < HP_LAYOUT_FACT_COUNT; i++) {
        json_t *value = facts->mark[i] ? address(hp_layout_fact(facts, i)) : json_null();
        json_object_set_new(
            object, names[i],
            json_pack("{s:o, s:s}", "value", value, "known", hp_layout_mark_name(facts->mark[i])));
    }
    return object;
}

static json_t *features(const struct hp_layout_facts *facts) {
    json_t *object = json_object();
    struct feature feature;
    for (unsigned i = 0; next_feature(facts, &i, &feature);)
        json_object_set_new(
            object, feature.name,
            json_pack("{s:b, s:s}", "value", feature.there, "known", feature.known));
    return object;
}

bool print_answer_json(const struct hp_layout *layout, const struct question *question,
                       const struct hp_layout_answer *answer) {
    static const char *const verdicts[] = {"exact", "refused", "one of", "history", "not known"};
    json_t *object =
        json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "schema", 1, "kernel",
                  hp_layout_kernel_name(layout->facts.kernel), "machine",
                  hp_layout_machine_name(layout->facts.machine), "verdict",
                  verdicts[answer->verdict], "draws", count(answer->draws), "parts", parts(answer),
                  "steps", steps(layout, answer), "facts", facts(&layout->facts));
    (void)question;
    if (!object) return false;
    json_object_set_new(object, "features", features(&layout->facts));
    if (answer->verdict == HP_LAYOUT_EXACT) {
        json_object_set_new(object, "address", address(answer->address));
        json_object_set_new(object, "length", count(answer->length));
    }
    if (answer->verdict == HP_LAYOUT_REFUSED)
        json_object_set_new(object, "error", json_string(error_word(answer->code)));
    if (answer->verdict == HP_LAYOUT_NOT_KNOWN && answer->missing >= 0)
        json_object_set_new(object, "missing", json_string(hp_layout_fact_title(answer->missing)));
    const bool written = !json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(object);
    return written && putchar('\n') != EOF;
}
