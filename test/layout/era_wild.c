/* SPDX-License-Identifier: MIT */
/* Questions of every kind to kernels that never were: features turned over, rules switched off,
 * facts unknown, address spaces of other sizes, mappings of any kind. What comes must agree with
 * itself: draws add up, what is exact is what a call played with any number gets, and each step of
 * the trace has its sentence. */
#include "era_test.h"

enum { WORLDS = 4000, QUESTIONS = 24, FEATURES = 21 };

static struct era era, played;
static uint64_t state_of_numbers;

static uint64_t below(uint64_t most) { return era_random(&state_of_numbers) % most; }
static bool one_in(uint64_t most) { return !below(most); }
static uint64_t page_below(uint64_t most) { return below(most) & ~(ERA_PAGE - 1); }

/* ---- A world --------------------------------------------------------------------------------- */

static int kernel_count(void) {
    int count = 0;
    while (hp_layout_kernel_name(count)) count++;
    return count;
}

static int rule_count(void) {
    int count = 0;
    while (hp_layout_rule_name(count)) count++;
    return count;
}

static void bend_facts(void) {
    struct hp_layout_facts *facts = &era.layout.facts;
    if (one_in(3)) facts->has ^= UINT32_C(1) << below(FEATURES);
    if (one_in(3)) facts->without |= UINT64_C(1) << below((uint64_t)rule_count());
    if (one_in(5) && facts->machine == HP_LAYOUT_X86_64)
        era_set(&era, HP_LAYOUT_FACT_task_size, (UINT64_C(1) << 56) - ERA_PAGE);
    if (one_in(5) && facts->machine == HP_LAYOUT_AARCH64)
        era_set(&era, HP_LAYOUT_FACT_task_size, UINT64_C(1) << 52);
    if (one_in(4)) era_set(&era, HP_LAYOUT_FACT_shared_align, 2 << 20);
    if (one_in(4)) era_set(&era, HP_LAYOUT_FACT_memfd_align, one_in(2) ? 2 << 20 : 65536);
    era_set(&era, HP_LAYOUT_FACT_raw_io, below(2));
}

static void place_bases(void) {
    struct hp_layout_facts *facts = &era.layout.facts;
    era_set(&era, HP_LAYOUT_FACT_stack_limit, one_in(3) ? HP_LAYOUT_UNLIMITED : below(1 << 30));
    era_set(&era, HP_LAYOUT_FACT_personality, one_in(4) ? below(1 << 23) : 0);
    era_set(&era, HP_LAYOUT_FACT_legacy_sysctl, one_in(8));
    era_set(&era, HP_LAYOUT_FACT_randomised, below(2));
    era_set(&era, HP_LAYOUT_FACT_draw, page_below(1 << 28));
    era_set(&era, HP_LAYOUT_FACT_compat_draw, page_below(1 << 20));
    era_set(&era, HP_LAYOUT_FACT_exec_shield, below(4));
    era_set(&era, HP_LAYOUT_FACT_shlib_base, 0x110000 + page_below(1 << 20));
    if (facts->machine != HP_LAYOUT_X86_64 && one_in(20)) {
        const uint64_t small = (1 + below(64)) << 22;
        era_set(&era, HP_LAYOUT_FACT_task_size, small);
        era_set(&era, HP_LAYOUT_FACT_window, small);
    }
    assert_int_equal(hp_layout_pick(facts, 0), 0);
    if (one_in(4)) era_set(&era, HP_LAYOUT_FACT_base, page_below(facts->window));
    if (one_in(6)) era_set(&era, HP_LAYOUT_FACT_base, page_below(1 << 26));
    if (one_in(4)) era_set(&era, HP_LAYOUT_FACT_brk, page_below(UINT64_C(1) << 30));
    if (one_in(8)) era_set(&era, HP_LAYOUT_FACT_start_brk, page_below(UINT64_C(1) << 30));
}

static void hide_facts(void) {
    if (one_in(6)) era.layout.facts.mark[below(HP_LAYOUT_FACT_COUNT)] = HP_LAYOUT_UNKNOWN;
    era.layout.hidden.known = !one_in(4);
    era.layout.hidden.cache = era.layout.facts.base;
    if (one_in(3)) era.layout.hidden.cache = page_below(era.layout.facts.window);
    era.layout.hidden.hole = one_in(3) ? UINT64_MAX : page_below(1 << 20);
}

/* Places where something is likely to happen. */
static uint64_t place(void) {
    const struct hp_layout_facts *facts = &era.layout.facts;
    const uint64_t places[] = {facts->base,
                               facts->legacy_base,
                               facts->task_size,
                               facts->window,
                               0x40000000,
                               0x80000000,
                               0x1000000,
                               facts->brk,
                               facts->shlib_base,
                               facts->compat_base,
                               0,
                               UINT64_C(1) << 32,
                               facts->compat_legacy_base,
                               0x42000000};
    return places[below(14)] + (one_in(2) ? 0 : (below(1024) - 512) * ERA_PAGE);
}

