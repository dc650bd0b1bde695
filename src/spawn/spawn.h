/* SPDX-License-Identifier: MIT */
/* What the files of this room share: a start, which is a plan made ready for the child, and what
 * the child says of it. */
#ifndef HP_SPAWN_ROOM_H
#define HP_SPAWN_ROOM_H

#include <errno.h>
#include <hardpan/spawn.h>
#include <hardpan/stack.h>

#include "base.h"
#include "lock.h"
#include "moves.h"
#include "orders.h"
#include "sys.h"

/* The map, the file to be executed, and the line. */
enum { HP_START_WISHES = HP_SPAWN_FDS_MAX + 2, HP_START_MOVES = HP_START_WISHES * 3 / 2 };

/* Descriptors that a start needs besides the map's, -1 where there is none. The line is a pipe's
 * end that the execution closes, by which a parent that is not suspended hears of it. */
enum hp_start_extra {
    HP_EXTRA_FILE,
    HP_EXTRA_DIRECTORY,
    HP_EXTRA_TERMINAL,
    HP_EXTRA_CGROUP,
    HP_EXTRA_LINE
};
enum { HP_EXTRAS = 5 };

/* What the system that this is built for has not. */
struct hp_spawn_system {
    unsigned lacks_flags; /* of enum hp_spawn_flag: refused with the plan */
    unsigned lacks;       /* of enum hp_spawn_has */
    bool lacks_death;
    bool death_is_thread; /* the death signal comes when the thread ends that started the child */
};
extern const struct hp_spawn_system hp_spawn_system; /* start.c, start_bsd.c, start_darwin.c */

/* What the child says: how it failed, or how it closed what it should not have. */
struct hp_report {
    struct hp_spawn_error error;
    uint32_t begun;     /* 1: it ran */
    uint32_t closed_by; /* enum hp_closer */
};

/* Lies at the low end of the stack that the child begins on. The numbers of descriptors are those
 * of the table that the child has a copy of: the caller's, the bay's, a launcher's. */
struct hp_start {
    const struct hp_spawn_plan *plan;
    struct hp_report *report; /* `own`, or on a page that a copied child shares */
    struct hp_stack stack;
    int parent[HP_SPAWN_FDS_MAX]; /* of the map, or HP_SPAWN_NULL */
    int extra[HP_EXTRAS];

    /* compile.c: what is made of that */
    struct hp_move moves[HP_START_MOVES];
    unsigned move_count;
    int kept[HP_START_WISHES]; /* ascending: what is not closed */
    unsigned kept_count;
    int file, line, scratch; /* where these wait; the execution closes them */

    /* start*.c: what the child must do by itself, and who it is. `shares`: it wrote here */
    bool joins_cgroup, closes_now, shares;
    unsigned leaves_from; /* the bay: the table is shared, and copied up to here. 0: it is not */
    int parent_pid;
    int pid, pidfd, rung;
    uint32_t done; /* launched: 1 when `answer` and pidfd are there */
    int answer;
    struct hp_channel *channel;
    bool leaves_batch; /* launched: the launcher is a batch thread, and the child is not to be */
    struct hp_start *later;     /* in its channel's row */
    uint32_t gate;              /* suspended: 1 shut, 0 open */
    bool beside;                /* `ended` is cleared by the kernel */
    uint32_t ended;             /* suspended or launched: 0 when it executes or is no more */
    struct hp_orders_made made; /* macOS */
    struct hp_report own;
};

enum hp_closer { HP_CLOSED_BY_RANGE = 1, HP_CLOSED_BY_LIST, HP_CLOSED_BY_FORCE };

enum hp_process_state {
    HP_PROCESS_NONE,
    HP_PROCESS_STARTING,
    HP_PROCESS_SUSPENDED,
    HP_PROCESS_RUNNING,
    HP_PROCESS_REAPED
};

/* Written under the lock, by whoever reaps, and looked at without it. */
HP_INLINE int hp_process_state(const struct hp_process *process) {
    return __atomic_load_n(&process->state, __ATOMIC_RELAXED);
}

/* plan.c: 0, or -EINVAL and *index of the map's entry, or -EOPNOTSUPP. */
int hp_plan_check(const struct hp_spawn_plan *plan, int *index);
bool hp_plan_needs_launcher(const struct hp_spawn_plan *plan);

/* compile.c: from parent and extra to moves, kept, file and scratch. No call. */
void hp_start_compile(struct hp_start *start);

/* search.c: the n-th path to be tried, into path[HP_SPAWN_PATH_MAX]: 1, 0 when there are no more,
 * -ENAMETOOLONG. No call. */
