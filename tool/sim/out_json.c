/* SPDX-License-Identifier: MIT */
/* What a program reads. Addresses are strings: JSON's numbers end at 2^53. */
#include <inttypes.h>

#include "script.h"

static json_t *address(uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, number);
    return json_string(text);
}

json_t *json_process(const struct process *process) {
    const struct hp_layout_facts *facts = &process->layout.facts;
    return json_pack("{s:s, s:s, s:s, s:o}", "kernel", process->kernel, "arch",
                     hp_layout_machine_name(process->machine), "direction",
                     facts->legacy ? "up" : "down", "base",
                     address(facts->legacy ? facts->legacy_base : facts->base));
}

static json_t *rules(const struct process *process, const struct hp_layout_answer *answer) {
    json_t *array = json_array();
    char text[256];
    for (size_t i = 0; i < answer->fired && i < answer->steps_capacity; i++) {
        const struct hp_layout_step *step = &answer->steps[i];
        hp_layout_step_text(&process->layout, step, text, sizeof text);
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s}", "rule", hp_layout_rule_name(step->rule), "source",
                             hp_layout_rule_source(step->rule), "text", text));
    }
    return array;
}

static json_t *candidates(const struct outcome *outcome) {
    json_t *array = json_array();
    for (size_t i = 0; i < outcome->answer.count; i++)
        json_array_append_new(array, address(outcome->answer.parts[i].first));
    return array;
}

json_t *json_outcome(const struct process *process, const struct statement *statement,
                     const struct outcome *outcome) {
    char text[64];
    const int verdict = outcome->answer.verdict;
    json_t *object = json_pack("{s:i, s:s%}", "line", (int)statement->line, "call", statement->text,
                               (size_t)statement->text_size);
    say_outcome(text, sizeof text, statement, outcome);
    if (verdict == HP_LAYOUT_REFUSED)
        json_object_set_new(object, "error", json_string(text));
    else if (verdict == HP_LAYOUT_NOT_KNOWN)
        json_object_set_new(object, "address", json_null());
    else
        json_object_set_new(object, "address", address(outcome->answer.address));
    if (outcome->is_guess) json_object_set_new(object, "candidates", candidates(outcome));
    json_object_set_new(object, "rules", rules(process, &outcome->answer));
    return object;
}
