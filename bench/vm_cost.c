/* SPDX-License-Identifier: MIT */
/* The verbs of hardpan/vm.h beside the bare system calls they are made of, and beside what others
 * do in their place. A wrapper may cost 30 ns or 5 % a call, whichever is more. */
#include <fcntl.h>
#include <hardpan.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "syscall.h"

enum { CALLS = 128, RUNS = 256, STEP = 64 << 10, PAGE = 4096, PAGES = 4096 };
enum { GUARD_INSTALL = 102, GUARD_REMOVE = 103, FREE = 8 };
#define SIZE ((size_t)RUNS * STEP)
#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static struct hp_vm_region region; /* Ready, and nothing touched between two rounds */
static struct hp_vm_view view;
static volatile long sink;

#define PER_CALL(statement)                                                                        \
    const double start = bench_now();                                                              \
    for (long i = 0; i < CALLS; i++) statement;                                                    \
    return (bench_now() - start) / CALLS

/* ---- Wrappers ---- */

static long map(size_t size) {
    return arch_call6(SYS_mmap, 0, (long)size, PROT_NONE, RESERVED, -1, 0);
}

static struct hp_vm_region regions[CALLS];
static long theirs[CALLS];

static double reserve_theirs(void) {
    const double start = bench_now();
    for (long i = 0; i < CALLS; i++) theirs[i] = map(1 << 20);
    const double time = bench_now() - start;
    for (long i = 0; i < CALLS; i++) arch_call2(SYS_munmap, theirs[i], 1 << 20);
    return time / CALLS;
}
static double reserve_ours(void) {
    const double start = bench_now();
    for (long i = 0; i < CALLS; i++) {
        const struct hp_vm_request request = {.size = 1 << 20};
        sink = hp_vm_reserve(&request, &regions[i]);
    }
    const double time = bench_now() - start;
    for (long i = 0; i < CALLS; i++) hp_vm_release(&regions[i]);
    return time / CALLS;
}
static double release_theirs(void) {
    for (long i = 0; i < CALLS; i++) theirs[i] = map(1 << 20);
    PER_CALL(sink = arch_call2(SYS_munmap, theirs[i], 1 << 20));
}
static double release_ours(void) {
    const struct hp_vm_request request = {.size = 1 << 20};
    for (long i = 0; i < CALLS; i++) hp_vm_reserve(&request, &regions[i]);
    PER_CALL(sink = hp_vm_release(&regions[i]));
}

/* A frontier: each commit is the next 64 KiB. */
static double grow_theirs(void) {
    const long at = map(SIZE);
    const double start = bench_now();
    for (long i = 0; i < CALLS; i++)
        sink = arch_call3(SYS_mprotect, at + i * STEP, STEP, PROT_READ | PROT_WRITE);
    const double time = bench_now() - start;
    arch_call2(SYS_munmap, at, (long)SIZE);
    return time / CALLS;
}
static double grow_ours(void) {
    const struct hp_vm_request request = {.size = SIZE};
    struct hp_vm_region made;
    hp_vm_reserve(&request, &made);
    const double start = bench_now();
    for (long i = 0; i < CALLS; i++) sink = hp_vm_commit(&made, made.base + i * STEP, STEP, 0);
    const double time = bench_now() - start;
    hp_vm_release(&made);
    return time / CALLS;
}

#define AT(i) (region.base + (size_t)(i)*STEP)
static double decommit_theirs(void) {
    PER_CALL(sink = arch_call3(SYS_madvise, (long)AT(i), STEP, MADV_DONTNEED));
}
static double decommit_ours(void) { PER_CALL(sink = hp_vm_decommit(&region, AT(i), STEP, 0)); }

static double discard_theirs(void) {
    PER_CALL(sink = arch_call3(SYS_madvise, (long)AT(i), STEP, FREE));
}
static double discard_ours(void) { PER_CALL(sink = hp_vm_discard(&region, AT(i), STEP)); }

static double guard_theirs(void) {
    PER_CALL(sink = arch_call3(SYS_madvise, (long)AT(0), PAGE, GUARD_INSTALL) +
                    arch_call3(SYS_madvise, (long)AT(0), PAGE, GUARD_REMOVE));
}
static double guard_ours(void) {
    PER_CALL(sink = hp_vm_guard(&region, AT(0), PAGE) + hp_vm_unguard(&region, AT(0), PAGE));
}

static double protect_theirs(void) {
    PER_CALL(sink = arch_call3(SYS_mprotect, (long)AT(0), STEP, PROT_READ | PROT_WRITE));
}
static double protect_ours(void) {
    PER_CALL(sink = hp_vm_protect(&region, AT(0), STEP, HP_VM_READ | HP_VM_WRITE));
}

static long query(uintptr_t at) {
    uint64_t words[13] = {sizeof words, 0x10, at}; /* struct procmap_query, the next or covering */
    return arch_call3(SYS_ioctl, view.fd, 0xc0686611, (long)words);
}
static double query_theirs(void) { PER_CALL(sink = query((uintptr_t)AT(i))); }
static double query_ours(void) {
    struct hp_vm_span span;
    PER_CALL(sink = hp_vm_query(&view, (uintptr_t)AT(i), STEP, &span));
}

/* ---- Ways to do it ---- */

static void touch(size_t stride, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile unsigned char *)region.base)[i * stride] = 1;
}

