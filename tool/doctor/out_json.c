/* SPDX-License-Identifier: MIT */
/* The report as one JSON object, schema 1: documented in hardpan(1), checked by
 * test/tool/json.sh. */
#include <hardpan.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "doctor.h"

static json_t *kernel_object(void) {
    struct utsname name = {0};
    hp_sys_uname(&name);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "system", name.sysname, "release", name.release,
                     "version", name.version, "machine", name.machine, "door", hp_sys_door());
}

static json_t *fact_object(const struct examined *examined) {
    const struct finding *finding = &examined->finding;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", examined->fact->id, "status",
                     status_word(finding->status), "asked", examined->fact->asked, "found",
                     finding->found, "why", examined->fact->why, "do",
                     *finding->todo ? finding->todo : "Nothing.");
}

bool print_json(const struct report *report) {
    json_t *facts = json_array();
    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(facts, fact_object(&report->facts[i]));
    json_t *all = json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "hardpan", HP_VERSION, "kernel",
                            kernel_object(), "facts", facts);
    if (!all) return fputs("hardpan doctor: no memory for the JSON\n", stderr), false;
    char *text = json_dumps(all, JSON_INDENT(2));
    json_decref(all);
    if (!text) return fputs("hardpan doctor: no memory for the JSON\n", stderr), false;
    puts(text);
    free(text);
    return true;
}
