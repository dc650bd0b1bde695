/* SPDX-License-Identifier: MIT */
/* From 3.8 to 6.0 what a search finds may hang on the shape of a tree that nobody can see. Here
 * every shape that a handful of mappings can have is walked as the kernel walks it, and what comes
 * of all of them must be the candidates that the model names, no more and no less. */
#include "era_test.h"

enum { MAPPINGS_MOST = 6, ROUNDS = 20000, FOUND_MOST = 64 };
static const uint64_t guard = 256 * ERA_PAGE;

static struct era era;

/* ---- The kernel's walk ----------------------------------------------------------------------- */

struct search {
    uint64_t length, low, high;
    const struct hp_layout_mapping *mappings;
    int count;
};

static uint64_t start_gap(const struct hp_layout_mapping *mapping) {
    return mapping->low - (mapping->flags & HP_LAYOUT_GROWS_DOWN ? guard : 0);
}

static uint64_t end_below(const struct search *search, int node) {
    return node ? search->mappings[node - 1].high : 0;
}

static uint64_t gap_of(const struct search *search, int node) {
    const uint64_t start = end_below(search, node), end = start_gap(&search->mappings[node]);
    return end > start ? end - start : 0;
}

/* rb_subtree_gap of the nodes [first, end) */
static uint64_t largest(const struct search *search, int first, int end) {
    uint64_t most = 0;
    for (int i = first; i < end; i++)
        if (gap_of(search, i) > most) most = gap_of(search, i);
    return most;
}

/* What was found so far; 0: nothing, UINT64_MAX: the walk is over. */
struct results {
    uint64_t found[FOUND_MOST];
    int count;
};

static void add(struct results *results, uint64_t found) {
    for (int i = 0; i < results->count; i++)
        if (results->found[i] == found) return;
    assert_true(results->count < FOUND_MOST);
    results->found[results->count++] = found;
}

static bool is_fit(const struct search *search, int node) {
    return start_gap(&search->mappings[node]) >= search->low + search->length &&
           end_below(search, node) <= search->high - search->length &&
           gap_of(search, node) >= search->length;
}

static uint64_t clipped(const struct search *search, uint64_t start) {
    return start < search->low ? search->low : start;
}

/* Every outcome of a subtree of [first, end), over all its shapes. */
static void walk_up(const struct search *search, int first, int end, struct results *results) {
    if (first == end || largest(search, first, end) < search->length) {
        add(results, 0);
        return;
    }
    for (int root = first; root < end; root++) {
        struct results left = {0};
        const bool goes = start_gap(&search->mappings[root]) >= search->low + search->length;
        if (goes)
            walk_up(search, first, root, &left);
        else
            add(&left, 0);
        for (int i = 0; i < left.count; i++) {
            if (left.found[i])
                add(results, left.found[i]);
            else if (end_below(search, root) > search->high - search->length)
                add(results, UINT64_MAX);
            else if (is_fit(search, root))
                add(results, clipped(search, end_below(search, root)));
            else
                walk_up(search, root + 1, end, results);
        }
    }
}

static void all_up(const struct search *search, struct results *results) {
    struct results tree = {0};
    if (search->low > search->high - search->length) {
        add(results, UINT64_MAX);
        return;
    }
    walk_up(search, 0, search->count, &tree);
    const uint64_t highest = search->count ? search->mappings[search->count - 1].high : 0;
    for (int i = 0; i < tree.count; i++) {
        if (tree.found[i] && tree.found[i] != UINT64_MAX)
            add(results, tree.found[i]);
        else if (!tree.found[i] && highest <= search->high - search->length)
            add(results, clipped(search, highest));
        else
            add(results, UINT64_MAX);
    }
}

/* ---- Against the model ----------------------------------------------------------------------- */

static uint64_t state_of_numbers;
static uint64_t below(uint64_t most) { return era_random(&state_of_numbers) % most; }

