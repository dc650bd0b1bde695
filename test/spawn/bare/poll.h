/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <poll.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_POLL_H
#define BARE_POLL_H

struct pollfd {
    int fd;
    short events, revents;
};
enum { POLLIN = 1, POLLOUT = 4 };

#endif
