/* SPDX-License-Identifier: MIT */
/* The system's error numbers by name, with an HP_ prefix so that no libc header is needed:
 * error.def is the one of the system built for, chosen by the include path. */
#ifndef HP_SYS_ERROR_H
#define HP_SYS_ERROR_H

enum {
#define ERROR(name, number, text) HP_##name = number,
#include "error.def"
#undef ERROR
};

#endif
