/* SPDX-License-Identifier: MIT */
/* Compiled, not linked, with the real headers of a BSD or of macOS (kevent.sh): what src/poll and
 * its compile check take for that system's numbers is what they say. NetBSD 10's structure has four
 * words more than the one that its __kevent50 takes. */
#include <sys/types.h>

#include <sys/event.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

#include "kevent.h"

#define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)
#define FIELD(name) SAME(offsetof(struct hp_kevent, name), offsetof(struct kevent, name))

SAME((hp_kevent_filter)KEV_READ, EVFILT_READ);
SAME((hp_kevent_filter)KEV_WRITE, EVFILT_WRITE);
SAME((hp_kevent_filter)KEV_PROC, EVFILT_PROC);
SAME((hp_kevent_filter)KEV_SIGNAL, EVFILT_SIGNAL);
SAME((hp_kevent_filter)KEV_TIMER, EVFILT_TIMER);
SAME((hp_kevent_filter)KEV_USER, EVFILT_USER);
SAME(KEV_ADD, EV_ADD);
SAME(KEV_DELETE, EV_DELETE);
SAME(KEV_ENABLE, EV_ENABLE);
SAME(KEV_ONESHOT, EV_ONESHOT);
SAME(KEV_CLEAR, EV_CLEAR);
SAME(KEV_DISPATCH, EV_DISPATCH);
SAME(KEV_EOF, EV_EOF);
SAME(KEV_NOTE_EXIT, (unsigned)NOTE_EXIT);
SAME(KEV_NOTE_TRIGGER, NOTE_TRIGGER);
FIELD(ident);
FIELD(filter);
FIELD(flags);
FIELD(fflags);
FIELD(data);
FIELD(udata);
SAME(sizeof(hp_kevent_filter), sizeof(((struct kevent *)0)->filter));
SAME(sizeof(hp_kevent_flags), sizeof(((struct kevent *)0)->flags));
#ifndef __NetBSD__
SAME(sizeof(struct hp_kevent), sizeof(struct kevent));
#endif
SAME(KEV_STAT_BYTES, sizeof(struct stat));
SAME(KEV_STAT_MODE, offsetof(struct stat, st_mode));
SAME(sizeof(hp_kevent_mode), sizeof(mode_t));
SAME(KEV_SIGKILL, SIGKILL);
SAME(KEV_SIGSTOP, SIGSTOP);
#ifdef _SIG_MAXSIG
SAME(KEV_SIGNALS, _SIG_MAXSIG);
#else
SAME(KEV_SIGNALS, NSIG - 1);
#endif

/* What src/poll/kqueue.c has as one number for all. */
SAME(3, F_GETFL);
SAME(3, O_ACCMODE);
SAME(1, O_WRONLY);
SAME(0x10, POLLHUP);
SAME(0170000, S_IFMT);
SAME(0100000, S_IFREG);
SAME(0040000, S_IFDIR);
SAME(8, sizeof(struct pollfd));
SAME(6, offsetof(struct pollfd, revents));
SAME(16, sizeof(struct timespec));
SAME(8, offsetof(struct timespec, tv_nsec));

/* What bare/errno.h says. */
SAME(1, EPERM);
SAME(2, ENOENT);
SAME(3, ESRCH);
SAME(7, E2BIG);
SAME(9, EBADF);
SAME(12, ENOMEM);
SAME(17, EEXIST);
SAME(22, EINVAL);
SAME(28, ENOSPC);
SAME(35, EAGAIN);
#ifdef __APPLE__
SAME(102, EOPNOTSUPP);
#else
SAME(45, EOPNOTSUPP);
#endif
SAME(78, ENOSYS);
