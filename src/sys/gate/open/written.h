/* SPDX-License-Identifier: MIT */
/* What the kernel wrote, told to the memory sanitizer: it watches stores, and through a door of our
 * own there are none to be seen. Nothing happens in a program without that sanitizer. */
#ifndef HP_SYS_WRITTEN_H
#define HP_SYS_WRITTEN_H

#include "calls.h"

void written_tell(enum hp_call call, const long a[6], long answer);

#endif
