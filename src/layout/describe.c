/* SPDX-License-Identifier: MIT */
/* A page about one layout, each line with how it is known. */
#include "layout.h"
#include "pick.h"
#include "text.h"

static void pad_to(struct hp_text *text, size_t from, size_t width) {
    do hp_text_string(text, " ");
    while (text->length - from < width);
}

static void title(struct hp_text *text, const char *words) {
    const size_t from = text->length;
    hp_text_string(text, words);
    pad_to(text, from, 22);
}

/* "  (read)" */
static void mark(struct hp_text *text, const struct hp_layout_facts *facts, int fact) {
    hp_text_string(text, "  (");
    hp_text_string(text, hp_layout_mark_name(facts->mark[fact]));
    hp_text_string(text, ")\n");
}

enum form { ADDRESS, SIZE };

static void number(struct hp_text *text, enum form form, uint64_t n) {
    if (form == ADDRESS)
        hp_text_hex(text, n);
    else if (n == HP_LAYOUT_UNLIMITED)
        hp_text_string(text, "unlimited");
    else
        hp_text_bytes(text, n);
}

static void line(struct hp_text *text, const struct hp_layout_facts *facts, const char *words,
                 int fact, enum form form) {
    title(text, words);
    if (facts->mark[fact] == HP_LAYOUT_UNKNOWN)
        hp_text_string(text, "not known");
    else
        number(text, form, hp_layout_fact(facts, fact));
    mark(text, facts, fact);
}
#define LINE(words, field, form) line(text, facts, words, HP_LAYOUT_FACT_##field, form)

static void direction(struct hp_text *text, const struct hp_layout_facts *facts) {
    title(text, "direction");
    if (facts->mark[HP_LAYOUT_FACT_legacy] == HP_LAYOUT_UNKNOWN)
        hp_text_string(text, "not known");
    else
        hp_text_string(text, facts->legacy ? "legacy, bottom-up" : "top-down");
    mark(text, facts, HP_LAYOUT_FACT_legacy);
}

static void part(struct hp_text *text, const char *words, uint64_t bytes) {
    hp_text_string(text, words);
    hp_text_bytes(text, bytes);
}

/* "8 MiB of stack limit + 16 GiB for its random start + 1 MiB of guard" */
static void gap(struct hp_text *text, const struct hp_layout_facts *facts) {
    struct hp_layout_gap gap;
    (void)hp_layout_highest_base(facts, false, &gap);
    title(text, "gap above the base");
    number(text, SIZE, gap.size);
    hp_text_string(text, " = stack limit ");
    number(text, SIZE, gap.limit);
    part(text, " + random start ", gap.pad);
    part(text, " + guard ", gap.guard);
    part(text, ", at least ", gap.least);
    part(text, ", at most ", gap.most);
    mark(text, facts, HP_LAYOUT_FACT_stack_limit);
}

static void random(struct hp_text *text, const struct hp_layout_facts *facts) {
    title(text, "random bits");
    if (facts->mark[HP_LAYOUT_FACT_randomised] == HP_LAYOUT_UNKNOWN)
        hp_text_string(text, "not known");
    else
        hp_text_decimal(text, facts->randomised ? facts->random_bits : 0);
    mark(text, facts, HP_LAYOUT_FACT_randomised);
    if (facts->mark[HP_LAYOUT_FACT_draw]) LINE("drawn", draw, ADDRESS);
}

static void guards(struct hp_text *text, const struct hp_layout *layout) {
    uint64_t down = 0, shadow = 0;
    for (size_t i = 0; i < layout->map.count; i++) {
        down += !!(layout->map.mappings[i].flags & HP_LAYOUT_GROWS_DOWN);
        shadow += !!(layout->map.mappings[i].flags & HP_LAYOUT_SHADOW_STACK);
    }
    title(text, "guards");
    hp_text_decimal(text, down);
    part(text, " of ", layout->facts.guard);
    hp_text_string(text, ", ");
    hp_text_decimal(text, shadow);
    part(text, " of ", layout->facts.page);
    hp_text_string(text, layout->map.detailed ? "" : ", of [stack] alone: smaps was not read");
    mark(text, &layout->facts, HP_LAYOUT_FACT_guard);
}

static void compat(struct hp_text *text, const struct hp_layout_facts *facts) {
    if (facts->machine != HP_LAYOUT_X86_64) return;
    LINE("base of int $0x80", compat_base, ADDRESS);
    LINE("legacy of int $0x80", compat_legacy_base, ADDRESS);
}

static const char *search_words(int search) {
    switch (search) {
    case HP_LAYOUT_MAPLE: return "in a maple tree  (";
    case HP_LAYOUT_RBTREE: return "in a red-black tree  (";
    default: return "from a cache  (";
    }
}

static void search(struct hp_text *text, const struct hp_layout_facts *facts) {
    title(text, "search");
    hp_text_string(text, search_words(facts->search));
    hp_text_string(text, hp_layout_mark_name(facts->search_mark));
    hp_text_string(text, ")\n");
}

size_t hp_layout_describe(const struct hp_layout *layout, char *buffer, size_t capacity) {
    struct hp_text writer = {buffer, capacity, 0}, *text = &writer;
    hp_text_string(text, "");
    if (!layout || !hp_layout_row(&layout->facts)) return 0;
    const struct hp_layout_facts *facts = &layout->facts;
    title(text, "rules");
    hp_text_string(text, hp_layout_kernel_name(facts->kernel));
    hp_text_string(text, ", ");
    hp_text_string(text, hp_layout_machine_name(facts->machine));
    hp_text_string(text, "\n");
    search(text, facts);
    direction(text, facts);
    LINE("top-down base", base, ADDRESS);
    LINE("bottom-up base", legacy_base, ADDRESS);
    gap(text, facts);
    random(text, facts);
    compat(text, facts);
    LINE("end, unasked", window, ADDRESS);
    LINE("end, by a high hint", task_size, ADDRESS);
    LINE("lowest address", min_addr, ADDRESS);
    guards(text, layout);
    LINE("page", page, SIZE);
    LINE("huge page", huge_page, SIZE);
    return text->length;
}