static uint32_t mapping_flags(void) {
    uint32_t flags = (uint32_t)below(8);
    if (one_in(4)) flags |= HP_LAYOUT_GROWS_DOWN;
    if (one_in(8)) flags |= HP_LAYOUT_SHADOW_STACK;
    if (one_in(8)) flags |= HP_LAYOUT_HUGETLB;
    if (one_in(4)) flags |= HP_LAYOUT_SHARED;
    return flags | (one_in(3) ? (uint32_t)HP_LAYOUT_FILE : 0);
}

static void have_mappings(void) {
    era.layout.map.count = 0;
    for (uint64_t i = below(14); i; i--) {
        const uint64_t low = place() & ~(ERA_PAGE - 1);
        const uint64_t size = one_in(3) ? (1 + below(4096)) << 12 : (1 + below(16)) << 12;
        const struct hp_layout_op op = {
            .kind = HP_LAYOUT_MMAP,
            .request = {.address = low, .length = size, .flags = HP_LAYOUT_MAP_FIXED}};
        era_room(&era);
        (void)hp_layout_apply(&era.layout, &op, &era.answer);
        const size_t at = hp_layout_find(&era.layout.map, low);
        if (at < era.layout.map.count) era.mappings[at].flags = mapping_flags();
    }
}

static void open_world(void) {
    const int kernel = (int)below((uint64_t)kernel_count());
    era_open(&era, hp_layout_kernel_name(kernel), hp_layout_kernel_machine(kernel));
    place_bases();
    have_mappings();
    bend_facts();
    hide_facts();
}

/* ---- A question ------------------------------------------------------------------------------ */

static uint64_t some_length(void) {
    switch (below(10)) {
    case 0: return below(3) * 2048;
    case 1: return era_random(&state_of_numbers);
    case 2: return era.layout.facts.task_size / (1 + below(8));
    case 3: return (1 + below(8)) << 21;
    case 4: return ((1 + below(8)) << 21) + page_below(1 << 21);
    case 5: return 0x40000000 + below(3) * ERA_PAGE - ERA_PAGE;
    case 6: return 0 - below(3) * 4095;
    case 7: return page_below(1 << 25);
    default: return 1 + below(64 << 12);
    }
}

static uint64_t some_hint(void) {
    if (one_in(3)) return 0;
    if (one_in(16)) return era_random(&state_of_numbers);
    if (one_in(4) && era.layout.map.count) {
        const struct hp_layout_mapping *mapping = &era.mappings[below(era.layout.map.count)];
        return mapping->low - (one_in(2) ? era.layout.facts.guard : 0) - page_below(1 << 14);
    }
    return place() + (one_in(8) ? below(4096) : 0);
}

static unsigned some_flags(void) {
    unsigned flags = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        if (one_in(6)) flags |= 1u << bit;
    return flags;
}

static struct hp_layout_op some_op(void) {
    struct hp_layout_op op = {.kind = HP_LAYOUT_MMAP,
                              .random = {era_random(&state_of_numbers), below(1 << 30)}};
    struct hp_layout_request *request = &op.request;
    request->address = some_hint();
    request->length = some_length();
    request->offset = one_in(2) ? 0 : below(1 << 24) & ~(one_in(9) ? 0 : ERA_PAGE - 1);
    request->protection = (unsigned)below(8);
    request->flags = some_flags();
    request->object = one_in(2) ? HP_LAYOUT_ANONYMOUS : (int)below(HP_LAYOUT_DRIVER + 1);
    if (request->object == HP_LAYOUT_HUGE || request->object == HP_LAYOUT_TMPFS)
        request->align = one_in(3) ? ERA_PAGE << below(12) : 2 << 20;
    if (!one_in(5)) return op;
    op.kind = HP_LAYOUT_MREMAP;
    request->flags |= HP_LAYOUT_REMAP | (one_in(2) ? (unsigned)HP_LAYOUT_MAY_MOVE : 0);
    request->object = (int)below(HP_LAYOUT_HUGE);
    request->align = 0;
    if (!era.layout.map.count || one_in(12)) return op;
    const struct hp_layout_mapping *mapping = &era.mappings[below(era.layout.map.count)];
    const uint64_t size = mapping->high - mapping->low;
    request->old_address = mapping->low + (one_in(3) ? page_below(size) : 0);
    request->old_length = mapping->high - request->old_address;
    if (one_in(4)) request->old_length = page_below(2 * size);
    if (one_in(2)) request->length = page_below(4 * size) + ERA_PAGE;
    request->protection = mapping->flags & 7;
    return op;
}

/* ---- Agreement ------------------------------------------------------------------------------- */

