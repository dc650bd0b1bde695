/* SPDX-License-Identifier: MIT */
/* What src/spawn, its port and kqueue name of <errno.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_ERRNO_H
#define BARE_ERRNO_H

enum {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    E2BIG = 7,
    EBADF = 9,
    ECHILD = 10,
    ENOMEM = 12,
    EACCES = 13,
    EBUSY = 16,
    ENODEV = 19,
    ENOTDIR = 20,
    EINVAL = 22,
    EMFILE = 24,
    EPIPE = 32,
    EAGAIN = 35,
    ETIMEDOUT = 60,
    ELOOP = 62,
    ENAMETOOLONG = 63,
    ESTALE = 70,
#ifdef __APPLE__
    EOPNOTSUPP = 102,
#else
    EOPNOTSUPP = 45,
#endif
    ENOSYS = 78
};

extern int *bare_errno(void);
#define errno (*bare_errno())

#endif
