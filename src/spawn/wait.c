/* SPDX-License-Identifier: MIT */
/* The end of a process: seen, reaped, told. Never of any child but this one.
 *
 * A pidfd is this process whatever its number is by now. Without one the number is right for as
 * long as nobody reaps, so whoever uses it holds the lock, and reaping is done under it; the long
 * wait before (WNOWAIT) is not. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "spawn.h"

enum { BY_NUMBER = 1 /* P_PID */, BY_PIDFD = 3 /* P_PIDFD */, ALL_KINDS = 0x40000000 /* __WALL */ };

/* The kernel's struct rusage: longs throughout, of 32 bits on 32-bit systems whatever libc has. */
struct usage {
    long user[2], system[2], memory_kib, text, data, stack, faults_minor, faults_major, swaps,
        blocks_in, blocks_out, messages_out, messages_in, signals, switches_voluntary,
        switches_forced;
};

static int64_t nanoseconds(const long time[2]) {
    return (int64_t)time[0] * 1000000000 + (int64_t)time[1] * 1000;
}

static struct hp_exit exit_of(const siginfo_t *info, const struct usage *usage) {
    const bool returned = info->si_code == CLD_EXITED;
    return (struct hp_exit){.code = returned ? info->si_status : 0,
                            .signal = returned ? 0 : info->si_status,
                            .dumped = info->si_code == CLD_DUMPED,
                            .user = nanoseconds(usage->user),
                            .system = nanoseconds(usage->system),
                            .memory = (int64_t)usage->memory_kib * 1024,
                            .faults_minor = usage->faults_minor,
                            .faults_major = usage->faults_major,
                            .switches_voluntary = usage->switches_voluntary,
                            .switches_forced = usage->switches_forced};
}

static int wait_for(int type, int id, siginfo_t *info, int options, struct usage *usage) {
    info->si_pid = 0;
    return hp_sys_waitid(type, id, info, WEXITED | ALL_KINDS | options, (struct rusage *)usage);
}

/* EINVAL of a kernel that has pidfds and does not wait for them (5.2, 5.3). */
static int wait_any_way(const struct hp_process *process, siginfo_t *info, int options,
                        struct usage *usage) {
    if (process->fd >= 0 && hp_spawn_has(HP_SPAWN_HAS_WAIT)) {
        const int answer = wait_for(BY_PIDFD, process->fd, info, options, usage);
        if (!hp_is_refusal(answer)) return answer;
        hp_spawn_lack(HP_SPAWN_HAS_WAIT);
    }
    return wait_for(BY_NUMBER, process->pid, info, options, usage);
}

static void count_way(const struct hp_process *process) {
    const bool by_pidfd = process->fd >= 0 && hp_spawn_has(HP_SPAWN_HAS_WAIT);
    hp_spawn_count(by_pidfd ? &hp_spawn_counters.waits_pidfd : &hp_spawn_counters.waits_number);
}

int hp_reap(struct hp_process *process) {
    siginfo_t info;
    struct usage usage;
    const int answer = wait_any_way(process, &info, WNOHANG, &usage);
    if (answer < 0) return answer;
    if (info.si_pid == 0) return 0;
    process->exit = exit_of(&info, &usage);
    __atomic_store_n(&process->state, HP_PROCESS_REAPED, __ATOMIC_RELAXED);
    count_way(process);
    return 1;
}

/* With all the time in the world the kernel's own wait needs no descriptor. Where it finds none
 * another waiter may have reaped it, and not said so yet: who has the lock knows. */
static int wait_long(struct hp_process *process) {
    siginfo_t info;
    const int answer = wait_any_way(process, &info, WNOWAIT, 0);
    return answer == -ECHILD ? 0 : answer;
}

int hp_await_end(struct hp_process *process, hp_deadline deadline) {
    if (deadline == HP_FOREVER) return wait_long(process);
    const int fd = hp_process_fd(process);
    if (fd < 0) return fd;
    struct pollfd poll = {.fd = fd, .events = POLLIN};
    const int answer = hp_sys_poll(&poll, 1, deadline);
    return answer == 0 ? -ETIMEDOUT : answer;
}

/* A child that failed before its program: it has ended, or is about to. */
int hp_reap_unseen(int pid, int pidfd) {
    const struct hp_process process = {.pid = pid, .fd = pidfd};
    siginfo_t info;
    return wait_any_way(&process, &info, 0, 0);
}

bool hp_is_over(int pid, int pidfd) {
    const struct hp_process process = {.pid = pid, .fd = pidfd};
    siginfo_t info;
    const int answer = wait_any_way(&process, &info, WNOHANG | WNOWAIT, 0);
    return answer == -ECHILD || (answer == 0 && info.si_pid != 0);
}

int hp_process_fd(struct hp_process *process) {
    if (hp_process_state(process) < HP_PROCESS_RUNNING) return -EINVAL;
    if (process->fd >= 0) return process->fd;
    hp_lock((struct hp_lock *)&process->lock);
    const int answer = process->watch ? 0 : hp_watch_begin(process);
    hp_unlock((struct hp_lock *)&process->lock);
    return answer < 0 ? answer : hp_watch_fd(process);
}

int hp_process_close(struct hp_process *process) {
    if (process->state == HP_PROCESS_SUSPENDED) return -EBUSY;
    if (process->watch) {
        if (process->state != HP_PROCESS_REAPED && !hp_watch_is_over(process)) return -EBUSY;
        hp_watch_end(process);
    }
    if (process->fd >= 0) hp_sys_close(process->fd);
    *process = (struct hp_process){.fd = -1};
    return 0;
}
