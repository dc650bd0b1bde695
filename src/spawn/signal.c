/* SPDX-License-Identifier: MIT */
/* Signals to a process, its group, its cgroup; never to who has its number by now. */
#include <fcntl.h>
#include <signal.h>

#include "spawn.h"

enum { LIST_BYTES = 1024, LOOKS_MAX = 1000 };

/* Under the lock nobody reaps, and what is not reaped keeps its number, and its group's. */
static int by_number(struct hp_process *process, int id, int signal) {
    hp_lock((struct hp_lock *)&process->lock);
    const bool gone = process->state == HP_PROCESS_REAPED;
    const int answer = gone ? -ESRCH : hp_sys_kill(id, signal);
    hp_unlock((struct hp_lock *)&process->lock);
    return answer;
}

int hp_process_signal(struct hp_process *process, int signal) {
    if (hp_process_state(process) < HP_PROCESS_SUSPENDED) return -ESRCH;
    if (hp_spawn_has(HP_SPAWN_HAS_SIGNAL) && process->fd >= 0) {
        const int answer = hp_sys_pidfd_send_signal(process->fd, signal, 0, 0);
        if (!hp_is_refusal(answer)) return answer;
        const int second = by_number(process, process->pid, signal);
        if (second >= 0) hp_spawn_lack(HP_SPAWN_HAS_SIGNAL);
        return second;
    }
    return by_number(process, process->pid, signal);
}

static int cgroup_kill(int cgroup) {
    const int file = hp_sys_openat(cgroup, "cgroup.kill", O_WRONLY, 0);
    if (file < 0) return file;
    const long answer = hp_sys_write(file, "1", 1);
    hp_sys_close(file);
    return answer < 0 ? (int)answer : 0;
}

/* Numbers, a line each; one may be cut by the end of a piece. */
struct numbers {
    int number, signalled;
};

static void take_piece(struct numbers *numbers, const char *piece, long bytes, int signal) {
    for (long i = 0; i < bytes; i++) {
        if (piece[i] >= '0' && piece[i] <= '9') {
            numbers->number = numbers->number * 10 + piece[i] - '0';
            continue;
        }
        if (numbers->number && hp_sys_kill(numbers->number, signal) == 0) numbers->signalled++;
        numbers->number = 0;
    }
}

static int signal_listed(int cgroup, int signal) {
    char piece[LIST_BYTES];
    struct numbers numbers = {0, 0};
    const int file = hp_sys_openat(cgroup, "cgroup.procs", O_RDONLY, 0);
    if (file < 0) return file;
    long bytes;
    while ((bytes = hp_sys_read(file, piece, sizeof piece)) > 0)
        take_piece(&numbers, piece, bytes, signal);
    hp_sys_close(file);
    return bytes < 0 ? (int)bytes : numbers.signalled;
}

/* What is killed may have started others since the look, and those are listed in the next. A signal
 * that can be survived is sent once. */
static int kill_cgroup(int cgroup, int signal) {
    if (signal == SIGKILL && cgroup_kill(cgroup) == 0) return 0;
    int answer = signal_listed(cgroup, signal);
    for (int look = 0; answer > 0 && signal == SIGKILL && look < LOOKS_MAX; look++) {
        hp_sys_sched_yield();
        answer = signal_listed(cgroup, signal);
    }
    return answer < 0 ? answer : 0;
}

int hp_process_kill_tree(struct hp_process *process, int signal, int cgroup) {
    if (hp_process_state(process) < HP_PROCESS_SUSPENDED) return -ESRCH;
    if (cgroup >= 0) return kill_cgroup(cgroup, signal);
    return process->leads ? by_number(process, -process->pid, signal) : -EINVAL;
}
