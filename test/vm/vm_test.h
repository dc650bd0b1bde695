/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: counting what a call cost, and reading memory that may fault.
 * What they look with goes around hardpan, so that it is neither counted nor failed. */
#ifndef VM_TEST_H
#define VM_TEST_H

#include "hp_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h" /* src/vm: hp_vm_forget */

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* Without a stream: its memory would be a mapping more, by some allocators. */
static inline void each_line(const char *path, void (*take)(const char *line, void *argument),
                             void *argument) {
    static char text[65536 + 1];
    size_t held = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t got; fd >= 0 && (got = read(fd, text + held, sizeof text - 1 - held)) > 0;) {
        char *line = text, *end;
        held += (size_t)got;
        text[held] = 0;
        for (; (end = strchr(line, '\n')) != 0; line = end + 1) take(line, argument);
        held = (size_t)(text + held - line);
        memmove(text, line, held);
    }
    close(fd);
}

struct count_of {
    uintptr_t low, high;
    unsigned all, within;
};

/* One mapping is one line; a line's two addresses come first. */
static inline void count_line(const char *line, void *argument) {
    struct count_of *count = argument;
    char *dash;
    const uintptr_t from = (uintptr_t)strtoull(line, &dash, 16);
    const uintptr_t to = (uintptr_t)strtoull(dash + 1, 0, 16);
    count->all++;
    if (from < count->high && to > count->low) count->within++;
}

static inline struct count_of count_mappings(uintptr_t low, uintptr_t high) {
    struct count_of count = {low, high, 0, 0};
    each_line("/proc/self/maps", count_line, &count);
    return count;
}

static inline int mappings(void) { return (int)count_mappings(0, 0).all; }

static inline int mappings_of(const void *at, size_t size) {
    return (int)count_mappings((uintptr_t)at, (uintptr_t)at + size).within;
}

struct mark {
    int mappings;
    unsigned calls;
};

static inline struct mark mark(void) {
    struct mark now;
    now.mappings = mappings();
    now.calls = open_count(OPEN_EVERY);
    return now;
}

static inline int calls_since(const struct mark *mark) {
    return (int)(open_count(OPEN_EVERY) - mark->calls);
}

/* What happened since `mark` cost exactly this many calls and added this many mappings. */
#define assert_cost(mark, wanted_calls, wanted_mappings)                                           \
    do {                                                                                           \
        const int calls_were = calls_since(&(mark));                                               \
        assert_int_equal(calls_were, wanted_calls);                                                \
        assert_int_equal(mappings() - (mark).mappings, wanted_mappings);                           \
    } while (0)

enum { FAULTS = -EFAULT };

/* The byte at `at`, or FAULTS, and no signal: the kernel reads it for us. */
static inline int peek(const void *at) {
    static int ends[2];
    unsigned char byte;
    if (!ends[1] && pipe2(ends, O_CLOEXEC) < 0) return -errno;
    if (write(ends[1], at, 1) != 1) return -errno;
    return read(ends[0], &byte, 1) == 1 ? byte : -errno;
}

/* Stray descriptors may be inherited: only differences mean something. The pipe of peek is made
 * first, so that it is in all counts. */
static inline int descriptors(void) {
    int count = 0;
    peek("");
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* How many segments this process made and left, and they are gone. A refused IPC_RMID leaves one to
 * the whole machine, which has 4,096 of them: then every shmget of every program fails. */
static inline void remove_segment(const char *line, void *removed) {
    char *rest;
    long word[7]; /* key, id, permissions, size, maker, last user, users */
    for (int i = 0; i < 7; i++, line = rest) word[i] = strtol(line, &rest, 10);
    if (word[4] == getpid() && word[6] == 0)
        *(unsigned *)removed += shmctl((int)word[1], IPC_RMID, 0) == 0;
}
static inline unsigned remove_segments(void) {
    unsigned removed = 0;
    each_line("/proc/sysvipc/shm", remove_segment, &removed);
    return removed;
}

/* Whether `at` can be written; the byte becomes 0. */
static inline bool poke_zero(void *at) {
    static int zero = -1;
    if (zero < 0) zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    return read(zero, at, 1) == 1;
}

static inline unsigned has(void) {
    struct hp_vm_info info;
    hp_vm_probe(&info);
    return info.has;
}

static inline size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static inline struct hp_vm_region reserve(size_t size) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = size};
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    assert_int_equal(region.size, size);
    return region;
}

/* An address that `size` bytes can be placed at for as long as nobody else maps. */
static inline unsigned char *free_place(size_t size) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = size, .align = 16 * page()}; /* shmat's too */
    assert_int_equal(hp_vm_reserve(&request, &region), 0);
    unsigned char *at = region.base;
    assert_int_equal(hp_vm_release(&region), 0);
    return at;
}

static inline struct hp_vm_totals totals(void) {
    struct hp_vm_totals now;
    hp_vm_stats(&now);
    return now;
}

/* No rule, nothing learnt, nothing forced. */
static inline int fresh(void **state) {
    (void)state;
    open_reset();
    hp_vm_forget();
    hp_vm_force(0);
    return 0;
}

/* In a forked child a failed assertion must not run the parent's other tests. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                         \
            fflush(stdout);                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* The status that `body` ends with in a child of its own, 128 + the signal when one ended it. */
static inline int in_child(void (*body)(void)) {
    int status = 0;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        body();
        fflush(stdout);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
