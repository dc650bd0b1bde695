/* SPDX-License-Identifier: MIT */
/* A child by the ladder, from whichever thread is to be its parent. */
#include <sched.h>
#include <sys/mman.h>

#include "spawn.h"

enum { CLEAR_SIGHAND_HIGH = 1 /* 1 << 32 */, INTO_CGROUP_HIGH = 2 /* 1 << 33 */, VERSION_0 = 64 };

/* The kernel's struct clone_args, of Linux 5.7. */
struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
};

/* Best first. `explains`: which absence a refusal of those above means, if this one is taken. */
static const struct rung {
    int name;
    unsigned needs, explains;
    uint64_t flags;
} rungs[] = {
    {HP_SPAWN_CLONE3, HP_SPAWN_HAS_CLONE3 | HP_SPAWN_HAS_PIDFD | HP_SPAWN_HAS_VM, 0,
     (uint64_t)CLEAR_SIGHAND_HIGH << 32 | CLONE_VM | CLONE_PIDFD},
    {HP_SPAWN_CLONE, HP_SPAWN_HAS_PIDFD | HP_SPAWN_HAS_VM, HP_SPAWN_HAS_CLONE3,
     CLONE_VM | CLONE_PIDFD},
    {HP_SPAWN_VFORK, HP_SPAWN_HAS_VM, HP_SPAWN_HAS_PIDFD, CLONE_VM},
    {HP_SPAWN_FORK, HP_SPAWN_HAS_PIDFD, HP_SPAWN_HAS_VM, CLONE_PIDFD},
    {HP_SPAWN_FORK, 0, HP_SPAWN_HAS_VM | HP_SPAWN_HAS_PIDFD, 0},
};

static bool has_all(unsigned bits) {
    for (unsigned bit = 1; bit <= bits; bit <<= 1)
        if (bits & bit && !hp_spawn_has(bit)) return false;
    return true;
}

static bool is_suspended(const struct hp_start *start) {
    return start->plan->flags & HP_SPAWN_SUSPENDED;
}

/* The thread that begins it goes on, and the kernel clears a word when the child is on its way: a
 * launcher has others to begin. It waits for one that may be stillborn, and for one that is to hear
 * of its end, until it does. */
static bool is_beside(const struct hp_start *start, int rung) {
    if (is_suspended(start)) return true;
    return start->channel && start->extra[HP_EXTRA_CGROUP] < 0 && !start->plan->death_signal &&
           rung != HP_SPAWN_FORK;
}

static uint64_t common_flags(const struct hp_start *start) {
    return (start->beside ? CLONE_CHILD_CLEARTID : CLONE_VFORK) |
           (start->leaves_from ? CLONE_FILES : 0);
}

static int by_clone3(struct hp_start *start, uint64_t flags, bool into) {
    const struct arguments arguments = {
        .flags = flags | (into ? (uint64_t)INTO_CGROUP_HIGH << 32 : 0),
        .pidfd = (uintptr_t)&start->pidfd,
        .child_tid = start->beside ? (uintptr_t)&start->ended : 0,
        .stack = (uintptr_t)start->stack.low,
        .stack_size = start->stack.size,
        .cgroup = into ? (uint64_t)start->extra[HP_EXTRA_CGROUP] : 0};
    start->joins_cgroup = start->extra[HP_EXTRA_CGROUP] >= 0 && !into;
    return hp_sys_clone3_run((void *)&arguments, into ? sizeof arguments : VERSION_0, hp_child_run,
                             start);
}

/* 6.18: into a cgroup that was ever killed (cgroup.kill) from outside of it a child is begun, and
 * ended by SIGKILL before its first instruction. One that joins by itself lives. */
static bool is_stillborn(struct hp_start *start) {
    if (__atomic_load_n(&start->report->begun, __ATOMIC_ACQUIRE)) return false;
    hp_reap_unseen(start->pid, start->pidfd);
    if (start->pidfd >= 0) hp_sys_close(start->pidfd);
    start->pidfd = -1;
    return true;
}

/* What a cgroup refuses is found again by the child, which can say that it was that. */
static int by_clone3_into(struct hp_start *start, uint64_t flags) {
    if (start->extra[HP_EXTRA_CGROUP] < 0 || is_suspended(start) ||
        !hp_spawn_has(HP_SPAWN_HAS_CGROUP))
        return by_clone3(start, flags, false);
    start->pid = by_clone3(start, flags, true);
    if (start->pid == -EAGAIN || start->pid == -ENOMEM) return start->pid;
    if (start->pid >= 0 && !is_stillborn(start)) return start->pid;
    const bool unknown = start->pid == -EINVAL || start->pid == -E2BIG || start->pid >= 0;
    const int answer = by_clone3(start, flags, false);
    if (unknown && answer >= 0) hp_spawn_lack(HP_SPAWN_HAS_CGROUP);
    return answer;
}