static void check_steps(const struct hp_layout_answer *answer) {
    char text[512];
    for (size_t i = 0; i < answer->fired && i < answer->steps_capacity; i++) {
        const struct hp_layout_step *step = &answer->steps[i];
        assert_non_null(hp_layout_rule_name(step->rule));
        assert_non_null(hp_layout_rule_source(step->rule));
        const size_t size = hp_layout_step_text(&era.layout, step, text, sizeof text);
        assert_true(size && size < sizeof text && !strchr(text, '%'));
        assert_false(era.layout.facts.without >> step->rule & 1);
    }
}

static void check_parts(const struct hp_layout_answer *answer) {
    uint64_t draws = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const struct hp_layout_part *part = &answer->parts[i];
        assert_true(part->draws && part->first <= part->last);
        draws += part->draws * (part->step ? (part->last - part->first) / part->step + 1 : 1);
    }
    assert_int_equal(draws, answer->draws);
}

static void check_played(const struct hp_layout_op *op) {
    const struct hp_layout_answer *answer = &era.answer;
    played.layout = era.layout;
    memcpy(played.mappings, era.mappings, era.layout.map.count * sizeof *era.mappings);
    played.layout.map.mappings = played.mappings;
    era_room(&played);
    assert_int_equal(hp_layout_apply(&played.layout, op, &played.answer), 0);
    if (getenv("DUMP") && answer->verdict == HP_LAYOUT_EXACT &&
        (played.answer.verdict != HP_LAYOUT_EXACT || played.answer.address != answer->address)) {
        const struct hp_layout_facts *f = &era.layout.facts;
        printf("%s %s has %x without %llx legacy %d rand %d hidden %d\n",
               hp_layout_kernel_name(f->kernel), hp_layout_machine_name(f->machine), f->has,
               (unsigned long long)f->without, (int)f->legacy, (int)f->randomised,
               era.layout.hidden.known);
        printf("addr %llx len %llx off %llx flags %x obj %d align %llx\n",
               (unsigned long long)op->request.address, (unsigned long long)op->request.length,
               (unsigned long long)op->request.offset, op->request.flags, op->request.object,
               (unsigned long long)op->request.align);
        for (size_t i = 0; i < era.layout.map.count; i++)
            printf("  %llx-%llx %x\n", (unsigned long long)era.mappings[i].low,
                   (unsigned long long)era.mappings[i].high, era.mappings[i].flags);
        char text[300];
        for (size_t i = 0; i < answer->fired; i++) {
            hp_layout_step_text(&era.layout, &answer->steps[i], text, 300);
            printf("   where: %s\n", text);
        }
        for (size_t i = 0; i < played.answer.fired; i++) {
            hp_layout_step_text(&era.layout, &played.answer.steps[i], text, 300);
            printf("   play: %s\n", text);
        }
    }
    if (answer->verdict == HP_LAYOUT_EXACT) {
        assert_int_equal(played.answer.verdict, HP_LAYOUT_EXACT);
        assert_int_equal(played.answer.address, answer->address);
    }
    if (answer->verdict == HP_LAYOUT_REFUSED) {
        assert_int_equal(played.answer.verdict, HP_LAYOUT_REFUSED);
        assert_int_equal(played.answer.code, answer->code);
    }
    if (era.layout.facts.without) return; /* without PAST_END, say, a mapping may wrap */
    uint64_t end = 0;
    for (size_t i = 0; i < played.layout.map.count; i++) {
        assert_true(played.mappings[i].low >= end &&
                    played.mappings[i].high > played.mappings[i].low);
        end = played.mappings[i].high;
    }
}

static void ask(void) {
    const struct hp_layout_op op = some_op();
    era_room(&era);
    const int code = hp_layout_where(&era.layout, &op.request, &era.answer);
    if (code == -ENOSPC) return;
    assert_int_equal(code, 0);
    check_steps(&era.answer);
    switch (era.answer.verdict) {
    case HP_LAYOUT_EXACT: assert_true(hp_layout_holds(&era.answer, era.answer.address, 0)); break;
    case HP_LAYOUT_REFUSED: assert_true(hp_layout_holds(&era.answer, 0, era.answer.code)); break;
    case HP_LAYOUT_ONE_OF: check_parts(&era.answer); break;
    case HP_LAYOUT_HISTORY: assert_true(era.answer.count); break;
    default: assert_int_equal(era.answer.verdict, HP_LAYOUT_NOT_KNOWN);
    }
    /* mremap may have been asked with other permissions than the mapping has */
    if (op.kind == HP_LAYOUT_MMAP) check_played(&op);
}

static void whatever_comes_agrees_with_itself(void **state) {
    (void)state;
    const char *text = getenv("HP_TEST_SEED");
    state_of_numbers = text ? strtoull(text, 0, 0) : 19911005;
    printf("HP_TEST_SEED=%llu\n", (unsigned long long)state_of_numbers);
    for (int world = 0; world < WORLDS; world++) {
        open_world();
        for (int question = 0; question < QUESTIONS; question++) ask();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_comes_agrees_with_itself)};
    return cmocka_run_group_tests(tests, 0, 0);
}
