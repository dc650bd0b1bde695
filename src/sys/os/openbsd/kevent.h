/* SPDX-License-Identifier: MIT */
/* kqueue as OpenBSD has it, as numbers (sys/sys/event.h, stat.h, signal.h). EVFILT_USER is
 * of 2025. Checked against others' copies by test/poll/kevent.sh. */
#ifndef HP_SYS_KEVENT_H
#define HP_SYS_KEVENT_H

#include <stdint.h>

typedef int16_t hp_kevent_filter;
typedef uint16_t hp_kevent_flags;

struct hp_kevent {
    uintptr_t ident;
    hp_kevent_filter filter;
    hp_kevent_flags flags;
    uint32_t fflags;
    int64_t data;
    uint64_t udata; /* a pointer's room */
};

enum {
    KEV_READ = -1,
    KEV_WRITE = -2,
    KEV_PROC = -5,
    KEV_SIGNAL = -6,
    KEV_TIMER = -7,
    KEV_USER = -10
};

enum {
    KEV_ADD = 0x1,
    KEV_DELETE = 0x2,
    KEV_ENABLE = 0x4,
    KEV_ONESHOT = 0x10,
    KEV_CLEAR = 0x20,
    KEV_DISPATCH = 0x80,
    KEV_EOF = 0x8000
};

#define KEV_NOTE_EXIT 0x80000000u
#define KEV_NOTE_TRIGGER 0x01000000u

/* What this room reads of struct stat: its length, and its field of the kind of file. */
enum { KEV_STAT_BYTES = 128, KEV_STAT_MODE = 0 };
typedef uint32_t hp_kevent_mode;

enum { KEV_SIGNALS = 32, KEV_SIGKILL = 9, KEV_SIGSTOP = 17 };

#endif
