/* SPDX-License-Identifier: MIT */
/* The program that benches start: it does nothing, without a dynamic linker and without a C
 * library's beginning, so that what is measured is the start. */
#include <unistd.h>

void _start(void);
void _start(void) { _exit(0); }
