/* SPDX-License-Identifier: MIT */
/* One mode of `hardpan verify`: a process of its own that asks the model and then the kernel, and
 * compares. It calls no malloc once it has begun, for its own mappings are what is tested. */
#ifndef LAYOUT_WORKER_H
#define LAYOUT_WORKER_H

#include "live.h"

enum { FD_NONE, FD_FILE, FD_MEMFD, FD_ZERO, FD_TMPFS, FD_KINDS };

/* What a mapping of the list is, in `flags` above those of the library: not ours to touch. */
#define FOREIGN (1u << 31)

struct worker {
    struct hp_layout layout;
    uint64_t random; /* the state of the generator */
    uint64_t last;   /* where the last mapping went, taken back or not */
    int fds[FD_KINDS];
    struct hp_layout_request kinds[FD_KINDS]; /* object and align of each */
    bool has_huge;
    /* counted: calls compared, and what the answers were */
    uint64_t calls, exact, refused, sets, histories, compared;
};

uint64_t random_next(struct worker *worker);
uint64_t random_below(struct worker *worker, uint64_t n);
/* n times of a hundred */
bool random_percent(struct worker *worker, unsigned n);

/* A call to make; *fd is what it maps. */
void random_mmap(struct worker *worker, struct hp_layout_request *request, int *fd);
/* One of our own mappings, or NULL. */
const struct hp_layout_mapping *random_own(struct worker *worker);
bool random_mremap(struct worker *worker, struct hp_layout_request *request);

int worker_main(int count, char **arguments);

#endif
