/* SPDX-License-Identifier: MIT */
/* hardpan.h - every room at once. */
#ifndef HARDPAN_H
#define HARDPAN_H

#include <hardpan/base.h>
#include <hardpan/sys.h>
#include <hardpan/vm.h>

#endif
