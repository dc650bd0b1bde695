/* SPDX-License-Identifier: MIT */
/* The table of calls and the names of errors, as the target numbers them: its C library's <errno.h>
 * is the second opinion. */
#include "plain.h"

#include <errno.h>

static void named(int number, const char *name) {
    TRUE(hp_error_name(number) && strcmp(hp_error_name(number), name) == 0);
    TRUE(hp_error_name(-number) == hp_error_name(number));
    TRUE(hp_error_text(number) && *hp_error_text(number));
}

static void rows(void) {
    size_t n = 0;
    for (const struct hp_call_row *row; (row = hp_sys_call_row(n)); n++) {
        TRUE(row->name && *row->name);
        TRUE(row->number >= -1 && row->registers <= 6);
        TRUE(hp_sys_eintr_name(row->eintr));
    }
    TRUE(n > 50);
    TRUE(!hp_sys_call_row(n));
}

int main(void) {
    named(ENOMEM, "ENOMEM");
    named(EAGAIN, "EAGAIN");
    named(ENOSYS, "ENOSYS");
    named(EDEADLK, "EDEADLK");
    named(ENAMETOOLONG, "ENAMETOOLONG");
    named(ETIMEDOUT, "ETIMEDOUT");
    TRUE(strcmp(hp_error_name(HP_ELOST), "HP_ELOST") == 0);
    TRUE(!hp_error_name(4000));
    rows();
    return plain_end();
}
