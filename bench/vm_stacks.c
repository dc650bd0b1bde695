/* SPDX-License-Identifier: MIT */
/* Guarded stacks by the million, beside those whose guards are mprotect's for as long as the kernel
 * has mappings for them: made, one page of each touched, released. Then one stack taken and given
 * back beside one mapped and unmapped, and hot tops with colours beside hot tops without.
 *   vm_stacks [COUNT]    4.3 GiB for a million; fewer where less than 6 GiB are free */
#include <hardpan.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

enum { STACK = 64 << 10, GUARD = 4 << 10, STRIDE = STACK + GUARD, CALLS = 10000, HOT = 512 };

static int mappings(void) {
    FILE *file = fopen("/proc/self/maps", "re");
    int lines = 0;
    for (int c; file && (c = getc(file)) != EOF;) lines += c == '\n';
    if (file) fclose(file);
    return lines;
}

static size_t available(void) {
    FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long kib = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %lu", &kib) == 1) break;
    if (file) fclose(file);
    return (size_t)kib << 10;
}

struct figures {
    size_t count;
    int mappings;
    double make, touch, release; /* nanoseconds for one */
    int answer;                  /* what ended the making */
};

static void print(const char *name, const struct figures *of) {
    printf("%-28s %9zu stacks in %5d mappings, ns each: made %6.0f, touched %6.0f, released %6.0f",
           name, of->count, of->mappings, of->make, of->touch, of->release);
    if (of->answer < 0) printf("; then %s", hp_error_name(of->answer));
    printf("\n");
}

/* ---- hardpan's ---- */

static void ours(size_t count, unsigned lacks) {
    struct hp_stack *stacks = calloc(count, sizeof *stacks);
    const struct hp_stack_request request = {.size = STACK};
    struct hp_stack_pool pool;
    struct figures of = {0};
    hp_vm_force(lacks);
    hp_stack_open(&pool, &request);
    const int before = mappings();
    double start = bench_now();
    while (of.count < count && (of.answer = hp_stack_take(&pool, &stacks[of.count])) == 0)
        of.count++;
    of.make = (bench_now() - start) / (double)of.count;
    of.mappings = mappings() - before;
    start = bench_now();
    for (size_t i = 0; i < of.count; i++) stacks[i].low[stacks[i].size - 1] = 1;
    of.touch = (bench_now() - start) / (double)of.count;
    start = bench_now();
    for (size_t i = 0; i < of.count; i++) hp_stack_give(&pool, &stacks[i]);
    hp_stack_close(&pool);
    of.release = (bench_now() - start) / (double)of.count;
    print(lacks ? "hp_stack, kernel lacks guards" : "hp_stack", &of);
    hp_vm_force(0);
    free(stacks);
}

/* ---- mprotect's: one mapping for all, a guard cut into it for each ---- */

static void theirs(size_t count) {
    struct figures of = {0};
    const int before = mappings();
    unsigned char *base = mmap(0, count * STRIDE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (base == MAP_FAILED) return;
    madvise(base, count * STRIDE, MADV_NOHUGEPAGE);
    double start = bench_now();
    while (of.count < count && !of.answer) {
        of.answer = hp_sys_mprotect(base + of.count * STRIDE, GUARD, PROT_NONE);
        of.count += of.answer == 0;
    }
    of.make = (bench_now() - start) / (double)of.count;
    of.mappings = mappings() - before;
    start = bench_now();
    for (size_t i = 0; i < of.count; i++) base[(i + 1) * STRIDE - 1] = 1;
    of.touch = (bench_now() - start) / (double)of.count;
    start = bench_now();
    munmap(base, count * STRIDE);
    of.release = (bench_now() - start) / (double)of.count;
    print("mprotect guards", &of);
}

/* ---- One at a time ---- */

static struct hp_stack_pool cache;

static double one_theirs(void) {
    const double start = bench_now();
    for (int i = 0; i < CALLS; i++) {
        unsigned char *at =
            mmap(0, STRIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (at == MAP_FAILED || mprotect(at, GUARD, PROT_NONE)) return 0;
        *(volatile unsigned char *)(at + STRIDE - 1) = 1;
        munmap(at, STRIDE);
    }
    return (bench_now() - start) / CALLS;
}

static double one_ours(void) {
    struct hp_stack stack;
    const double start = bench_now();
    for (int i = 0; i < CALLS; i++) {
        if (hp_stack_take(&cache, &stack) < 0) return 0;
        *(volatile unsigned char *)(stack.low + stack.size - 1) = 1;
        hp_stack_give(&cache, &stack);
    }
    return (bench_now() - start) / CALLS;
}

/* ---- Colours: 256 bytes at the top of each of 512 stacks, in turn ---- */

static double hot(unsigned colours) {
    const struct hp_stack_request request = {.size = STACK, .colours = colours};
    static struct hp_stack stacks[HOT];
    struct hp_stack_pool pool;
    hp_stack_open(&pool, &request);
    for (size_t i = 0; i < HOT; i++) hp_stack_take(&pool, &stacks[i]);
    for (size_t i = 0; i < HOT; i++) memset(stacks[i].low + stacks[i].size - 256, 1, 256);
    const double start = bench_now();
    for (int turn = 0; turn < 20; turn++)
        for (size_t i = 0; i < HOT; i++) {
            volatile uint64_t *top = (uint64_t *)(stacks[i].low + stacks[i].size - 256);
            for (int k = 0; k < 32; k += 8) top[k] = top[k] + 1;
        }
    const double time = bench_now() - start;
    for (size_t i = 0; i < HOT; i++) hp_stack_give(&pool, &stacks[i]);
    hp_stack_close(&pool);
    return time / 20 / HOT;
}

static double plain(void) { return hot(1); }
static double coloured(void) { return hot(0); }

static const struct bench pairs[] = {
    {"a stack, by mmap, mprotect and munmap", one_theirs, one_ours, 0.1, 0},
    {"256 hot bytes on 512 stacks, not coloured", plain, coloured, 1, 0},
};

int main(int count, char **arguments) {
    const struct hp_stack_request request = {.size = STACK};
    size_t stacks = count > 1 ? strtoull(arguments[1], 0, 0) : 1000000;
    const size_t memory = available(), needed = (size_t)6 << 30;
    if (memory < needed) {
        stacks = (size_t)((double)stacks * ((double)memory / 2) / (double)needed);
        printf("%zu MiB are free: %zu stacks\n", memory >> 20, stacks);
    }
    ours(stacks, 0);
    theirs(stacks);
    ours(stacks, HP_VM_HAS_GUARD);
    bench_head("vm, a stack beside another");
    hp_stack_open(&cache, &request);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) bench_run(&pairs[i]);
    return hp_stack_close(&cache) == 0 ? 0 : 1;
}
