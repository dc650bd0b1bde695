/* SPDX-License-Identifier: MIT */
/* The few words of cmocka that our tests use, for targets Debian has no cmocka for: i386 programs,
 * and the static ones that run as the whole payload of another kernel. Chosen by include path, so
 * the tests are the same source. One failed assertion ends its test, never the run. */
#ifndef SMALL_CMOCKA_H
#define SMALL_CMOCKA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void small_test(void **state);
typedef int small_hook(void **state);

struct CMUnitTest {
    const char *name;
    small_test *test;
    small_hook *setup, *teardown;
};

#define cmocka_unit_test(f)                                                                        \
    { #f, f, 0, 0 }
#define cmocka_unit_test_setup(f, s)                                                               \
    { #f, f, s, 0 }
#define cmocka_unit_test_teardown(f, t)                                                            \
    { #f, f, 0, t }
#define cmocka_unit_test_setup_teardown(f, s, t)                                                   \
    { #f, f, s, t }

enum small_end { SMALL_FAILED = 1, SMALL_SKIPPED };
static jmp_buf small_way_out;

__attribute__((format(printf, 1, 2))) static inline void print_message(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}
#define print_error print_message

__attribute__((noreturn)) static inline void small_fail(const char *file, int line) {
    printf("%s:%d: error: failure\n", file, line);
    longjmp(small_way_out, SMALL_FAILED);
}

__attribute__((noreturn)) static inline void small_skip(void) {
    longjmp(small_way_out, SMALL_SKIPPED);
}

static inline void small_compare(long long a, long long b, bool wanted, const char *text,
                                 const char *file, int line) {
    if ((a == b) == wanted) return;
    printf("%s: %lld (%#llx) %s %lld (%#llx)\n", text, a, (unsigned long long)a,
           wanted ? "is not" : "is", b, (unsigned long long)b);
    small_fail(file, line);
}

static inline void small_true(bool holds, const char *text, const char *file, int line) {
    if (holds) return;
    printf("not so: %s\n", text);
    small_fail(file, line);
}

static inline void small_in_range(unsigned long long value, unsigned long long low,
                                  unsigned long long high, const char *text, const char *file,
                                  int line) {
    if (value >= low && value <= high) return;
    printf("%s: %llu (%#llx) is not within %llu and %llu\n", text, value, value, low, high);
    small_fail(file, line);
}

static inline void small_string(const char *a, const char *b, const char *file, int line) {
    if (strcmp(a, b) == 0) return;
    printf("\"%s\" is not \"%s\"\n", a, b);
    small_fail(file, line);
}

#define SMALL_WHERE __FILE__, __LINE__
#define assert_true(c) small_true(!!(c), #c, SMALL_WHERE)
#define assert_false(c) small_true(!(c), "not: " #c, SMALL_WHERE)
#define assert_non_null(p) small_true((p) != 0, #p, SMALL_WHERE)
#define assert_null(p) small_true((p) == 0, "null: " #p, SMALL_WHERE)
#define assert_int_equal(a, b) small_compare((long long)(a), (long long)(b), true, #a, SMALL_WHERE)
#define assert_int_not_equal(a, b)                                                                 \
    small_compare((long long)(a), (long long)(b), false, #a, SMALL_WHERE)
#define assert_ptr_equal(a, b) small_true((const void *)(a) == (const void *)(b), #a, SMALL_WHERE)
#define assert_string_equal(a, b) small_string(a, b, SMALL_WHERE)
#define assert_memory_equal(a, b, n)                                                               \
    small_true(memcmp(a, b, n) == 0, "same bytes: " #a, SMALL_WHERE)
#define assert_in_range(v, l, h)                                                                   \
    small_in_range((unsigned long long)(v), (unsigned long long)(l), (unsigned long long)(h), #v,  \
                   SMALL_WHERE)
#define fail() small_fail(SMALL_WHERE)
#define fail_msg(...) (printf(__VA_ARGS__), printf("\n"), small_fail(SMALL_WHERE))
#define skip() small_skip()

static inline int small_run(const struct CMUnitTest *test) {
    void *state = 0;
    printf("[ RUN      ] %s\n", test->name);
    volatile int end = test->setup ? test->setup(&state) : 0;
    if (end == 0) {
        end = setjmp(small_way_out);
        if (end == 0) test->test(&state);
    }
    if (test->teardown && test->teardown(&state) != 0) end = SMALL_FAILED;
    printf("[ %s ] %s\n",
           end == 0               ? "      OK"
           : end == SMALL_SKIPPED ? " SKIPPED"
                                  : " FAILED ",
           test->name);
    fflush(stdout);
    return end;
}

static inline int small_run_all(const struct CMUnitTest *tests, size_t count, small_hook *setup,
                                small_hook *teardown) {
    int failed = 0;
    void *state = 0;
    if (setup && setup(&state) != 0) return 1;
    for (size_t i = 0; i < count; i++) {
        const int end = small_run(&tests[i]);
        failed += end != 0 && end != SMALL_SKIPPED;
    }
    if (teardown && teardown(&state) != 0) failed++;
    printf("%d of %u tests failed\n", failed, (unsigned)count);
    return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    small_run_all(tests, sizeof(tests) / sizeof *(tests), setup, teardown)

#endif
