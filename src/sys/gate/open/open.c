/* SPDX-License-Identifier: MIT */
/* The gate that a test can stand at: what its rules say becomes of a call, or else the call is
 * made. */
#include "open.h"

#include "door.h"
#include "error.h"
#include "gate.h"
#include "stats.h"
#include "written.h"

struct rule {
    open_function *function;
    const char *script; /* what is left of it */
    unsigned count;     /* atomic */
    unsigned fail_at;   /* 0: never */
    int error;
    bool onwards;
    bool armed; /* atomic; the rest above is under the lock */
};

static struct rule rules[HP_CALL_COUNT + 1]; /* the last is OPEN_EVERY */
static unsigned struck;
static int lock;

static void acquire(void) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) {}
}
static void let_go(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

static const char *word_end(const char *word) {
    while (*word && *word != ' ' && *word != '*') word++;
    return word;
}

static bool word_is(const char *word, const char *end, const char *name) {
    while (word < end && *name && *word == *name) word++, name++;
    return word == end && !*name;
}

/* The errno of a word, 0 for "ok", 1 << 16 for "lie", -1 for no word that is known. */
enum { LIE = 1 << 16 };
static int outcome(const char *word, const char *end) {
    if (word_is(word, end, "ok")) return 0;
    if (word_is(word, end, "lie")) return LIE;
    for (int number = 1; number <= HP_ERRNO_MAX; number++) {
        const char *name = hp_error_name(number);
        if (name && word_is(word, end, name)) return number;
    }
    return -1;
}

static int next_outcome(struct rule *rule) {
    const char *end = word_end(rule->script);
    const int found = outcome(rule->script, end);
    if (*end == '*') return found;
    while (*end == ' ') end++;
    rule->script = *end ? end : 0;
    return found;
}

static unsigned count(struct rule *rule) {
    return __atomic_add_fetch(&rule->count, 1, __ATOMIC_RELAXED);
}

/* 0: make the call. */
static int consult(struct rule *rule) {
    const unsigned n = count(rule);
    if (rule->fail_at && (n == rule->fail_at || (rule->onwards && n > rule->fail_at)))
        return rule->error;
    return rule->script ? next_outcome(rule) : 0;
}

/* True: make the call. A function of the test's stands for it as well. */
static bool is_let(enum hp_call call, const long all[6], long *answer) {
    acquire();
    const int every = consult(&rules[OPEN_EVERY]), own = consult(&rules[call]);
    open_function *function = rules[call].function;
    const int error = own ? own : every;
    if (error || function) __atomic_fetch_add(&struck, 1, __ATOMIC_RELAXED);
    let_go();
    *answer = error == LIE ? 0 : -error;
    if (!error && function) *answer = function(all);
    return !error && !function;
}

long open_real(enum hp_call call, const long a[6]) {
    const long answer = door_enter(call, a[0], a[1], a[2], a[3], a[4], a[5]);
    written_tell(call, a, answer);
    return answer;
}

static bool armed(enum hp_call call) {
    return __atomic_load_n(&rules[call].armed, __ATOMIC_ACQUIRE) ||
           __atomic_load_n(&rules[OPEN_EVERY].armed, __ATOMIC_ACQUIRE);
}

static void arm(enum hp_call call) { __atomic_store_n(&rules[call].armed, true, __ATOMIC_RELEASE); }

static long by_the_rules(enum hp_call call, const long all[6]) {
    long answer;
    return is_let(call, all, &answer) ? open_real(call, all) : answer;
}

/* A call without a rule takes no lock: a signal handler, or the child of a fork, may come through
 * while somebody holds it. */
long gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    const long all[6] = {a, b, c, d, e, f};
    if (armed(call)) return by_the_rules(call, all);
    count(&rules[OPEN_EVERY]);
    count(&rules[call]);
    return open_real(call, all);
}

bool gate_lets(enum hp_call call, const long a[6], long *answer) {
    if (armed(call)) return is_let(call, a, answer);
    count(&rules[OPEN_EVERY]);
    count(&rules[call]);
    return true;
}

void open_replace(enum hp_call call, open_function *function) {
    acquire();
    rules[call].function = function;
    arm(call);
    let_go();
}

void open_fail(enum hp_call call, unsigned n, int error, bool onwards) {
    acquire();
    arm(call);
    rules[call].fail_at = __atomic_load_n(&rules[call].count, __ATOMIC_RELAXED) + n;
    rules[call].error = error;
    rules[call].onwards = onwards;
    let_go();
}

bool open_script(enum hp_call call, const char *words) {
    for (const char *word = words; *word;) {
        const char *end = word_end(word);
        if (outcome(word, end) < 0) return false;
        while (*end == ' ' || *end == '*') end++;
        word = end;
    }
    acquire();
    rules[call].script = *words ? words : 0;
    arm(call);
    let_go();
    return true;
}

unsigned open_count(enum hp_call call) {
    return __atomic_load_n(&rules[call].count, __ATOMIC_RELAXED);
}

unsigned open_struck(void) { return __atomic_load_n(&struck, __ATOMIC_RELAXED); }

static void clear(struct rule *rule) {
    rule->function = 0;
    rule->script = 0;
    rule->fail_at = 0;
    __atomic_store_n(&rule->count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&rule->armed, false, __ATOMIC_RELEASE);
}

void open_reset(void) {
    acquire();
    for (size_t i = 0; i < HP_COUNT(rules); i++) clear(&rules[i]);
    __atomic_store_n(&struck, 0, __ATOMIC_RELAXED);
    let_go();
    hp_sys_forget();
}

enum hp_call open_call(const char *name) {
    for (int i = 0; i < HP_CALL_COUNT; i++) {
        const char *row = hp_call_rows[i].name;
        const char *end = row;
        while (*end) end++;
        if (word_is(row, end, name)) return (enum hp_call)i;
    }
    return OPEN_EVERY;
}
