/* SPDX-License-Identifier: MIT */
/* Two ways to do one thing, by turns: each round runs both, every other round in the other order,
 * and a ratio is made of one round's two figures, so that what else the machine does meets both.
 * What is printed are medians of the rounds. */
#ifndef HP_BENCH_H
#define HP_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_ROUNDS = 61 };

/* Runs once and answers nanoseconds for one operation; what it prepares it does not time. */
typedef double bench_function(void);

struct bench {
    const char *name;
    bench_function *theirs, *ours;
    double ratio;   /* ours / theirs at most this; 0: not judged by it */
    double surplus; /* or ours - theirs at most this many nanoseconds */
};

static inline double bench_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline int bench_ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_median(double *values) {
    qsort(values, BENCH_ROUNDS, sizeof *values, bench_ascending);
    return values[BENCH_ROUNDS / 2];
}

static inline void bench_head(const char *title) {
    printf("%-44s %10s %10s %7s %8s\n", title, "peer ns", "hardpan ns", "ratio", "surplus");
}

static inline void bench_run(const struct bench *bench) {
    static double theirs[BENCH_ROUNDS], ours[BENCH_ROUNDS], ratio[BENCH_ROUNDS], more[BENCH_ROUNDS];
    bench->theirs();
    bench->ours();
    for (int i = 0; i < BENCH_ROUNDS; i++) {
        if (i & 1) ours[i] = bench->ours();
        theirs[i] = bench->theirs();
        if (!(i & 1)) ours[i] = bench->ours();
        ratio[i] = ours[i] / theirs[i];
        more[i] = ours[i] - theirs[i];
    }
    const double middle = bench_median(ratio), surplus = bench_median(more);
    const char *verdict =
        !bench->ratio && !bench->surplus ? ""
        : (bench->ratio && middle <= bench->ratio) || (bench->surplus && surplus <= bench->surplus)
            ? "PASS"
            : "over";
    printf("%-44s %10.1f %10.1f %7.3f %+8.1f %s\n", bench->name, bench_median(theirs),
           bench_median(ours), middle, surplus, verdict);
}

#endif
