/* SPDX-License-Identifier: MIT */
/* What every test includes: cmocka, the opened table, and a skip that says why. */
#ifndef HP_TEST_H
#define HP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hardpan.h>

#include "open.h"

#define SKIP_STATUS 77

/* Ends the whole test program: a skip is a property of the machine, and the list of expected skips
 * names it. */
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        printf("SKIP: %s\n", reason);                                                              \
        exit(SKIP_STATUS);                                                                         \
    } while (0)

#endif
