/* SPDX-License-Identifier: MIT */
/* What is neither a fact nor a command: words, colours, and the output's end. */
#include "tool.h"

#include <errno.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool read_colour(const char *word, enum colour *colour) {
    static const char *const words[] = {"auto", "always", "never"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(word, words[i])) continue;
        *colour = (enum colour)i;
        return true;
    }
    return false;
}

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

bool use_colour(enum colour flag) {
    if (flag != COLOUR_AUTO) return flag == COLOUR_ALWAYS;
    if (is_set("NO_COLOR")) return false;
    const char *force = getenv("CLICOLOR_FORCE");
    if (force && *force && strcmp(force, "0")) return true;
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb");
}

void hold_output(void) {
    static char buffer[1 << 17];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

/* A reader that went away is no error of ours and gets no message; the output is incomplete all the
 * same. */
int close_output(int status) {
    errno = 0;
    if (!ferror(stdout) && !fflush(stdout) && !fclose(stdout)) return status;
    if (errno == EPIPE) return EXIT_BLIND;
    const char *name = hp_error_name(errno), *text = hp_error_text(errno);
    fprintf(stderr, "hardpan: standard output: %s, %s\n", name ? name : "error",
            text ? text : "not written");
    return EXIT_BLIND;
}

static size_t least(size_t a, size_t b, size_t c) {
    return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

size_t edit_distance(const char *one, const char *other) {
    enum { MOST = 64 };
    size_t row[MOST + 1];
    const size_t width = strnlen(other, MOST);
    for (size_t j = 0; j <= width; j++) row[j] = j;
    for (size_t i = 0; one[i] && i < MOST; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            const size_t changed = corner + (one[i] != other[j]);
            corner = row[j + 1];
            row[j + 1] = least(changed, row[j] + 1, row[j + 1] + 1);
        }
    }
    return row[width];
}
