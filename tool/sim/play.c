/* SPDX-License-Identifier: MIT */
/* A script's statements, one after the other, on one kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "script.h"

int open_process(struct process *process, const char *kernel, int machine, uint64_t seed) {
    *process = (struct process){.kernel = kernel, .machine = machine, .seed = seed};
    if (hp_layout_kernel(kernel, machine, &process->fresh) < 0) return EXIT_USAGE;
    struct hp_layout_map *map = &process->layout.map;
    map->capacity = MAPPINGS_MOST;
    map->mappings = calloc(MAPPINGS_MOST, sizeof *map->mappings);
    if (map->mappings) return 0;
    fputs("hardpan sim: out of memory\n", stderr);
    return EXIT_BLIND;
}

void close_process(struct process *process) { free(process->layout.map.mappings); }

static int fail(const struct script *script, const struct statement *statement, const char *what) {
    fprintf(stderr, "hardpan sim: %s:%u: %s\n", script->path, statement->line, what);
    return EXIT_USAGE;
}

/* splitmix64: the same seed, line and number give the same on every kernel. */
static uint64_t draw(const struct process *process, unsigned line, unsigned which) {
    uint64_t z = process->seed * 0x9e3779b97f4a7c15 + line * 4ull + which + 1;
    z *= 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* ---- exec ------------------------------------------------------------------------------------ */

static void set_unless(struct hp_layout_facts *facts, int fact, uint64_t number) {
    if (facts->mark[fact] == HP_LAYOUT_UNKNOWN)
        hp_layout_set_fact(facts, fact, number, HP_LAYOUT_ASSUMED);
}

static uint64_t pages(const struct hp_layout_facts *facts, uint64_t random, uint64_t bits) {
    return (random & ((UINT64_C(1) << (bits & 63)) - 1)) * facts->page;
}

static void draw_bases(const struct process *process, struct hp_layout_facts *facts,
                       unsigned line) {
    const bool is_drawn = facts->randomised;
    const uint64_t own = pages(facts, draw(process, line, 0), facts->random_bits);
    const uint64_t compat = pages(facts, draw(process, line, 1), facts->compat_random_bits);
    const uint64_t shlib = pages(facts, draw(process, line, 2), facts->random_bits);
    set_unless(facts, HP_LAYOUT_FACT_draw, is_drawn ? own : 0);
    set_unless(facts, HP_LAYOUT_FACT_compat_draw, is_drawn ? compat : 0);
    if (facts->has & HP_LAYOUT_HAS_EXEC_SHIELD)
        set_unless(facts, HP_LAYOUT_FACT_shlib_base, 0x110000 + (is_drawn ? shlib : 0));
}

static void begin(struct process *process, const struct statement *statement) {
    struct hp_layout_facts *facts = &process->layout.facts;
    *facts = process->fresh;
    process->layout.map.count = 0;
    process->begun = false;
    for (int i = 0; i < statement->settings_count; i++)
        hp_layout_set_fact(facts, statement->settings[i].fact, statement->settings[i].number,
                           HP_LAYOUT_READ_OUT);
    draw_bases(process, facts, statement->line);
}

static bool add_mapping(struct process *process, const struct hp_layout_mapping *mapping) {
    struct hp_layout_map *map = &process->layout.map;
    if (map->count == map->capacity) return false;
    map->mappings[map->count++] = *mapping;
    return true;
}

/* A small static program and its stack, where the script does not say. */
static void default_image(struct process *process) {
    const struct hp_layout_facts *facts = &process->layout.facts;
    const uint64_t text = facts->machine == HP_LAYOUT_I386 ? 0x08048000 : 0x400000;
    const uint64_t page = facts->page, stack = 33 * page, top = facts->window;
    const struct hp_layout_mapping image[] = {
        {.low = text, .high = text + page, .flags = HP_LAYOUT_READ | HP_LAYOUT_EXECUTE},
        {.low = text + page, .high = text + 2 * page, .flags = HP_LAYOUT_READ | HP_LAYOUT_WRITE},
        {.low = top - stack,
         .high = top,
         .flags = HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_GROWS_DOWN},
    };
    for (size_t i = 0; i < sizeof image / sizeof *image; i++) add_mapping(process, &image[i]);
}

/* The heap begins behind the last of the image, unless the script says where. */
static void place_heap(struct process *process) {
    struct hp_layout_facts *facts = &process->layout.facts;
    const struct hp_layout_map *map = &process->layout.map;
    uint64_t end = facts->page;
    for (size_t i = 0; i < map->count; i++)
        if (!(map->mappings[i].flags & HP_LAYOUT_GROWS_DOWN)) end = map->mappings[i].high;
    set_unless(facts, HP_LAYOUT_FACT_start_brk, end);
    set_unless(facts, HP_LAYOUT_FACT_brk, facts->start_brk);
}

static int finish_exec(struct process *process, const struct script *script,
                       const struct statement *statement) {
    if (process->begun) return 0;
    if (!process->layout.map.count) default_image(process);
    place_heap(process);
    process->begun = true;
    switch (hp_layout_exec(&process->layout)) {
    case 0: return 0;
    case -ENODATA: return fail(script, statement, "exec: a setting that it needs is not known");
    default:
        return fail(script, statement,
                    "exec: mappings out of order or not whole pages, or shlib_base not on a page");
    }
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static uint64_t resolve(const struct process *process, const struct place *place) {
    uint64_t from = 0;
    if (place->label >= 0) from = process->labels[place->label];
    if (place->label == BREAK) from = process->layout.facts.brk;
    return from + place->number;
}

static struct hp_layout_op operation(const struct process *process, const struct script *script,
                                     const struct statement *statement) {
    static const int kinds[] = {
        [DO_MMAP] = HP_LAYOUT_MMAP,         [DO_MUNMAP] = HP_LAYOUT_MUNMAP,
        [DO_MPROTECT] = HP_LAYOUT_MPROTECT, [DO_MREMAP] = HP_LAYOUT_MREMAP,
        [DO_BRK] = HP_LAYOUT_BRK,
    };
    const bool is_new = statement->kind == DO_MMAP || statement->kind == DO_MREMAP;
    struct hp_layout_op op = {.kind = kinds[statement->kind]};
    op.request.address = resolve(process, is_new ? &statement->to : &statement->address);
    op.request.length = statement->length;
    op.request.offset = statement->offset;
    op.request.protection = statement->protection;
    op.request.flags = statement->flags;
    op.request.object = statement->object;
    op.request.align = statement->align;
    if (statement->object == HP_LAYOUT_HUGE && !op.request.align)
        op.request.align = process->layout.facts.huge_page;
    op.request.old_address = resolve(process, &statement->address);
    op.request.old_length = statement->old_length;
    if (statement->kind == DO_MREMAP && statement->to.number + (uint64_t)(statement->to.label + 1))
        op.request.flags |= HP_LAYOUT_MAP_FIXED;
    for (unsigned i = 0; i < 2; i++)
        op.random[i] =
            statement->is_drawn ? statement->random[i] : draw(process, statement->line, i);
    op.name_size = (uint32_t)statement->name_size;
    op.name = statement->name ? (uint64_t)(statement->name - script->text) : 0;
    return op;
}

/* Where the answer depends on what cannot be told even from exec on (a tree's shape), the plain
 * alternative is gone on with. */
static int guess(struct process *process, struct hp_layout_op *op, struct outcome *outcome) {
    outcome->is_guess = true;
    op->request.address = outcome->parts[0].first;
    op->request.flags |= HP_LAYOUT_MAP_FIXED;
    struct hp_layout_answer kept = outcome->answer;
    const int code = hp_layout_apply(&process->layout, op, &outcome->answer);
    kept.address = outcome->answer.address;
    outcome->answer = kept;
    return code;
}

static int call(struct process *process, const struct script *script,
                const struct statement *statement, struct outcome *outcome) {
    struct hp_layout_op op = operation(process, script, statement);
    outcome->is_guess = false;
    outcome->answer = (struct hp_layout_answer){.parts = outcome->parts,
                                                .capacity = PARTS_MOST,
                                                .steps = outcome->steps,
                                                .steps_capacity = STEPS_MOST};
    int code = hp_layout_apply(&process->layout, &op, &outcome->answer);
    if (!code && outcome->answer.verdict == HP_LAYOUT_HISTORY && outcome->answer.parts[0].first)
        code = guess(process, &op, outcome);
    if (code == -ENOSPC) return fail(script, statement, "more mappings than there is room for");
    if (code < 0) return fail(script, statement, "what is asked makes no sense");
    if (statement->label >= 0) process->labels[statement->label] = outcome->answer.address;
    return 0;
}

static int map(struct process *process, const struct script *script,
               const struct statement *statement) {
    const struct hp_layout_mapping mapping = {
        .low = resolve(process, &statement->address),
        .high = resolve(process, &statement->end),
        .flags = statement->protection | statement->mapping_flags,
        .name = statement->name ? (uint64_t)(statement->name - script->text) : 0,
        .name_size = (uint32_t)statement->name_size,
    };
    if (!add_mapping(process, &mapping)) return fail(script, statement, "too many mappings");
    if (statement->label >= 0) process->labels[statement->label] = mapping.low;
    return 0;
}

int play_statement(struct process *process, const struct script *script,
                   const struct statement *statement, struct outcome *outcome) {
    process->layout.map.text = script->text;
    if (statement->kind == DO_EXEC) return begin(process, statement), 0;
    if (statement->kind == DO_MAP) return map(process, script, statement);
    const int status = finish_exec(process, script, statement);
    if (status || statement->kind == DO_MAPS) return status;
    return call(process, script, statement, outcome);
}
