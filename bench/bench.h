/* SPDX-License-Identifier: MIT */
/* Two ways to do one thing, by turns: each round runs both, every other round in the other order,
 * and a ratio is made of one round's two figures, so that what else the machine does meets both.
 * Short rounds, and many: what is printed are medians. */
#ifndef HP_BENCH_H
#define HP_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* As many rounds as half a second has room for, within these bounds. */
enum { BENCH_ROUNDS_LEAST = 61, BENCH_ROUNDS_MOST = 4001 };
#define BENCH_NANOSECONDS 5e8

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

static inline double bench_median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, bench_ascending);
    return values[count / 2];
}

static inline void bench_head(const char *title) {
    printf("%-44s %10s %10s %7s %8s\n", title, "peer ns", "hardpan ns", "ratio", "surplus");
}

static inline void bench_print(const struct bench *bench, double theirs, double ours, double ratio,
                               double surplus) {
    const char *verdict =
        !bench->ratio && !bench->surplus ? ""
        : (bench->ratio && ratio <= bench->ratio) || (bench->surplus && surplus <= bench->surplus)
            ? "PASS"
            : "over";
    printf("%-44s %10.1f %10.1f %7.3f %+8.1f %s\n", bench->name, theirs, ours, ratio, surplus,
           verdict);
    fflush(stdout);
}

static inline void bench_run(const struct bench *bench) {
    static double theirs[BENCH_ROUNDS_MOST], ours[BENCH_ROUNDS_MOST], ratio[BENCH_ROUNDS_MOST],
        more[BENCH_ROUNDS_MOST];
    bench->theirs();
    bench->ours();
    const double until = bench_now() + BENCH_NANOSECONDS;
    int i = 0;
    for (; i < BENCH_ROUNDS_LEAST || (i < BENCH_ROUNDS_MOST && bench_now() < until); i++) {
        if (i & 1) ours[i] = bench->ours();
        theirs[i] = bench->theirs();
        if (!(i & 1)) ours[i] = bench->ours();
        ratio[i] = ours[i] / theirs[i];
        more[i] = ours[i] - theirs[i];
    }
    bench_print(bench, bench_median(theirs, i), bench_median(ours, i), bench_median(ratio, i),
                bench_median(more, i));
}

#endif
