/* SPDX-License-Identifier: MIT */
/* Compiled, not linked, with the real headers of a BSD or of macOS (bsd.sh): what src/spawn takes
 * for that system's signals is what they say, and so is what bare/errno.h does. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>

#include "child.h"

#define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)

#ifdef _SIG_MAXSIG
SAME(CHILD_SIGNALS, _SIG_MAXSIG);
#else
SAME(CHILD_SIGNALS, NSIG - 1);
#endif
_Static_assert(CHILD_SIGNAL_WORDS * sizeof(uint64_t) >= sizeof(sigset_t), "room for a set");

/* child.c: a handler and four longs, and a zero is the default. */
SAME(0, offsetof(struct sigaction, sa_handler));
_Static_assert(sizeof(struct sigaction) <= 5 * sizeof(long), "room for an action");
SAME(0, (intptr_t)SIG_DFL);
SAME(1, (intptr_t)SIG_IGN);

/* Two limits, soft and hard, of 64 bits each. */
SAME(8, sizeof(rlim_t));
SAME(0, offsetof(struct rlimit, rlim_cur));

SAME(4, EINTR);
SAME(10, ECHILD);
SAME(13, EACCES);
SAME(16, EBUSY);
SAME(19, ENODEV);
SAME(20, ENOTDIR);
SAME(24, EMFILE);
SAME(32, EPIPE);
SAME(60, ETIMEDOUT);
SAME(62, ELOOP);
SAME(63, ENAMETOOLONG);
SAME(70, ESTALE);
