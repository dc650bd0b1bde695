/* SPDX-License-Identifier: MIT */
/* Starts on FreeBSD, NetBSD and OpenBSD. Compile-checked, and its logic checked on Linux under the
 * tests of this room (test/spawn/played_bsd.c); not run on a BSD. */
#include "child.h"
#include "spawn.h"

/* A suspended child would have to be a copy that its parent writes into: nobody waits for one as
 * vfork does. */
const struct hp_spawn_system hp_spawn_system = {
    .lacks_flags = HP_SPAWN_CGROUP | HP_SPAWN_SUSPENDED | HP_SPAWN_ASYNC |
                   (CHILD_HAS_FILE ? 0u : (unsigned)HP_SPAWN_FILE),
    .lacks = HP_SPAWN_HAS_CLONE3 | HP_SPAWN_HAS_CGROUP | HP_SPAWN_HAS_PIDFD |
             HP_SPAWN_HAS_RANGE_FLAG | HP_SPAWN_HAS_PROC | HP_SPAWN_HAS_WAIT | HP_SPAWN_HAS_SIGNAL,
    .lacks_death = !CHILD_HAS_DEATH,
    .death_is_thread = false,
};

int hp_start_run(struct hp_start *start) {
    start->joins_cgroup = false;
    return hp_start_fork(start);
}

/* Nobody is suspended here. */
void hp_start_go(struct hp_start *start) { (void)start; }

/* An execution needs no preparing. */
int hp_execute_ready(struct hp_start *start) {
    (void)start;
    return 0;
}
void hp_execute_done(struct hp_start *start) { (void)start; }
