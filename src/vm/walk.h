/* SPDX-License-Identifier: MIT */
/* Up the address space, mapping by mapping. */
#ifndef HP_VM_WALK_H
#define HP_VM_WALK_H

#include "maps.h"
#include "vm.h"

enum { WALK_CHUNK_BYTES = 1024 };

struct hp_vm_walk {
    int fd;        /* of /proc/self/maps; -1: only mincore is left */
    bool own;      /* opened here */
    bool text;     /* PROCMAP_QUERY does not answer: the text is read, once, from its start */
    bool no_query; /* it is not known here, if the descriptor is one of /proc/self/maps */
    int error;     /* no descriptor was to be had, but there is a /proc */
    size_t free;   /* as many free bytes in a row will do: how far mincore looks */
    struct hp_maps_reader reader;
    struct hp_mapping last; /* the last that the text had */
    int64_t held, used;     /* bytes of the chunk */
    char chunk[WALK_CHUNK_BYTES];
};

/* 2 calls more when there is no view to look through. Never fails: mincore is always there. Without
 * a descriptor left, it is asked about a few pages, and more are the error. */
void hp_vm_walk_begin(struct hp_vm_walk *walk, const struct hp_vm_view *view, size_t free);
void hp_vm_walk_end(struct hp_vm_walk *walk);

/* The first mapping that ends above `low`: 1; 0: none begins before `end`. With mincore it is a
 * run of mapped pages, and begins at `low` at the lowest. 1 call where PROCMAP_QUERY answers.
 * `low` may only rise from one to the next. */
int hp_vm_walk_next(struct hp_vm_walk *walk, uintptr_t low, uintptr_t end, struct hp_mapping *next);

#endif
