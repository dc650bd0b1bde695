/* SPDX-License-Identifier: MIT */
/* Names and texts of errors: every number that has one, both signs, and the words are our own. */
#include "hp_test.h"

#include <strings.h>

enum { BEYOND = 6000, TEXT_MAX = 80 };

static void both_signs_name_the_same_error(void **state) {
    (void)state;
    assert_string_equal(hp_error_name(ENOMEM), "ENOMEM");
    for (int number = 1; number < 4096; number++) {
        assert_ptr_equal(hp_error_name(number), hp_error_name(-number));
        assert_ptr_equal(hp_error_text(number), hp_error_text(-number));
    }
}

static void codes_of_our_own_have_a_name_and_a_text(void **state) {
    (void)state;
    assert_string_equal(hp_error_name(HP_ELOST), "HP_ELOST");
    assert_string_equal(hp_error_name(HP_EELSEWHERE), "HP_EELSEWHERE");
    assert_non_null(strstr(hp_error_text(HP_ELOST), "no longer mapped"));
    assert_non_null(strstr(hp_error_text(HP_EELSEWHERE), "not at the address"));
    assert_null(hp_error_name(-HP_ELOST)); /* +5001 is a count, not a code */
}

static void unknown_numbers_have_neither(void **state) {
    (void)state;
    const int unknown[] = {0,    41,    58,    134,   511,       4095,
                           4096, -4096, -5000, -5003, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < HP_COUNT(unknown); i++) {
        assert_null(hp_error_name(unknown[i]));
        assert_null(hp_error_text(unknown[i]));
    }
}

static void check_text(const char *name, const char *text) {
    const size_t length = strlen(text);
    if (length < 10 || length > TEXT_MAX) fail_msg("%s: a text of %zu bytes", name, length);
    if (text[length - 1] == '.') fail_msg("%s: ends in a full stop", name);
    if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a')
        fail_msg("%s: begins with a capital", name);
    if (!strcmp(text, name)) fail_msg("%s: the name is no text", name);
}

static void texts_are_short_sentences(void **state) {
    (void)state;
    unsigned seen = 0;
    for (int code = -BEYOND; code < 0; code++) {
        if (!hp_error_name(code)) continue;
        check_text(hp_error_name(code), hp_error_text(code));
        seen++;
    }
    assert_in_range(seen, 90, 160);
}

static void no_text_stands_for_two_errors(void **state) {
    (void)state;
    for (int a = -BEYOND; a < 0; a++)
        for (int b = a + 1; hp_error_text(a) && b < 0; b++)
            if (hp_error_text(b) && !strcmp(hp_error_text(a), hp_error_text(b)))
                fail_msg("%s and %s have one text", hp_error_name(a), hp_error_name(b));
}

static void texts_are_our_own(void **state) {
    (void)state;
    for (int number = 1; number < 4096; number++)
        if (hp_error_text(number) && !strcasecmp(hp_error_text(number), strerror(number)))
            fail_msg("%s has the text of strerror", hp_error_name(number));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_signs_name_the_same_error),
        cmocka_unit_test(codes_of_our_own_have_a_name_and_a_text),
        cmocka_unit_test(unknown_numbers_have_neither),
        cmocka_unit_test(texts_are_short_sentences),
        cmocka_unit_test(no_text_stands_for_two_errors),
        cmocka_unit_test(texts_are_our_own),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
