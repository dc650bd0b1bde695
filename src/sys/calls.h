/* SPDX-License-Identifier: MIT */
/* The table of calls as data: calls.def read into an enumeration and into rows that a constant
 * index folds away. */
#ifndef HP_SYS_CALLS_H
#define HP_SYS_CALLS_H

#include <hardpan/sys.h>

#include "base.h"
#include "nr.h"

enum hp_call {
#define CALL(name, count, meaning) HP_CALL_##name,
#include "calls.def"
#undef CALL
    HP_CALL_COUNT
};

static const struct hp_call_row hp_call_rows[HP_CALL_COUNT] = {
#define CALL(name, count, meaning) {#name, HP_NR_##name, count, HP_EINTR_##meaning},
#include "calls.def"
#undef CALL
};

#endif
