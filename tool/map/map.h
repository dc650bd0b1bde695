/* SPDX-License-Identifier: MIT */
/* One address space at one moment, and the ways to look at it: a screen, a list, JSON, a page. What
 * is printed is counted from the mappings once, in here, so that all of them say the same. */
#ifndef MAP_H
#define MAP_H

#include <hardpan.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a mapping is there for. */
enum purpose {
    FOR_HEAP,
    FOR_STACK,
    FOR_CODE, /* a file of which some part may be executed: programs and libraries */
    FOR_FILES,
    FOR_ANONYMOUS,
    FOR_SHARED,
    FOR_RESERVED, /* address space without access */
    FOR_GUARD,    /* without access, small, and next to something with access */
    FOR_DEVICE,
    FOR_KERNEL, /* vdso and its like */
    PURPOSES
};

struct purpose_words {
    const char *id; /* in JSON */
    const char *name;
    char letter;        /* in the bar */
    const char *ink;    /* the letter's colour on a terminal */
    const char *colour; /* in the page, light and dark */
    const char *dark;
};
extern const struct purpose_words purposes[PURPOSES];

struct sums {
    uint64_t mappings, reserved, committed, resident;
};

/* Free addresses between two mappings. */
struct gap {
    uint64_t low, high;
    size_t above; /* the mapping at its end */
};

struct picture {
    char title[160];
    bool live;  /* of a process, not of a file */
    char *text; /* of maps or smaps */
    size_t size;
    struct hp_layout_map map;
    unsigned char *purpose; /* enum purpose, of each mapping */
    uint64_t most;          /* vm.max_map_count; 0: not known */
    size_t unseen;          /* threads whose stacks could not be told */
    struct sums by[PURPOSES], all;
    struct gap *gaps; /* ascending */
    size_t gap_count;
};

/* ---- read.c, purpose.c, gaps.c: they answer 0, or the exit status after having said why ------ */

/* Of a process ("self", or digits), or of a file with the text of maps or smaps. A text does not
 * say which mappings are stacks of threads; to be compared with one, a process is not asked. */
int picture_of_process(struct picture *picture, const char *process, bool as_text);
int picture_of_file(struct picture *picture, const char *path);
void picture_free(struct picture *picture);
int find_purposes(struct picture *picture);
int find_gaps(struct picture *picture);
/* The mappings that hold the stack pointers of a process's threads become stacks. */
void find_stacks(struct picture *picture, const char *process);

uint64_t size_of(const struct hp_layout_mapping *mapping);
bool has_access(const struct hp_layout_mapping *mapping);
/* Of the process itself: [vsyscall] lies beyond the sign bit, on the kernel's side. */
bool is_own(const struct hp_layout_mapping *mapping);
/* Names of mappings are bytes that somebody chose: they are cut to what fits and freed of what a
 * terminal would obey. The answer is `buffer`. */
struct label {
    char text[256];
};
struct label label_of(const struct picture *picture, size_t mapping);
struct label clean(const char *bytes, size_t size);
/* Indices of the gaps by size, largest first; at most `most`. How many. */
size_t largest_gaps(const struct picture *picture, size_t *index, size_t most);

/* ---- What is shown --------------------------------------------------------------------------- */

void print_screen(const struct picture *picture, bool colour);
void print_all(const struct picture *picture, bool colour);
void print_at(const struct picture *picture, uint64_t address);
void print_gaps(const struct picture *picture, uint64_t least);
/* Gaps with `least` bytes of which none is further than `within` from `near`, the nearest first. */
void print_near(const struct picture *picture, uint64_t near, uint64_t within, uint64_t least);
void print_diff(const struct picture *before, const struct picture *after);
void print_bar(const struct picture *picture, bool colour);
struct json_t *picture_object(const struct picture *picture); /* NULL: no memory */
/* They answer an exit status. */
int print_map_json(const struct picture *picture);
int write_page(const struct picture *picture, const char *path);

int map_main(int count, char **arguments);

#endif