/* Around where the search begins: pages, gaps and guards of about the same size. */
static void place_mappings(uint64_t begin) {
    uint64_t at = begin - below(300) * ERA_PAGE;
    const int count = (int)below(MAPPINGS_MOST + 1);
    struct hp_layout_map *map = &era.layout.map;
    map->count = 0;
    for (int i = 0; i < count; i++) {
        at += below(3) ? below(300) * ERA_PAGE : 0;
        const uint64_t end = at + (1 + below(below(2) ? 300 : 8)) * ERA_PAGE;
        const bool grows = below(2);
        era_have(&era, at, end, HP_LAYOUT_READ | (grows ? (uint32_t)HP_LAYOUT_GROWS_DOWN : 0));
        at = end;
    }
}

static void check_up(uint64_t length) {
    const struct hp_layout_facts *facts = &era.layout.facts;
    const struct search search = {length, facts->legacy_base, facts->window, era.mappings,
                                  (int)era.layout.map.count};
    const struct hp_layout_request request = {.length = length, .protection = HP_LAYOUT_READ};
    struct results results = {0};
    all_up(&search, &results);
    era_where(&era, &request);
    for (int i = 0; i < results.count; i++) {
        const bool fails = results.found[i] == UINT64_MAX;
        assert_true(
            hp_layout_holds(&era.answer, fails ? 0 : results.found[i], fails ? -ENOMEM : 0));
    }
    if (era.answer.verdict == HP_LAYOUT_HISTORY) {
        struct results candidates = {0};
        for (size_t i = 0; i < era.answer.count; i++)
            add(&candidates, era.parts[i].code ? UINT64_MAX : era.parts[i].first);
        assert_int_equal(candidates.count, results.count);
    } else {
        assert_int_equal(results.count, 1);
    }
}

static uint64_t seed(void) {
    const char *text = getenv("HP_TEST_SEED");
    const uint64_t number = text ? strtoull(text, 0, 0) : 20121211;
    printf("HP_TEST_SEED=%llu\n", (unsigned long long)number);
    return number;
}

static void every_shape_finds_a_candidate_and_all_are_found(void **state) {
    (void)state;
    unsigned forked = 0;
    state_of_numbers = seed();
    for (int round = 0; round < ROUNDS; round++) {
        era_open(&era, below(2) ? "5.10" : "4.19", HP_LAYOUT_I386);
        era_set(&era, HP_LAYOUT_FACT_legacy, 1);
        era_set(&era, HP_LAYOUT_FACT_legacy_base, 0x40000000);
        era_set(&era, HP_LAYOUT_FACT_base, 0xb0000000);
        if (!below(8)) {
            era_set(&era, HP_LAYOUT_FACT_window, 0x40000000 + below(1500) * ERA_PAGE);
            era_set(&era, HP_LAYOUT_FACT_task_size, era.layout.facts.window);
        }
        place_mappings(0x40000000);
        check_up((1 + below(200)) * ERA_PAGE);
        forked += era.answer.verdict == HP_LAYOUT_HISTORY;
    }
    printf("%u of %d depend on the shape\n", forked, ROUNDS);
    assert_true(forked > ROUNDS / 100);
}

/* ---- By hand --------------------------------------------------------------------------------- */

static void open_plain(bool legacy) {
    era_open(&era, "5.10", HP_LAYOUT_I386);
    era.layout.map.count = 0;
    era_set(&era, HP_LAYOUT_FACT_legacy, legacy);
    era_set(&era, HP_LAYOUT_FACT_legacy_base, 0x40000000);
    era_set(&era, HP_LAYOUT_FACT_base, 0x40800000);
}

/* The stack at 0x40180000 begins at 0x40080000 with its guard, too low for 1 MiB: a walk that comes
 * to it leaves out the gap below the page at 0x40110000. */
static void put_blind_stack(void) {
    era_have(&era, 0x40110000, 0x40111000, HP_LAYOUT_READ);
    era_have(&era, 0x40180000, 0x40200000, HP_LAYOUT_READ | HP_LAYOUT_GROWS_DOWN);
}

