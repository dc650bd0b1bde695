/* SPDX-License-Identifier: MIT */
/* For tests that need no package, so that they build for every target there is a compiler for: a
 * check that says where and what, and counts. */
#ifndef PLAIN_H
#define PLAIN_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <hardpan.h>

static unsigned plain_checks, plain_failures;

static inline void plain_equal(long long found, long long wanted, const char *what, int line) {
    plain_checks++;
    if (found == wanted) return;
    plain_failures++;
    printf("line %d: %s is %lld, not %lld\n", line, what, found, wanted);
}

#define EQUAL(found, wanted) plain_equal((long long)(found), (long long)(wanted), #found, __LINE__)
#define TRUE(condition) EQUAL(!!(condition), 1)

static inline int plain_end(void) {
    printf("%u checks, %u failed\n", plain_checks, plain_failures);
    return plain_failures || !plain_checks;
}

#endif
