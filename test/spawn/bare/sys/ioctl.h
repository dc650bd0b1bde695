/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <sys/ioctl.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SYS_IOCTL_H
#define BARE_SYS_IOCTL_H

#define TIOCSCTTY 0x20007461ul
#define TIOCSPGRP 0x80047476ul

#endif