static void a_node_whose_guard_is_too_low_makes_a_candidate(void **state) {
    (void)state;
    const struct hp_layout_request request = {.length = 0x100000, .protection = HP_LAYOUT_READ};
    open_plain(true);
    put_blind_stack();
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    assert_true(hp_layout_holds(&era.answer, 0x40000000, 0));
    assert_true(hp_layout_holds(&era.answer, 0x40200000, 0));
    assert_false(hp_layout_holds(&era.answer, 0x40111000, 0));
    for (int i = 0; hp_layout_rule_name(i); i++)
        if (!strcmp(hp_layout_rule_name(i), "tree-blind"))
            era.layout.facts.without = UINT64_C(1) << i;
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_EXACT);
    assert_int_equal(era.answer.address, 0x40000000);
}

/* Downward such a node ends the walk, and the search begins anew upward. */
static void downward_it_may_give_up(void **state) {
    (void)state;
    const struct hp_layout_request request = {.length = 0x3f000000, .protection = HP_LAYOUT_READ};
    open_plain(false);
    era_have(&era, 0x3f001000, 0x3f002000, HP_LAYOUT_READ);
    era_have(&era, 0x3f080000, 0x40800000, HP_LAYOUT_READ | HP_LAYOUT_GROWS_DOWN);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    assert_true(hp_layout_holds(&era.answer, 0x1000, 0) + hp_layout_holds(&era.answer, 0, -EPERM));
    assert_true(hp_layout_holds(&era.answer, 0x40800000, 0));
}

static void a_32bit_window_is_drawn_and_forks(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = 0x100000, .protection = HP_LAYOUT_READ, .flags = HP_LAYOUT_MAP_32BIT};
    era_open(&era, "5.10", HP_LAYOUT_X86_64);
    era.layout.map.count = 0;
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_legacy, 0);
    era_set(&era, HP_LAYOUT_FACT_base, 0x7ffff7fff000);
    era_set(&era, HP_LAYOUT_FACT_legacy_base, 0x2aaaaaaab000);
    put_blind_stack();
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    assert_true(hp_layout_holds(&era.answer, 0x40000000, 0));
    assert_true(hp_layout_holds(&era.answer, 0x40200000, 0));
    assert_true(hp_layout_holds(&era.answer, 0x41000000, 0));
    assert_false(hp_layout_holds(&era.answer, 0x40100000, 0));
}

/* Two nodes hide what lies below them, from some starts on only one of them. */
static void starts_fork_in_different_ways(void **state) {
    (void)state;
    const struct hp_layout_request request = {
        .length = 0x100000, .protection = HP_LAYOUT_READ, .flags = HP_LAYOUT_MAP_32BIT};
    era_open(&era, "5.10", HP_LAYOUT_X86_64);
    era.layout.map.count = 0;
    era_set(&era, HP_LAYOUT_FACT_randomised, 1);
    era_set(&era, HP_LAYOUT_FACT_legacy, 0);
    era_set(&era, HP_LAYOUT_FACT_base, 0x7ffff7fff000);
    era_set(&era, HP_LAYOUT_FACT_legacy_base, 0x2aaaaaaab000);
    /* guarded from 0x40310000 and from 0x40380000 on */
    era_have(&era, 0x40400000, 0x40401000, HP_LAYOUT_READ);
    era_have(&era, 0x40410000, 0x40420000, HP_LAYOUT_READ | HP_LAYOUT_GROWS_DOWN);
    era_have(&era, 0x40480000, 0x40490000, HP_LAYOUT_READ | HP_LAYOUT_GROWS_DOWN);
    era_where(&era, &request);
    assert_int_equal(era.answer.verdict, HP_LAYOUT_HISTORY);
    assert_true(hp_layout_holds(&era.answer, 0x40000000, 0));
    assert_true(hp_layout_holds(&era.answer, 0x40300000, 0));
    assert_true(hp_layout_holds(&era.answer, 0x40490000, 0));
    assert_false(hp_layout_holds(&era.answer, 0x40301000, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_finds_a_candidate_and_all_are_found),
        cmocka_unit_test(a_node_whose_guard_is_too_low_makes_a_candidate),
        cmocka_unit_test(downward_it_may_give_up),
        cmocka_unit_test(a_32bit_window_is_drawn_and_forks),
        cmocka_unit_test(starts_fork_in_different_ways),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
