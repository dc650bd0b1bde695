/* SPDX-License-Identifier: MIT */
/* What a probe says, put into its finding. */
#include <errno.h>
#include <hardpan.h>
#include <stdarg.h>
#include <stdio.h>

#include "doctor.h"

/* A name that the kernel hands out may hold anything: it must not reach a terminal, nor break
 * JSON. */
static void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}

void found(struct finding *finding, enum status status, const char *format, ...) {
    va_list arguments;
    finding->status = status;
    va_start(arguments, format);
    vsnprintf(finding->found, sizeof finding->found, format, arguments);
    va_end(arguments);
    make_printable(finding->found);
}

void todo(struct finding *finding, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->todo, sizeof finding->todo, format, arguments);
    va_end(arguments);
}

static const char *advice_for(int code) {
    switch (code) {
    case -ENOENT: return "Mount it if it is a file of /proc or /sys: mount -t proc proc /proc.";
    case -EACCES:
    case -EPERM: return "Run this with the rights to look, or outside the sandbox.";
    case -EMFILE:
    case -ENFILE: return "Raise the limit of descriptors: ulimit -n 1024.";
    case -ENOMEM: return "Raise the limit of memory: ulimit -v unlimited.";
    default: return "Run it again; if this stays, look at the call with strace.";
    }
}

void blind(struct finding *finding, const char *source, int code) {
    const char *name = hp_error_name(code);
    finding->blind = true;
    found(finding, STATUS_NOTE, "could not look: %s from %s", name ? name : "no answer", source);
    todo(finding, "%s", advice_for(code));
}

const char *status_word(enum status status) {
    static const char *const words[] = {"ok", "note", "wrong"};
    return words[status];
}
