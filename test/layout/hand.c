/* SPDX-License-Identifier: MIT */
/* The cases worked by hand, played on the naive model and on the library: both must answer as the
 * working says. */
#include "hand_play.h"

#define PLAYS(group)                                                                               \
    static void plays_##group(void **state) {                                                      \
        (void)state;                                                                               \
        for (size_t i = 0; i < group##_count; i++) {                                               \
            play_naive(&group[i]);                                                                 \
            play_peer(&group[i]);                                                                  \
        }                                                                                          \
    }
PLAYS(hand_up)
PLAYS(hand_down)
PLAYS(hand_wide)
PLAYS(hand_shield)
PLAYS(hand_gaps)

static void there_are_sixty(void **state) {
    (void)state;
    assert_true(hand_up_count + hand_down_count + hand_wide_count + hand_shield_count +
                    hand_gaps_count >=
                60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_hand_up),   cmocka_unit_test(plays_hand_down),
        cmocka_unit_test(plays_hand_wide), cmocka_unit_test(plays_hand_shield),
        cmocka_unit_test(plays_hand_gaps), cmocka_unit_test(there_are_sixty),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
