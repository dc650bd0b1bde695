/* SPDX-License-Identifier: MIT */
/* A child where there is no clone: by vfork, which keeps this thread until the execution; else by
 * fork, where the end of a pipe that the execution closes says when it was. The report is on a page
 * that both share, for OpenBSD's vfork copies the memory, and nothing says so before.
 *
 * FreeBSD's pdfork is not used: it copies what vfork does not, and its descriptor kills the child
 * when it is closed. What else it gives is there without it: a number that is not reaped is nobody
 * else's (wait_bsd.c), and a kqueue tells of the end. */
#include <sys/mman.h>

#include "child.h"
#include "spawn.h"

/* Where the memory is one, it is seen here. */
static void run(void *argument) {
    struct hp_start *start = argument;
    start->shares = true;
    hp_child_run(start);
}

static int by_vfork(struct hp_start *start) {
    start->shares = false;
    hp_start_compile(start);
    const int answer = hp_sys_vfork_run(run, start);
    start->rung = start->shares ? HP_SPAWN_VFORK : HP_SPAWN_FORK;
    return answer;
}

/* Nobody writes: it ends when the program runs, or the child is no more. */
static void await_execution(int end) {
    char nothing;
    while (hp_sys_read(end, &nothing, 1) > 0) continue;
}

static int fork_ready(struct hp_start *start) {
    int answer = hp_execute_ready(start);
    if (answer < 0) return answer;
    answer = hp_sys_fork_run(run, start);
    hp_execute_done(start);
    return answer;
}

static int by_fork(struct hp_start *start) {
    int ends[2];
    int answer = hp_sys_pipe2(ends, 0);
    if (answer < 0) return answer;
    start->extra[HP_EXTRA_LINE] = ends[1];
    hp_start_compile(start);
    start->rung = HP_SPAWN_FORK;
    answer = fork_ready(start);
    hp_sys_close(ends[1]);
    if (answer >= 0) await_execution(ends[0]);
    hp_sys_close(ends[0]);
    return answer;
}

static int by_either(struct hp_start *start) {
    if (hp_spawn_has(HP_SPAWN_HAS_VM)) {
        const int answer = by_vfork(start);
        if (answer != -ENOSYS) return answer;
        hp_spawn_lack(HP_SPAWN_HAS_VM);
    }
    return by_fork(start);
}

static int with_page(struct hp_start *start) {
    void *page = 0;
    const int answer = hp_sys_mmap(0, sizeof *start->report, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANON, -1, 0, &page);
    if (answer < 0) return answer;
    start->report = page;
    start->pid = by_either(start);
    start->own = *start->report;
    start->report = &start->own;
    hp_sys_munmap(page, sizeof start->own);
    return start->pid < 0 ? start->pid : 0;
}

/* Until the child executes it would run this process's handlers, by vfork in its memory. */
int hp_start_fork(struct hp_start *start) {
    uint64_t all[CHILD_SIGNAL_WORDS], mask[CHILD_SIGNAL_WORDS] = {0};
    for (size_t i = 0; i < HP_COUNT(all); i++) all[i] = ~(uint64_t)0;
    start->parent_pid = hp_sys_getpid();
    hp_sys_sigmask(all, mask);
    const int answer = with_page(start);
    hp_sys_sigmask(mask, 0);
    if (answer < 0) return answer;
    const bool copied = start->rung == HP_SPAWN_FORK;
    hp_spawn_count(copied ? &hp_spawn_counters.fork : &hp_spawn_counters.vfork);
    return 0;
}
