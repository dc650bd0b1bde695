/* SPDX-License-Identifier: MIT */
/* Random scripts on the library and on the naive model, call by call: addresses, errors, what the
 * kernel remembers, and in the end every mapping.
 *
 *     differ [SCRIPTS [SEED [ROW]]]     a difference prints the SEED and the ROW to come back to it
 *
 * Then each rule of the library's that fired is switched off, and a difference is what is wanted.
 *
 * Nothing that a kernel would draw is drawn by either: the numbers are part of the script. */
#include "peer.h"

enum { CALLS = 24, HEAP_WORD = 8 + 3 };

struct row {
    const char *name, *kernel;
    struct naive process;
    size_t least, most; /* pages of the address space */
    unsigned share;     /* of the scripts */
};

#define I386 .kernel32 = true, .task32 = true
#define SHIELD .exec_area = true, .keeps_minimum = true, .library = 0x00110000
static const struct row rows[] = {
    {"2.6.24 up", "2.6.24", {I386, .era = NAIVE_CACHE}, 48, 600, 12},
    {"2.6.24 down", "2.6.24", {I386, .era = NAIVE_CACHE, .down = true}, 48, 600, 12},
    {"2.6.24 wide", "2.6.24", {.era = NAIVE_CACHE}, 48, 600, 8},
    {"2.6.32 up", "2.6.32", {I386, .era = NAIVE_CACHE}, 48, 600, 4},
    {"2.6.32 down", "2.6.32", {I386, .era = NAIVE_CACHE, .down = true}, 48, 600, 4},
    {"2.6.32 wide up", "2.6.32", {.era = NAIVE_CACHE, .random_32bit = true}, 48, 600, 8},
    {"2.6.32 wide down",
     "2.6.32",
     {.era = NAIVE_CACHE, .down = true, .random_32bit = true},
     48,
     600,
     8},
    {"3.4 up", "3.4", {I386, .era = NAIVE_CACHE_TWICE}, 48, 600, 4},
    {"3.4 down", "3.4", {I386, .era = NAIVE_CACHE_TWICE, .down = true}, 48, 600, 12},
    {"3.4 wide down",
     "3.4",
     {.era = NAIVE_CACHE_TWICE, .down = true, .random_32bit = true},
     48,
     600,
     6},
    {"shield up",
     "2.6.32-execshield",
     {I386, .era = NAIVE_CACHE, .keeps_minimum = true},
     48,
     600,
     2},
    {"shield down",
     "2.6.32-execshield",
     {I386, .era = NAIVE_CACHE, .down = true, SHIELD},
     36000,
     45000,
     1},
    {"shield down, random",
     "2.6.32-execshield",
     {I386, .era = NAIVE_CACHE, .down = true, .randomized = true, SHIELD},
     36000,
     45000,
     1},
    {"5.10 up", "5.10", {.era = NAIVE_TREE}, 48, 1500, 8},
    {"5.10 down", "5.10", {.era = NAIVE_TREE, .down = true}, 48, 1500, 8},
    {"6.1 up", "6.1", {.era = NAIVE_MAPLE}, 48, 1500, 4},
    {"6.1 down", "6.1", {.era = NAIVE_MAPLE, .down = true}, 48, 1500, 8},
    {"6.18 up", "6.18", {.era = NAIVE_MAPLE, .keeps_minimum = true}, 48, 1500, 8},
    {"6.18 down", "6.18", {.era = NAIVE_MAPLE, .keeps_minimum = true, .down = true}, 48, 1500, 8},
    {"6.18 up, huge",
     "6.18",
     {.era = NAIVE_MAPLE, .keeps_minimum = true, .huge = PAGE},
     48,
     1500,
     8},
    {"6.18 down, huge",
     "6.18",
     {.era = NAIVE_MAPLE, .keeps_minimum = true, .down = true, .huge = PAGE},
     48,
     1500,
     8},
    {"2.6.32 low",
     "2.6.32",
     {.era = NAIVE_CACHE, .random_32bit = true, .randomized = true, .down = true},
     0x84000,
     0x90000,
     0},
    {"2.6.32 low up",
     "2.6.32",
     {.era = NAIVE_CACHE, .random_32bit = true, .randomized = true},
     0x84000,
     0x90000,
     0},
    {"6.18 low",
     "6.18",
     {.era = NAIVE_MAPLE, .keeps_minimum = true, .down = true, .randomized = true, .huge = PAGE},
     0x84000,
     0x90000,
     0},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- Chance ---------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t chance(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return below ? (seed >> 11) % below : 0;
}

static bool one_in(unsigned n) { return chance(n) == 0; }

/* ---- One script ------------------------------------------------------------------------------ */

static struct {
    const struct row *row;
    struct naive naive;
    struct peer peer;
    naive_word pages[0x90000];
    uint64_t began; /* the seed that this script began with */
    size_t call;
    uint64_t calls, sets;
    int without; /* a rule of the library's that is switched off; -1: none */
    jmp_buf caught;
    uint64_t fired; /* rules seen at work, a bit each */
} trial;

static void differ(const char *what, int64_t naive, int64_t library) {
    if (trial.without >= 0) longjmp(trial.caught, 1);
    peer_tell(&trial.peer);
    fail_msg("%s, call %zu: %s: naive 0x%llx, library 0x%llx (differ 1 %llu %zu)", trial.row->name,
             trial.call, what, (unsigned long long)naive, (unsigned long long)library,
             (unsigned long long)trial.began, (size_t)(trial.row - rows));
}

static void same_number(const char *what, int64_t naive, int64_t library) {
    if (naive != library) differ(what, naive, library);
}

static uint64_t page_at(size_t page) { return (uint64_t)page * PAGE; }
static uint64_t any_page(void) { return page_at(chance(trial.naive.pages)); }

static void have(uint64_t low, uint64_t high, naive_word word) {
    if (high > trial.naive.task_size) high = trial.naive.task_size;
    if (low >= high || !naive_is_free(&trial.naive, low, high)) return;
    /* Apart from its neighbours, that there be nothing to merge. */
    if (low > 0 && trial.naive.page[low / PAGE - 1]) return;
    if (high < trial.naive.task_size && trial.naive.page[high / PAGE]) return;
    for (uint64_t at = low; at < high; at += PAGE) trial.naive.page[at / PAGE] = word;
    const struct hp_layout_mapping mapping = {
        .low = low, .high = high, .flags = (word & 7) | peer_guards(word)};
    peer_have(&trial.peer, &mapping);
}

static void begin_process(void) {
    struct naive *naive = &trial.naive;
    *naive = trial.row->process;
    naive->pages = trial.row->least + chance(trial.row->most - trial.row->least + 1);
    naive->page = trial.pages;
    memset(trial.pages, 0, naive->pages * sizeof *trial.pages);
    naive->task_size = naive->window = page_at(naive->pages);
    if (!naive->task32 && naive->era > NAIVE_CACHE_TWICE && one_in(2))
        naive->window = page_at(naive->pages / 2 + chance(naive->pages / 2));
    naive->minimum = one_in(2) ? page_at(1 + chance(4)) : 0;
    naive->base = naive_third(naive);
    if (!naive->task32 && one_in(2)) naive->base += page_at(chance(naive->pages / 8));
    naive->legacy = naive->base;
    if (naive->down) naive->base = page_at(naive->pages / 4 + chance(naive->pages / 2));
    if (naive->era > NAIVE_CACHE_TWICE) naive->guard = page_at(chance(24));
    if (naive->huge) naive->huge = page_at(1) << chance(5);
    naive->heap = naive->brk = any_page();
    naive->cache = naive->base;
}

/* A stack at the top, a program low, and some more. */
static void begin_mappings(void) {
    const uint64_t end = trial.naive.task_size;
    if (!one_in(8)) have(end - page_at(1 + chance(8)), end, 8 + 3 + NAIVE_GROWS_DOWN);
    for (size_t i = chance(5); i > 0; i--) {
        const uint64_t low = any_page();
        naive_word word = 8 + (naive_word)chance(8);
        if (trial.naive.era == NAIVE_MAPLE && one_in(4)) word |= NAIVE_SHADOW_STACK;
        have(low, low + page_at(1 + chance(12)), word);
    }
}

static uint64_t some_length(void) {
    switch (chance(16)) {
    case 0: return chance(3 * PAGE);
    case 1: return page_at(chance(trial.naive.pages + 4));
    case 2: return page_at(chance(trial.naive.pages / 2));
    case 3: return page_at(chance(64));
    default: return page_at(1 + chance(6));
    }
}

/* Next to something, for that is where rules end. */
static uint64_t some_edge(void) {
    struct naive_run run;
    if (!naive_next(&trial.naive, any_page(), &run)) return trial.naive.task_size;
    const uint64_t edge = one_in(2) ? run.low : run.high;
    const uint64_t away = page_at(chance(6));
    return one_in(2) && edge >= away ? edge - away : edge + away;
}

static uint64_t some_hint(void) {
    switch (chance(8)) {
    case 0: return any_page() + chance(PAGE);
    case 1: return trial.naive.task_size - page_at(chance(4));
    case 2: return trial.naive.window - page_at(chance(4)) + page_at(chance(4));
    case 3: return any_page();
    default: return some_edge();
    }
}

static bool has_noreplace(void) { return trial.naive.era > NAIVE_CACHE_TWICE; }

static struct naive_request some_request(void) {
    struct naive_request request = {.length = some_length()};
    const unsigned protection = (unsigned)chance(8);
    request.word = 8 + protection;
    if (protection & 4) request.flags |= NAIVE_EXECUTE;
    if (!one_in(3))
        request.hint = 0;
    else
        request.hint = some_hint();
    if (one_in(8)) {
        request.flags |= NAIVE_FIXED;
        request.hint = some_hint();
        if (has_noreplace() && one_in(2)) request.flags |= NAIVE_NOREPLACE;
    }
    if (trial.naive.pages > 0x80000 && !one_in(3)) request.flags |= NAIVE_32BIT;
    if (trial.naive.guard && one_in(10)) request.word |= NAIVE_GROWS_DOWN;
    request.random[0] = (uint32_t)chance(UINT32_MAX);
    request.random[1] = (uint32_t)chance(UINT32_MAX);
    return request;
}

static struct hp_layout_op op_of(const struct naive_request *request) {
    struct hp_layout_op op = peer_op(request);
    op.name = op.name_size = 0;
    op.request.object = HP_LAYOUT_ANONYMOUS;
    op.request.protection = request->word & 7;
    if (request->word & NAIVE_GROWS_DOWN) op.request.flags |= HP_LAYOUT_MAP_GROWS_DOWN;
    return op;
}

/* The model knows one of the answers that depend on what cannot be seen: it must be among those the
 * library gives, and both go on from it. */
static void settle(const struct naive_request *request, int64_t naive) {
    trial.sets++;
    same_number("verdict", HP_LAYOUT_HISTORY, trial.peer.answer.verdict);
    if (!hp_layout_holds(&trial.peer.answer, naive < 0 ? 0 : (uint64_t)naive,
                         naive < 0 ? (int)naive : 0))
        differ("not among the candidates", naive, (int64_t)trial.peer.answer.count);
    if (naive < 0) return;
    struct hp_layout_op op = op_of(request);
    op.request.address = (uint64_t)naive;
    op.request.flags |= HP_LAYOUT_MAP_FIXED;
    same_number("settled", naive, peer_apply(&trial.peer, &op));
}

static void call_map(void) {
    const struct naive_request request = some_request();
    const struct hp_layout_op op = op_of(&request);
    const int64_t naive = naive_map(&trial.naive, &request);
    const int64_t library = peer_apply(&trial.peer, &op);
    if (library == 1)
        settle(&request, naive);
    else
        same_number("mmap", naive, library);
}

static void call_unmap(void) {
    struct naive_run run = {any_page(), 0, 0};
    if (!one_in(4)) naive_next(&trial.naive, run.low, &run);
    const uint64_t at = one_in(3) ? run.low + page_at(chance(3)) : run.low;
    uint64_t length = run.high > at && one_in(2) ? run.high - at : page_at(1 + chance(4));
    if (one_in(16)) length = some_length();
    same_number("munmap", naive_unmap(&trial.naive, at, length),
                peer_unmap(&trial.peer, at, length));
}

static void call_brk(void) {
    uint64_t brk = trial.naive.brk + page_at(chance(12)) + chance(PAGE);
    if (one_in(3)) brk = trial.naive.heap + page_at(chance(8));
    if (one_in(16)) brk = any_page();
    same_number("brk", (int64_t)naive_brk(&trial.naive, brk, HEAP_WORD),
                peer_brk(&trial.peer, brk));
}

static void same_memory(void) {
    const struct naive *naive = &trial.naive;
    if (naive->era > NAIVE_CACHE_TWICE) return;
    const uint64_t mask = naive->kernel32 ? UINT32_MAX : UINT64_MAX;
    same_number("cache", (int64_t)naive->cache, (int64_t)trial.peer.layout.hidden.cache);
    same_number("hole", (int64_t)naive->hole, (int64_t)(trial.peer.layout.hidden.hole & mask));
}

static void same_mappings(void) {
    const struct hp_layout_map *map = &trial.peer.layout.map;
    struct naive_run run = {0, 0, 0};
    for (size_t i = 0; i < map->count; i++) {
        if (!naive_next(&trial.naive, run.high, &run)) differ("a mapping too many", 0, (int64_t)i);
        same_number("start of a mapping", (int64_t)run.low, (int64_t)map->mappings[i].low);
        same_number("end of a mapping", (int64_t)run.high, (int64_t)map->mappings[i].high);
    }
    if (naive_next(&trial.naive, run.high, &run)) differ("a mapping too few", (int64_t)run.low, 0);
}

static void note_rules(void) {
    for (size_t i = 0; i < trial.peer.answer.fired && i < PEER_STEPS; i++)
        trial.fired |= UINT64_C(1) << trial.peer.steps[i].rule;
}

static void play(const struct row *row) {
    trial.row = row;
    trial.began = seed;
    trial.call = 0;
    begin_process();
    peer_begin(&trial.peer, row->kernel, &trial.naive);
    if (!trial.naive.huge) trial.peer.layout.facts.has &= ~(uint32_t)HP_LAYOUT_HAS_THP;
    if (trial.without >= 0) trial.peer.layout.facts.without = UINT64_C(1) << trial.without;
    begin_mappings();
    for (; trial.call < CALLS; trial.call++, trial.calls++) {
        const uint64_t what = chance(16);
        if (what < 10)
            call_map();
        else if (what < 14)
            call_unmap();
        else
            call_brk();
        same_memory();
        note_rules();
    }
    same_mappings();
}

/* ---- All of them ----------------------------------------------------------------------------- */

static uint64_t scripts = 42000;
static int only = -1;

static const struct row *some_row(void) {
    if (only >= 0) return &rows[only];
    unsigned sum = 0;
    for (size_t i = 0; i < ROWS; i++) sum += rows[i].share;
    uint64_t ticket = chance(sum);
    size_t i = 0;
    while (ticket >= rows[i].share) ticket -= rows[i++].share;
    return &rows[i];
}

static void plays_the_same(void **state) {
    (void)state;
    trial.without = -1;
    for (uint64_t i = 0; i < scripts; i++) play(some_row());
    printf("%llu scripts, %llu calls, %llu of them among candidates\n", (unsigned long long)scripts,
           (unsigned long long)trial.calls, (unsigned long long)trial.sets);
}

/* Rules that say what is looked for, and change nothing; and one that counts for files with a hint,
 * which are not played here. */
static bool is_only_said(const char *rule) {
    static const char *const names[] = {"search-up", "search-down", "thp-hint"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(rule, names[i])) return true;
    return false;
}

static bool catches(int rule) {
    enum { ENOUGH = 40000 };
    trial.without = rule;
    if (setjmp(trial.caught)) return true;
    for (int i = 0; i < ENOUGH; i++) play(some_row());
    return false;
}

/* Each rule that these scripts ever reach is needed: without it they would not be the same. */
static void each_rule_counts(void **state) {
    (void)state;
    for (int rule = 0; hp_layout_rule_name(rule); rule++) {
        const char *name = hp_layout_rule_name(rule);
        if (!(trial.fired >> rule & 1) || is_only_said(name)) continue;
        if (!catches(rule)) fail_msg("nothing differs without the rule %s", name);
    }
}

int main(int count, char **arguments) {
    if (count > 1) scripts = strtoull(arguments[1], 0, 10);
    seed = count > 2 ? strtoull(arguments[2], 0, 10) : 0x5eed5eed5eed5eed;
    if (count > 3) only = atoi(arguments[3]);
    printf("seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {cmocka_unit_test(plays_the_same),
                                       cmocka_unit_test(each_rule_counts)};
    return cmocka_run_group_tests(tests, 0, 0);
}
