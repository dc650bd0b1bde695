/* SPDX-License-Identifier: MIT */
/* Where there is no pidfd: a thread that sleeps in waitid for one child, and rings an eventfd when
 * it has ended. It leaves the reaping to others (WNOWAIT). So an end costs one wakeup however many
 * children there are, and no SIGCHLD is needed.
 *
 * The C library knows nothing of this thread, and it has no thread-local storage of its own: it
 * makes calls and nothing else, with all signals blocked. */
#include <sched.h>
#include <sys/wait.h>

#include "spawn.h"

enum {
    THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
             CLONE_CHILD_CLEARTID,
    BY_NUMBER = 1,          /* P_PID */
    ALL_KINDS = 0x40000000, /* __WALL */
};

struct watch {
    struct hp_stack stack;
    int pid, fd;
    uint32_t ended; /* 0 when the thread is no more, and its stack free */
};

static void run(void *argument) {
    const struct watch *watch = argument;
    const uint64_t one = 1;
    hp_sys_waitid(BY_NUMBER, watch->pid, 0, WEXITED | WNOWAIT | ALL_KINDS, 0);
    hp_sys_write(watch->fd, &one, sizeof one);
}

static int start_thread(struct watch *watch) {
    const uint64_t all = ~(uint64_t)0;
    uint64_t mask = 0;
    watch->ended = 1;
    hp_sys_sigmask(&all, &mask);
    const int answer = hp_sys_clone_run(THREAD, watch->stack.low + watch->stack.size, 0,
                                        &watch->ended, run, watch);
    hp_sys_sigmask(&mask, 0);
    return answer;
}

int hp_watch_begin(struct hp_process *process) {
    struct hp_stack stack;
    int answer = hp_spawn_stack_take(&stack);
    if (answer < 0) return answer;
    struct watch *watch = (struct watch *)stack.low;
    *watch = (struct watch){.stack = stack, .pid = process->pid};
    watch->fd = answer = hp_sys_eventfd(0, 0);
    if (answer >= 0) {
        answer = start_thread(watch);
        if (answer < 0) hp_sys_close(watch->fd);
    }
    if (answer < 0) {
        hp_spawn_stack_give(&stack);
        return answer;
    }
    process->watch = watch;
    hp_spawn_count(&hp_spawn_counters.watchers);
    return 0;
}

int hp_watch_fd(const struct hp_process *process) { return ((struct watch *)process->watch)->fd; }

bool hp_watch_is_over(const struct hp_process *process) {
    const struct watch *watch = process->watch;
    return !__atomic_load_n(&watch->ended, __ATOMIC_ACQUIRE);
}

void hp_watch_end(struct hp_process *process) {
    struct watch *watch = process->watch;
    while (!hp_watch_is_over(process)) hp_sys_futex_wait_kernel(&watch->ended, 1, HP_FOREVER);
    hp_sys_close(watch->fd);
    const struct hp_stack stack = watch->stack;
    process->watch = 0;
    hp_spawn_stack_give(&stack);
}
