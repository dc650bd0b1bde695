/* SPDX-License-Identifier: MIT */
/* The table as the public header shows it, and calls by number. */
#include "enter.h"

const struct hp_call_row *hp_sys_call_row(size_t index) {
    return index < HP_CALL_COUNT ? &hp_call_rows[index] : 0;
}

const char *hp_sys_eintr_name(int eintr) {
    static const char *const names[] = {"none",     "retry",      "never",
                                        "deadline", "background", "nochanges"};
    return eintr >= 0 && (size_t)eintr < HP_COUNT(names) ? names[eintr] : 0;
}

const char *hp_sys_door(void) { return HP_DOOR_NAME; }

long hp_sys_call(long number, long a, long b, long c, long d, long e, long f) {
    const long all[6] = {a, b, c, d, e, f};
    return door_observe(&number, all);
}

long hp_sys_observe(long *number, const long arguments[6]) {
    return door_observe(number, arguments);
}
