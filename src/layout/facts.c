/* SPDX-License-Identifier: MIT */
/* The numbers that the rules read, by name and by number. */
#include <errno.h>

#include "layout.h"

static const struct {
    const char *title;
    size_t offset;
} facts_table[] = {
#define FACT(field, title) {title, offsetof(struct hp_layout_facts, field)},
    HP_LAYOUT_FACTS(FACT)
#undef FACT
};

static bool is_fact(int fact) { return fact >= 0 && fact < HP_LAYOUT_FACT_COUNT; }

const char *hp_layout_fact_title(int fact) { return is_fact(fact) ? facts_table[fact].title : 0; }

uint64_t hp_layout_fact(const struct hp_layout_facts *facts, int fact) {
    if (!is_fact(fact)) return 0;
    return *(const uint64_t *)(const void *)((const char *)facts + facts_table[fact].offset);
}

int hp_layout_set_fact(struct hp_layout_facts *facts, int fact, uint64_t number, int mark) {
    if (!is_fact(fact) || mark < HP_LAYOUT_UNKNOWN || mark > HP_LAYOUT_PROBED) return -EINVAL;
    *(uint64_t *)(void *)((char *)facts + facts_table[fact].offset) = number;
    facts->mark[fact] = (unsigned char)mark;
    return 0;
}

const char *hp_layout_mark_name(int mark) {
    static const char *const names[] = {"unknown", "assumed", "derived", "read", "probed"};
    return (size_t)mark < HP_COUNT(names) ? names[mark] : 0;
}

const char *hp_layout_machine_name(int machine) {
    static const char *const names[] = {"x86_64", "i386", "aarch64"};
    return (size_t)machine < HP_COUNT(names) ? names[machine] : 0;
}

/* What follows from facts is no surer than the least sure of them, and at most derived. */
static int weaker(int mark, int other) { return mark < other ? mark : other; }

int hp_layout_mark_of(const struct hp_layout_facts *facts, const int *from, size_t count) {
    int mark = HP_LAYOUT_DERIVED;
    for (size_t i = 0; i < count; i++) mark = weaker(mark, facts->mark[from[i]]);
    return mark;
}