/* 256 touched pages, each apart from the next. */
static double runs_theirs(void) {
    touch(STEP, RUNS);
    const double start = bench_now();
    for (long i = 0; i < RUNS; i++)
        sink = arch_call3(SYS_madvise, (long)AT(i), PAGE, MADV_DONTNEED);
    return (bench_now() - start) / RUNS;
}
static double runs_ours(void) {
    struct iovec runs[RUNS];
    touch(STEP, RUNS);
    for (long i = 0; i < RUNS; i++) runs[i] = (struct iovec){AT(i), PAGE};
    const double start = bench_now();
    sink = hp_vm_decommit_runs(&region, runs, RUNS, 0, 0);
    return (bench_now() - start) / RUNS;
}

/* A page that faults from now on, and afterwards is as it was. */
static double hard_theirs(void) {
    touch(STEP, RUNS);
    const double start = bench_now();
    for (long i = 0; i < RUNS; i++)
        sink = arch_call6(SYS_mmap, (long)AT(i), PAGE, PROT_NONE, RESERVED | MAP_FIXED, -1, 0);
    const double time = bench_now() - start;
    arch_call3(SYS_mprotect, (long)AT(0), (long)RUNS * STEP, PROT_READ | PROT_WRITE);
    return time / RUNS;
}
static double hard_ours(void) {
    touch(STEP, RUNS);
    const double start = bench_now();
    for (long i = 0; i < RUNS; i++) sink = hp_vm_decommit(&region, AT(i), PAGE, HP_VM_HARD);
    const double time = bench_now() - start;
    hp_vm_commit(&region, AT(0), (size_t)RUNS * STEP, 0);
    return time / RUNS;
}

static double populate_theirs(void) {
    const double start = bench_now();
    touch(PAGE, PAGES);
    const double time = bench_now() - start;
    hp_vm_decommit(&region, region.base, (size_t)PAGES * PAGE, 0);
    return time / PAGES;
}
static double populate_ours(void) {
    const double start = bench_now();
    sink = hp_vm_populate(&region, region.base, (size_t)PAGES * PAGE);
    const double time = bench_now() - start;
    hp_vm_decommit(&region, region.base, (size_t)PAGES * PAGE, 0);
    return time / PAGES;
}

/* A child that forked before anything of this room was used: what it looks for, it looks for there.
 */
static double in_child(void (*use)(void)) {
    int ends[2];
    double time = 0;
    if (pipe(ends) < 0) exit(1);
    const pid_t child = fork();
    if (child == 0) {
        const double start = bench_now();
        use();
        time = bench_now() - start;
        _exit(write(ends[1], &time, sizeof time) != sizeof time);
    }
    if (read(ends[0], &time, sizeof time) != sizeof time) exit(1);
    waitpid(child, 0, 0);
    close(ends[0]), close(ends[1]);
    return time;
}
static void twelve_calls(void) {
    for (int i = 0; i < 12; i++) sink = arch_call0(SYS_getppid);
}
static void first_use(void) {
    struct hp_vm_info info;
    sink = hp_vm_probe(&info);
}
static double first_theirs(void) { return in_child(twelve_calls); }
static double first_ours(void) { return in_child(first_use); }

/* Memory for a moment: mapped and unmapped, or taken from what is reserved and given back. */
static double moment_theirs(void) {
    const double start = bench_now();
    for (long i = 0; i < RUNS; i++) {
        const long at = arch_call6(SYS_mmap, 0, STEP, PROT_READ | PROT_WRITE, RESERVED, -1, 0);
        *(volatile char *)at = 1;
        sink = arch_call2(SYS_munmap, at, STEP);
    }
    return (bench_now() - start) / RUNS;
}
static double moment_ours(void) {
    const double start = bench_now();
    for (long i = 0; i < RUNS; i++) {
        sink = hp_vm_commit(&region, AT(i), STEP, 0);
        *(volatile unsigned char *)AT(i) = 1;
        sink = hp_vm_decommit(&region, AT(i), STEP, 0);
    }
    return (bench_now() - start) / RUNS;
}

static const struct bench wrappers[] = {
    {"reserve 1 MiB", reserve_theirs, reserve_ours, 1.05, 30},
    {"release 1 MiB", release_theirs, release_ours, 1.05, 30},
    {"commit the next 64 KiB", grow_theirs, grow_ours, 1.05, 30},
    {"decommit 64 KiB, untouched", decommit_theirs, decommit_ours, 1.05, 30},
    {"discard 64 KiB, untouched", discard_theirs, discard_ours, 1.05, 30},
    {"protect 64 KiB", protect_theirs, protect_ours, 1.05, 30},
    {"guard and unguard a page", guard_theirs, guard_ours, 1.05, 60}, /* two calls */
    {"query", query_theirs, query_ours, 1.05, 30},
};

/* As long as nothing in this process used the room. */
static const struct bench first = {"first use, by 12 calls for nothing", first_theirs, first_ours,
                                   0, 50000};

static const struct bench ways[] = {
    {"decommit 256 runs, by 256 madvise", runs_theirs, runs_ours, 0.5, 0},
    {"hard decommit of a page, by MAP_FIXED", hard_theirs, hard_ours, 1, 0},
    {"populate a page, by touching it", populate_theirs, populate_ours, 0.75, 0},
    {"64 KiB for a moment, by mmap and munmap", moment_theirs, moment_ours, 0, 0},
};

int main(void) {
    const struct hp_vm_request request = {.size = SIZE, .flags = HP_VM_NO_HUGE};
    bench_head("vm, once a process");
    bench_run(&first);
    if (hp_vm_reserve(&request, &region) < 0 || hp_vm_view_open(&view) < 0) return 1;
    if (hp_vm_commit(&region, region.base, region.size, 0) < 0) return 1;
    bench_head("vm, a verb beside its bare call");
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) bench_run(&wrappers[i]);
    bench_head("vm, a way beside another");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) bench_run(&ways[i]);
    return 0;
}
