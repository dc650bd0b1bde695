/* SPDX-License-Identifier: MIT */
/* The command's verify alone, as a static program: a machine without libraries can run it. */
#include "../../tool/layout/verify.h"
#include "../../tool/tool.h"

/* verify [OPTION...], as the command itself is called. */
int main(int count, char **arguments) {
    return count > 1 ? verify_main(count - 1, arguments + 1) : EXIT_USAGE;
}
