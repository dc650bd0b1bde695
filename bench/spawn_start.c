/* SPDX-License-Identifier: MIT */
/* What a start costs its caller: beside a bare clone3 that only executes, beside posix_spawn,
 * libuv, Go and Rust; in a parent that has much memory, and in one that has many descriptors.
 * Parents are processes of their own and take turns (spawn_parent.h). */
#include "spawn_parent.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <hardpan.h>

#include "clone.h"
#include "nr.h"

enum { MIB = 1 << 20, LITTLE = 10, MUCH = 2048, FEW = 70, MANY = 10000 };

static char *const argv[] = {(char *)(uintptr_t) "nothing", 0};
static const struct hp_spawn_fd fds[] = {{0, 0}, {1, 1}, {2, 2}};
static struct hp_spawn_plan plan = {.path = NOTHING, .argv = argv, .fds = fds, .fd_count = 3};
static uint64_t unignored;
static struct hp_launcher launcher;
static struct hp_bay bay;

/* ---- Each way once: nanoseconds, to the answer or to the end --------------------------------- */

static char stack[65536] __attribute__((aligned(64)));

static void execute(void *argument) {
    execve(NOTHING, argument, 0);
    _exit(127);
}

static double bare_once(void) {
    int fd = -1;
    struct clone_args arguments = {.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
                                   .pidfd = (uintptr_t)&fd,
                                   .exit_signal = SIGCHLD,
                                   .stack = (uintptr_t)stack,
                                   .stack_size = sizeof stack};
    const long a[6] = {(long)&arguments, 64, 0, 0, 0, 0};
    const double begin = bench_now();
    const long pid = arch_clone(HP_NR_clone3, a, execute, (void *)argv);
    const double took = bench_now() - begin;
    waitpid((pid_t)pid, 0, 0);
    close(fd);
    return took;
}

static double posix_once(int to_the_end) {
    pid_t pid;
    const double begin = bench_now();
    if (posix_spawn(&pid, NOTHING, 0, 0, argv, 0)) exit(1);
    double took = bench_now() - begin;
    waitpid(pid, 0, 0);
    if (to_the_end) took = bench_now() - begin;
    return took;
}

static double ours_once(int way, uint64_t kept, int to_the_end) {
    struct hp_process process;
    plan.way = way;
    plan.kept = kept;
    const double begin = bench_now();
    if (hp_spawn(&process, &plan, 0) < 0) exit(1);
    double took = bench_now() - begin;
    hp_process_wait(&process, 0, HP_FOREVER);
    if (to_the_end) took = bench_now() - begin;
    hp_process_close(&process);
    return took;
}

static double async_once(void) {
    struct hp_process process;
    plan.way = HP_SPAWN_LAUNCHER;
    plan.kept = 0;
    plan.flags = HP_SPAWN_ASYNC;
    const double begin = bench_now();
    if (hp_spawn(&process, &plan, 0) < 0) exit(1);
    const double took = bench_now() - begin;
    if (hp_process_started(&process, 0, HP_FOREVER) < 0) exit(1);
    hp_process_wait(&process, 0, HP_FOREVER);
    hp_process_close(&process);
    plan.flags = 0;
    return took;
}

/* What a parent is asked for; a capital: to the end, not to the answer. */
static double once(char what) {
    switch (what) {
    case 'b': return bare_once();
    case 'p': return posix_once(0);
    case 'P': return posix_once(1);
    case 'd': return ours_once(HP_SPAWN_HERE, 0, 0);
    case 'k': return ours_once(HP_SPAWN_HERE, unignored, 0);
    case 'K': return ours_once(HP_SPAWN_HERE, ~0ull, 1);
    case 'Y': return ours_once(HP_SPAWN_BAY, ~0ull, 1);
    case 'L': return ours_once(HP_SPAWN_LAUNCHER, ~0ull, 1);
    default: return async_once();
    }
}

/* ---- Parents --------------------------------------------------------------------------------- */

struct parent {
    int ask, answer;
};

/* A parent ends when nobody holds the other end of its pipe, so none may hold another's. */
enum { PARENTS_MOST = 16 };
static int asking[PARENTS_MOST], parents;

static void end_asking(void) {
    while (parents) close(asking[--parents]);
}

