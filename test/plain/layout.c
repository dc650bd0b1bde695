/* SPDX-License-Identifier: MIT */
/* The model on machines that are not the one it models: it is pure, so the answers are the same on
 * 32 bits, on arm64 and on riscv64. */
#include "plain.h"

static struct hp_layout_mapping mappings[8];
static struct hp_layout layout = {.map = {.mappings = mappings, .capacity = 8}};
static const char text[] =
    "555555554000-555555556000 r-xp 00000000 fe:00 42                         /bin/true\n"
    "7ffff7e00000-7ffff7ff0000 r-xp 00000000 fe:00 43                         /lib/libc.so.6\n"
    "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]\n";

static uint64_t where(struct hp_layout_request request) {
    static struct hp_layout_part parts[64];
    struct hp_layout_answer answer = {.parts = parts, .capacity = 64};
    if (hp_layout_where(&layout, &request, &answer)) return 1;
    if (answer.verdict == HP_LAYOUT_ONE_OF) return answer.draws;
    return answer.verdict == HP_LAYOUT_EXACT ? answer.address : (uint64_t)-answer.code;
}

static void set(int fact, uint64_t number) {
    hp_layout_set_fact(&layout.facts, fact, number, HP_LAYOUT_READ_OUT);
}

static void on(const char *kernel, int machine, uint64_t base, uint64_t legacy_base) {
    EQUAL(hp_layout_kernel(kernel, machine, &layout.facts), 0);
    set(HP_LAYOUT_FACT_legacy, 0);
    set(HP_LAYOUT_FACT_base, base);
    set(HP_LAYOUT_FACT_legacy_base, legacy_base);
}

static void parser(void) {
    struct hp_layout_wrong wrong;
    EQUAL(hp_layout_parse(text, sizeof text - 1, &layout.map, &wrong), 0);
    EQUAL(layout.map.count, 3);
    EQUAL(mappings[2].low, 0x7ffffffde000);
    TRUE(mappings[2].flags & HP_LAYOUT_GROWS_DOWN);
    TRUE(hp_layout_parse(text, 100, &layout.map, &wrong) < 0);
    EQUAL(wrong.flaw, HP_LAYOUT_CUT_OFF);
    EQUAL(wrong.line, 2);
    EQUAL(hp_layout_parse(text, sizeof text - 1, &layout.map, &wrong), 0);
}

int main(void) {
    parser();
    on("6.18", HP_LAYOUT_X86_64, 0x7ffff7fff000, 0x2aaaaaaab000);
    EQUAL(where((struct hp_layout_request){.length = 4096}), 0x7ffff7ffe000);
    EQUAL(where((struct hp_layout_request){.length = 4 << 20}), 0x7ffff7a00000);
    EQUAL(where((struct hp_layout_request){.length = UINT64_C(1) << 63}), 12);
    EQUAL(where((struct hp_layout_request){.length = 1, .flags = HP_LAYOUT_MAP_32BIT}), 8192);
    on("6.18", HP_LAYOUT_AARCH64, 0xfffff7ff0000, 0);
    EQUAL(where((struct hp_layout_request){.length = 1}), 0xfffff7fef000);
    struct hp_layout_gap gap;
    on("6.18", HP_LAYOUT_I386, 0, 0);
    set(HP_LAYOUT_FACT_draw, 0x5000);
    EQUAL(hp_layout_pick(&layout.facts, &gap), 0);
    EQUAL(layout.facts.base, 0xf7ffe000 - 0x5000);
    return plain_end();
}
