/* SPDX-License-Identifier: MIT */
/* A parent that starts children when it is asked to, and says how long one took: a process of its
 * own, so that one with 2 GiB and one with 10 MiB, or one of another language, take turns. A byte
 * in says what is measured, eight bytes out are nanoseconds as a double. */
#ifndef HP_SPAWN_PARENT_H
#define HP_SPAWN_PARENT_H

#include <unistd.h>

#include "bench.h"

/* The median of these is an answer. */
enum { STARTS = 9 };

/* Ends when nobody asks any more. */
static inline void parent_serve(int asked, int answered, double (*once)(char what)) {
    char what;
    while (read(asked, &what, 1) == 1) {
        double took[STARTS];
        for (int i = 0; i < STARTS; i++) took[i] = once(what);
        const double answer = bench_median(took, STARTS);
        if (write(answered, &answer, sizeof answer) != sizeof answer) break;
    }
}

#endif
