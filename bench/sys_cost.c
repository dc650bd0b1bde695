/* SPDX-License-Identifier: MIT */
/* What a wrapper costs over the bare instruction, and the clock over the C library's. The subjects
 * take turns within a round, each round begins with another, and a ratio is made of one round's
 * figures: what else the machine does meets all of them. Medians of the rounds are printed. */
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "syscall.h"

enum { ROUNDS = 61, CALLS = 10000 };

static volatile long sink;

static double seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void bare(void) {
    for (int i = 0; i < CALLS; i++) sink = arch_call0(SYS_getppid);
}
static void wrapper(void) {
    for (int i = 0; i < CALLS; i++) sink = hp_sys_getppid();
}
static void by_number(void) {
    for (int i = 0; i < CALLS; i++) sink = hp_sys_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
}
static void library(void) {
    for (int i = 0; i < CALLS; i++) sink = syscall(SYS_getppid);
}
static void clock_ours(void) {
    for (int i = 0; i < CALLS; i++) sink = (long)hp_sys_now();
}
static void clock_theirs(void) {
    struct timespec time;
    for (int i = 0; i < CALLS; i++) {
        clock_gettime(CLOCK_MONOTONIC, &time);
        sink = (long)((int64_t)time.tv_sec * 1000000000 + time.tv_nsec);
    }
}

static struct subject {
    const char *name;
    void (*run)(void);
    int peer; /* index of what it is compared with */
    double time[ROUNDS];
} subjects[] = {
    {"getppid, the instruction", bare, 0, {0}},     {"getppid, hp_sys_getppid", wrapper, 0, {0}},
    {"getppid, hp_sys_call", by_number, 0, {0}},    {"getppid, libc's syscall()", library, 0, {0}},
    {"clock, clock_gettime", clock_theirs, 4, {0}}, {"clock, hp_sys_now", clock_ours, 4, {0}},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void measure(int round) {
    for (int i = 0; i < SUBJECTS; i++) {
        struct subject *subject = &subjects[(i + round) % SUBJECTS];
        const double before = seconds();
        subject->run();
        subject->time[round] = (seconds() - before) / CALLS * 1e9;
    }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

/* Ratios first: the median sorts the times. */
static void report(void) {
    double ratio[SUBJECTS];
    for (int i = 0; i < SUBJECTS; i++) {
        double each[ROUNDS];
        for (int round = 0; round < ROUNDS; round++)
            each[round] = subjects[i].time[round] / subjects[subjects[i].peer].time[round];
        ratio[i] = median(each);
    }
    printf("%-28s %9s %7s\n", "sys, one call", "ns", "ratio");
    for (int i = 0; i < SUBJECTS; i++)
        printf("%-28s %9.1f %7.3f\n", subjects[i].name, median(subjects[i].time), ratio[i]);
}

int main(void) {
    struct hp_sys_totals totals;
    for (int i = 0; i < SUBJECTS; i++) subjects[i].run();
    for (int round = 0; round < ROUNDS; round++) measure(round);
    report();
    hp_sys_stats(&totals);
    if (totals.clock_calls) printf("the clock is a call here: no vDSO answers\n");
    return 0;
}