static int by_clone(struct hp_start *start, uint64_t flags) {
    void *top = flags & CLONE_VM ? start->stack.low + start->stack.size : 0;
    start->joins_cgroup = start->extra[HP_EXTRA_CGROUP] >= 0;
    return hp_sys_clone_run((unsigned long)flags, top, flags & CLONE_PIDFD ? &start->pidfd : 0,
                            &start->ended, hp_child_run, start);
}

/* The copy of a start in a copied child is its own; its report is written where both can see it. */
static int by_fork(struct hp_start *start, uint64_t flags) {
    void *page = 0;
    if (is_suspended(start)) return -EOPNOTSUPP;
    int answer = hp_sys_mmap(0, sizeof *start->report, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0, &page);
    if (answer < 0) return answer;
    start->report = page;
    answer = by_clone(start, flags);
    start->own = *start->report;
    start->report = &start->own;
    hp_sys_munmap(page, sizeof start->own);
    return answer;
}

static int climb(struct hp_start *start, const struct rung *rung) {
    start->rung = rung->name;
    start->beside = is_beside(start, rung->name);
    const uint64_t flags = rung->flags | common_flags(start);
    if (rung->name == HP_SPAWN_CLONE3) return by_clone3_into(start, flags);
    return rung->name == HP_SPAWN_FORK ? by_fork(start, flags) : by_clone(start, flags);
}

/* Before 5.2 the kernel took the flag of the pidfd for another, and ignored it. */
static void see_rung(struct hp_start *start, const struct rung *rung, bool refused) {
    if (refused) hp_spawn_lack(rung->explains);
    if (rung->flags & CLONE_PIDFD && start->pidfd < 0) {
        hp_spawn_lack(HP_SPAWN_HAS_PIDFD);
        if (start->rung == HP_SPAWN_CLONE) start->rung = HP_SPAWN_VFORK;
    }
    uint64_t *const counters[] = {&hp_spawn_counters.clone3, &hp_spawn_counters.clone,
                                  &hp_spawn_counters.vfork, &hp_spawn_counters.fork};
    hp_spawn_count(counters[start->rung - HP_SPAWN_CLONE3]);
}

static int climb_all(struct hp_start *start) {
    int answer = -ENOSYS;
    bool refused = false;
    for (size_t i = 0; i < HP_COUNT(rungs); i++) {
        if (!has_all(rungs[i].needs)) continue;
        answer = climb(start, &rungs[i]);
        if (answer >= 0) see_rung(start, &rungs[i], refused);
        if (answer >= 0 || !hp_is_refusal(answer)) return answer;
        refused = true;
    }
    return answer;
}

const struct hp_spawn_system hp_spawn_system = {.death_is_thread = true};

/* Until the child executes it would run this process's handlers in this process's memory. */
int hp_start_run(struct hp_start *start) {
    const uint64_t all = ~(uint64_t)0;
    uint64_t mask = 0;
    hp_start_compile(start);
    start->parent_pid = start->plan->death_signal || is_suspended(start) ? hp_sys_getpid() : 0;
    start->gate = is_suspended(start);
    hp_sys_sigmask(&all, &mask);
    start->pid = climb_all(start);
    hp_sys_sigmask(&mask, 0);
    return start->pid < 0 ? start->pid : 0;
}

/* Kernels before 4.8 clear no word for a child that was killed. Launched, it is known by its
 * answer. */
static bool is_over(const struct hp_start *start) {
    const bool known = !start->channel || __atomic_load_n(&start->done, __ATOMIC_ACQUIRE);
    return known && start->pid > 0 && hp_is_over(start->pid, start->pidfd);
}

bool hp_start_await(struct hp_start *start, hp_deadline deadline) {
    while (__atomic_load_n(&start->ended, __ATOMIC_ACQUIRE)) {
        const hp_deadline until = hp_start_next_look(deadline);
        if (hp_sys_futex_wait_kernel(&start->ended, 1, until) != -ETIMEDOUT) continue;
        if (is_over(start)) return true;
        if (until == deadline) return false;
    }
    return true;
}

void hp_start_go(struct hp_start *start) {
    __atomic_store_n(&start->gate, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&start->gate, 1);
    hp_start_await(start, HP_FOREVER);
}