/* NULL: this program with more memory or more descriptors. */
static struct parent begin_parent(const char *program, size_t mib, int descriptors) {
    int asks[2], answers[2];
    if (pipe2(asks, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0) exit(1);
    if (fork() == 0) {
        end_asking();
        close(asks[1]);
        if (program) {
            dup2(asks[0], 0);
            dup2(answers[1], 1);
            execl(program, program, NOTHING, (char *)0);
            _exit(127);
        }
        void *memory =
            mmap(0, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) _exit(1);
        madvise(memory, mib * MIB, MADV_NOHUGEPAGE);
        memset(memory, 1, mib * MIB);
        if (hp_bay_open(&bay) < 0 || hp_launcher_open(&launcher, 1) < 0) _exit(1);
        unignored = ~hp_spawn_ignored();
        plan.bay = &bay;
        plan.launcher = &launcher;
        for (int fd = 0; fd < descriptors;)
            if ((fd = dup(0)) < 0) _exit(1);
        parent_serve(asks[0], answers[1], once);
        _exit(0);
    }
    close(asks[0]);
    close(answers[1]);
    asking[parents++] = asks[1];
    return (struct parent){asks[1], answers[0]};
}

static double ask(struct parent parent, char what) {
    double answer;
    if (write(parent.ask, &what, 1) != 1 ||
        read(parent.answer, &answer, sizeof answer) != sizeof answer) {
        fprintf(stderr, "a parent is gone: 2 GiB and 10,000 descriptors are needed\n");
        exit(1);
    }
    return answer;
}

static struct parent theirs, ours;
static char theirs_is, ours_is;
static double ask_theirs(void) { return ask(theirs, theirs_is); }
static double ask_ours(void) { return ask(ours, ours_is); }

static void beside(const char *name, struct parent one, char one_is, struct parent other,
                   char other_is, double most) {
    const struct bench bench = {name, ask_theirs, ask_ours, most, 0};
    theirs = one;
    theirs_is = one_is;
    ours = other;
    ours_is = other_is;
    bench_run(&bench);
}

static void starts(struct parent usual) {
    const struct { const char *name, *program; } others[] = {OTHERS{"none", 0}};
    bench_head("spawn: to the program");
    beside("from here, beside a bare clone3", usual, 'b', usual, 'd', 1.15);
    beside("           what is not ignored is kept", usual, 'b', usual, 'k', 1.15);
    beside("posix_spawn, beside a bare clone3", usual, 'b', usual, 'p', 0);
    beside("from here, beside posix_spawn", usual, 'p', usual, 'd', 1);
    for (size_t i = 0; others[i].program; i++) {
        char name[64];
        snprintf(name, sizeof name, "           beside %s", others[i].name);
        beside(name, begin_parent(others[i].program, 0, 0), 's', usual, 'd', 1);
    }
}

static void sizes(struct parent usual) {
    const struct parent much = begin_parent(0, MUCH, 0), few = begin_parent(0, LITTLE, FEW),
                        many = begin_parent(0, LITTLE, MANY);
    beside("2 GiB in 4 KiB pages, beside 10 MiB", usual, 'd', much, 'd', 1.3);
    beside("                     a bare clone3", usual, 'b', much, 'b', 0);
    beside("10,000 descriptors, beside 70: by the bay", few, 'Y', many, 'Y', 1.3);
    beside("                    by a launcher", few, 'L', many, 'L', 1.3);
    beside("                    from here", few, 'K', many, 'K', 0);
    beside("                    posix_spawn", few, 'P', many, 'P', 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

enum { LIVE = 500, ENDS = 61 };

static double thread_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* libuv's way: whoever it was, each child is asked about. */
static double sweep(struct hp_process *processes) {
    const double begin = thread_time();
    for (int i = 0; i < LIVE; i++)
        if (processes[i].pid) waitpid(processes[i].pid, 0, WNOHANG);
    return thread_time() - begin;
}

static double reap_bare(struct hp_process *process) {
    const double begin = thread_time();
    waitpid(process->pid, 0, WNOHANG);
    return thread_time() - begin;
}

static double reap_ours(struct hp_process *process) {
    const double begin = thread_time();
    if (hp_process_wait(process, 0, HP_NOW) < 0) exit(1);
    return thread_time() - begin;
}

static void end_one(struct hp_process *process) {
    siginfo_t info;
    hp_process_signal(process, SIGKILL);
    waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT);
}

/* To take an end away costs the kernel some microseconds by whatever call: what is beyond that is
 * judged. */
static void one_end_among_many(void) {
    static struct hp_process processes[LIVE];
    double bare_took[ENDS], took[ENDS], more[ENDS], swept[ENDS];
    char *const words[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "1000", 0};
    const struct hp_spawn_plan sleeper = {
        .path = "/bin/sleep", .argv = words, .fds = fds, .fd_count = 3};
    for (int i = 0; i < LIVE; i++)
        if (hp_spawn(&processes[i], &sleeper, 0) < 0) exit(1);
    for (int i = 0; i < ENDS; i++) {
        struct hp_process *one = &processes[i * 8], *other = &processes[i * 8 + 1];
        end_one(one);
        end_one(other);
        /* who comes first finds nothing of it in the caches */
        if (i & 1) took[i] = reap_ours(one);
        bare_took[i] = reap_bare(other);
        if (!(i & 1)) took[i] = reap_ours(one);
        more[i] = took[i] - bare_took[i];
        one->pid = other->pid = 0;
        swept[i] = sweep(processes);
    }
    for (int i = 0; i < LIVE; i++) {
        hp_process_signal(&processes[i], SIGKILL);
        hp_process_wait(&processes[i], 0, HP_FOREVER);
        hp_process_close(&processes[i]);
    }
    const struct bench bench = {"one end among 500, beside a bare waitpid", 0, 0, 0, 1000};
    const double least = bench_median(bare_took, ENDS), mine = bench_median(took, ENDS);
    bench_print(&bench, least, mine, mine / least, bench_median(more, ENDS));
    printf("%-44s %10.1f\n", "                   asking each of the 500",
           bench_median(swept, ENDS));
}

int main(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    one_end_among_many();
    const struct parent usual = begin_parent(0, LITTLE, 0);
    starts(usual);
    sizes(usual);
    double took[ENDS];
    for (int i = 0; i < ENDS; i++) took[i] = ask(usual, 'a');
    const double caller = bench_median(took, ENDS);
    printf("%-44s %10s %10.1f %7s %8s %s\n", "asynchronous, the caller's part", "", caller, "", "",
           caller <= 15000 ? "PASS" : "over");
    end_asking();
    while (wait(0) > 0) continue;
    return 0;
}
