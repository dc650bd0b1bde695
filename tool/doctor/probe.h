/* SPDX-License-Identifier: MIT */
/* What the probes share: small mappings, small files of /proc, words for numbers. Every answer is 0
 * or -errno. */
#ifndef PROBE_H
#define PROBE_H

#include <hardpan.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

#include "doctor.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define READ_WRITE (PROT_READ | PROT_WRITE)

size_t page_size(void); /* as the kernel told this process at exec */

/* Anonymous memory; *got is where. extra adds to MAP_PRIVATE | MAP_ANONYMOUS. */
int map_at(uintptr_t address, size_t length, int protection, int extra, uintptr_t *got);
void unmap(uintptr_t address, size_t length);
/* An address with `length` bytes free behind it: granted, then given back. 0 when there is none. */
uintptr_t free_hole(size_t length);

/* The power of two of the largest reservation granted, 0 for none; *refusal is the next one's, 0
 * when it was not asked for. */
unsigned largest_reservation(int *refusal);

/* At most size - 1 bytes and a terminator; how many bytes, or -errno. */
long read_file(const char *path, char *text, size_t size);
int read_number(const char *path, uint64_t *number);
/* The number behind `key` in a file of "key: number unit" lines; -ENOENT when it has no such
 * line. */
int read_field(const char *path, const char *key, uint64_t *number);

struct mapping {
    uintptr_t start, end;
    const char *name; /* as the kernel printed it, "" for anonymous memory */
};
/* Every line of /proc/self/maps in ascending order, until visit says false. */
int each_mapping(bool (*visit)(const struct mapping *mapping, void *context), void *context);

/* The number of a call in hardpan's own table; -1 when this system has none. */
long call_number(const char *name);

/* How the kernel writes a relative time on every ABI that the table's numbers name. */
struct kernel_time {
    int64_t seconds, nanoseconds;
};

const char *error_word(int code); /* "ENOMEM", never NULL */

struct words {
    char text[24];
};
struct words bytes_words(uint64_t bytes);
#define BYTES(n) bytes_words(n).text

/* A list being written: "a, b, c"; cut off at the buffer's end. */
struct list {
    char text[320];
    size_t length;
    unsigned count;
};
void list_add(struct list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
