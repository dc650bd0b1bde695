/* SPDX-License-Identifier: MIT */
/* The worker of `hardpan verify` for a machine of 32 bits, as a static program: the layouts of
 * 32-bit tasks are those of such a task, and this kernel has no loader of 32 bits. */
#include "../../tool.h"
#include "../worker.h"

/* verify --worker CALLS SEED WITHOUT, as the command itself is called. */
int main(int count, char **arguments) {
    return count > 2 ? worker_main(count - 2, arguments + 2) : EXIT_USAGE;
}
