/* SPDX-License-Identifier: MIT */
/* The one function of <string.h> that src/poll/kqueue.c calls: for compiling without it. */
#ifndef BARE_STRING_H
#define BARE_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);

#endif
