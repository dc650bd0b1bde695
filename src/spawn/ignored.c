/* SPDX-License-Identifier: MIT */
/* What this process ignores, asked once instead of reset in each child. */
#include "child.h"
#include "spawn.h"

uint64_t hp_spawn_ignored(void) {
    uint64_t ignored = 0;
    for (int signal = 1; signal <= CHILD_SIGNALS; signal++) {
        struct hp_disposition now = {.handler = HP_DISPOSITION_DEFAULT};
        const int answer = hp_sys_sigaction(signal, 0, &now);
        if (answer < 0 || now.handler == HP_DISPOSITION_IGNORED) ignored |= hp_plan_bit(signal);
    }
    return ignored;
}
