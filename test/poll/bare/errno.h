/* SPDX-License-Identifier: MIT */
/* The errors that src/poll names, as the four BSDs number them: for compiling without their headers
 * (kevent.sh). That each is the system's own is checked where those headers are at hand. */
#ifndef BARE_ERRNO_H
#define BARE_ERRNO_H

enum {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    E2BIG = 7,
    EBADF = 9,
    ENOMEM = 12,
    EEXIST = 17,
    EINVAL = 22,
    ENOSPC = 28,
    EAGAIN = 35,
#ifdef __APPLE__
    EOPNOTSUPP = 102,
#else
    EOPNOTSUPP = 45,
#endif
    ENOSYS = 78
};

#endif