int hp_search(const struct hp_spawn_plan *plan, unsigned n, char *path);
/* Is there a point in looking further? What is in the way here may not be there. */
bool hp_search_goes_on(int answer);

/* What becomes of a signal, as the kernel has it: handler, flags, and the rest, which is longer
 * here than anywhere. */
struct hp_disposition {
    uintptr_t handler;
    unsigned long rest[4];
};
enum { HP_DISPOSITION_DEFAULT = 0, HP_DISPOSITION_IGNORED = 1 };

/* A signal among those of a plan. What a system has beyond a plan's 64 is in none of its sets. */
HP_INLINE uint64_t hp_plan_bit(int signal) {
    return signal <= 64 ? (uint64_t)1 << (signal - 1) : 0;
}

/* child.c: everything between clone and execution; ends the process. `argument` is the start. */
void hp_child_run(void *argument);

/* execute.c, start_darwin.c: the path, or with NULL the file. Comes back with an error. */
int hp_execute(const struct hp_start *start, const char *path);
/* start_bsd.c, start_darwin.c: what the execution of a copied child needs is made, and dropped. */
int hp_execute_ready(struct hp_start *start);
void hp_execute_done(struct hp_start *start);

/* close.c, close_bsd.c, start_darwin.c: all but `kept`, at the execution or at once. How, or
 * -errno. */
int hp_close_others(const struct hp_start *start);

/* start.c, start_bsd.c, start_darwin.c: a child by the ladder; on with one that is suspended. */
int hp_start_run(struct hp_start *start);
void hp_start_go(struct hp_start *start);
/* start.c: false if by the deadline one that was launched neither executes nor is no more. */
bool hp_start_await(struct hp_start *start, hp_deadline deadline);
/* Who waits for what may never be told looks for it from time to time: when next. */
enum { HP_START_LOOK = 100000000 /* nanoseconds */ };
HP_INLINE hp_deadline hp_start_next_look(hp_deadline deadline) {
    const hp_deadline look = hp_sys_after(HP_START_LOOK);
    return look < deadline ? look : deadline;
}

/* start_fork.c: by vfork or fork; for all systems but Linux. */
int hp_start_fork(struct hp_start *start);

/* outcome.c: a stack and the start on it; undone. */
int hp_start_open(struct hp_start **start, const struct hp_spawn_plan *plan);
void hp_start_close(struct hp_start *start);
/* What became of it: 0, or what failed, once the child has been reaped. */
int hp_start_outcome(struct hp_start *start, struct hp_spawn_error *error);
int hp_spawn_fail(struct hp_spawn_error *error, int stage, int answer, int index);

/* bay.c: from this thread, nothing copied but the lowest numbers. */
int hp_bay_begin(struct hp_start *start);

/* launch.c: by another thread. Send: it is on its way. Collect: 0 when it executes or has failed,
 * or is suspended, and `done` is set; -ETIMEDOUT. */
int hp_launch_send(struct hp_launcher *launcher, struct hp_start *start);
int hp_launch_collect(struct hp_start *start, hp_deadline deadline);

/* stack.c: the stacks that children and threads of this room begin on. */
int hp_spawn_stack_take(struct hp_stack *stack);
void hp_spawn_stack_give(const struct hp_stack *stack);

/* wait.c, wait_bsd.c. Reap: 1 and process->exit, or 0: it has not ended; the process is locked, and
 * not reaped. Await: it may have ended, or -ETIMEDOUT. */
int hp_reap(struct hp_process *process);
int hp_await_end(struct hp_process *process, hp_deadline deadline);
int hp_reap_unseen(int pid, int pidfd);
bool hp_is_over(int pid, int pidfd); /* wait.c: not reaped by it */

/* watch.c: a thread that stands in for a pidfd. */
int hp_watch_begin(struct hp_process *process);
int hp_watch_fd(const struct hp_process *process);
bool hp_watch_is_over(const struct hp_process *process);
void hp_watch_end(struct hp_process *process);

/* capture.c: bytes of an output, and its end. No call. */
void hp_capture_take(struct hp_capture *capture, const char *bytes, size_t count);
void hp_capture_end(struct hp_capture *capture);

/* take_back.c, bsd.c: a pending signal, which is blocked. */
void hp_take_back(int signal);

/* stats.c */
extern struct hp_spawn_totals hp_spawn_counters;
HP_INLINE void hp_spawn_count(uint64_t *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}
bool hp_spawn_has(unsigned bit);
void hp_spawn_lack(unsigned bit);

/* What a kernel or a filter answers to what it does not know. */
HP_INLINE bool hp_is_refusal(int answer) {
    return answer == -ENOSYS || answer == -EPERM || answer == -EINVAL || answer == -E2BIG;
}

#endif
