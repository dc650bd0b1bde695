/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <fcntl.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_FCNTL_H
#define BARE_FCNTL_H

enum {
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_NONBLOCK = 4,
    F_SETFD = 2,
    F_SETFL = 4,
#ifdef __APPLE__
    AT_FDCWD = -2
#else
    AT_FDCWD = -100
#endif
};

#endif
