/* SPDX-License-Identifier: MIT */
/* Prints one system's kevent.h as "name number", for kevent.sh to compare with others' copies. */
#include <stddef.h>
#include <stdio.h>

#include "kevent.h"

#define SHOW(name, number) printf("%s %lld\n", name, (long long)(number))
#define FIELD(name) SHOW("Kevent_t." #name, offsetof(struct hp_kevent, name))

int main(void) {
    SHOW("EVFILT_READ", KEV_READ);
    SHOW("EVFILT_WRITE", KEV_WRITE);
    SHOW("EVFILT_PROC", KEV_PROC);
    SHOW("EVFILT_SIGNAL", KEV_SIGNAL);
    SHOW("EVFILT_TIMER", KEV_TIMER);
    SHOW("EVFILT_USER", KEV_USER);
    SHOW("EV_ADD", KEV_ADD);
    SHOW("EV_DELETE", KEV_DELETE);
    SHOW("EV_ENABLE", KEV_ENABLE);
    SHOW("EV_ONESHOT", KEV_ONESHOT);
    SHOW("EV_CLEAR", KEV_CLEAR);
    SHOW("EV_DISPATCH", KEV_DISPATCH);
    SHOW("EV_EOF", KEV_EOF);
    SHOW("NOTE_EXIT", KEV_NOTE_EXIT);
    SHOW("NOTE_TRIGGER", KEV_NOTE_TRIGGER);
    SHOW("SIGKILL", KEV_SIGKILL);
    SHOW("SIGSTOP", KEV_SIGSTOP);
    FIELD(ident);
    FIELD(filter);
    FIELD(flags);
    FIELD(fflags);
    FIELD(data);
    FIELD(udata);
    SHOW("Kevent_t", sizeof(struct hp_kevent));
    SHOW("Stat_t.mode", KEV_STAT_MODE);
    SHOW("Stat_t.mode's", sizeof(hp_kevent_mode));
    SHOW("Stat_t", KEV_STAT_BYTES);
    return 0;
}
