/* SPDX-License-Identifier: MIT */
/* hardpan.h - every room at once. */
#ifndef HARDPAN_H
#define HARDPAN_H

#include <hardpan/arena.h>
#include <hardpan/base.h>
#include <hardpan/layout.h>
#include <hardpan/poll.h>
#include <hardpan/ring.h>
#include <hardpan/sim.h>
#include <hardpan/spawn.h>
#include <hardpan/stack.h>
#include <hardpan/sys.h>
#include <hardpan/vm.h>

#endif
