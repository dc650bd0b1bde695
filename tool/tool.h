/* SPDX-License-Identifier: MIT */
/* What the commands share: exit statuses, colour, an output that admits when it could not be
 * written. */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_FINE = 0, EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_BLIND = 3 };

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };
/* False for a word that is none of auto, always, never. */
bool read_colour(const char *word, enum colour *colour);
/* The flag, then NO_COLOR, then CLICOLOR_FORCE, then whether standard output is a terminal that
 * can. */
bool use_colour(enum colour flag);

/* One buffer for all that a command prints, so that the one write at the end can say why it
 * failed. */
void hold_output(void);
/* status, or EXIT_BLIND with a sentence on standard error when what was printed did not arrive. */
int close_output(int status);

/* How many letters must be changed, added or taken away to make one word of the other; at most 64
 * letters are seen. */
size_t edit_distance(const char *one, const char *other);

#endif
