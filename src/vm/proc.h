/* SPDX-License-Identifier: MIT */
/* Numbers out of the files of /proc, read through a small buffer: for diagnosis only, never on the
 * way of an operation. */
#ifndef HP_VM_PROC_H
#define HP_VM_PROC_H

#include "base.h"

/* The first number after `key` in the file; "" for a file that is one number. *number is untouched
 * on an error; -ENOENT also when the key is not there. */
int hp_proc_number(const char *path, const char *key, uint64_t *number);

/* How many lines it has. */
int hp_proc_lines(const char *path, uint64_t *lines);

#endif
