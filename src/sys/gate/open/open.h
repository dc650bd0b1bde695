/* SPDX-License-Identifier: MIT */
/* hardpan's table of calls, opened: only in the test build of the library (libhardpan_open.a).
 *
 * A rule says what becomes of a call. Rules are per call, hold for the whole process, and may be
 * changed by any thread between calls. Everything is counted, also what a rule refused. */
#ifndef HP_SYS_OPEN_H
#define HP_SYS_OPEN_H

#include "calls.h"

HP_EXTERN_C_BEGIN

/* in place of one call: all of them, counted together */
#define OPEN_EVERY ((enum hp_call)HP_CALL_COUNT)

/* A function in the place of a call; what it answers is what the wrapper sees. open_real makes the
 * true call. */
typedef long open_function(const long a[6]);

long open_real(enum hp_call call, const long a[6]);
void open_replace(enum hp_call call, open_function *function);

/* The n-th entry from now (1 is the next) answers -error instead of being made; with `onwards`
 * every later one too. */
void open_fail(enum hp_call call, unsigned n, int error, bool onwards);

/* Outcomes in turn, separated by blanks: "ok", an error's name ("ENOMEM"), "lie" (answers 0,
 * nothing is done), or "NAME*" / "ok*" for all that follow. After the last word calls are made as
 * usual. False if a word is unknown; the string is kept, not copied. */
bool open_script(enum hp_call call, const char *words);

/* Entries since the last open_reset, refused ones included. */
unsigned open_count(enum hp_call call);
unsigned open_struck(void); /* entries that a rule changed */

/* No rules, counters at 0, and what the library learnt about this kernel unlearnt. */
void open_reset(void);

/* The row of that name, HP_CALL_COUNT if there is none. */
enum hp_call open_call(const char *name);

HP_EXTERN_C_END

#endif
