/* SPDX-License-Identifier: MIT */
/* What a start costs its caller: beside a bare clone3 that only executes, and beside posix_spawn;
 * in a parent that has much memory, and in one that has many descriptors. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hardpan.h>

#include "clone.h"
#include "nr.h"

enum { STARTS = 40, GIB = 1 << 30, FEW = 70, MANY = 10000 };

static char *const argv[] = {(char *)(uintptr_t) "nothing", 0};
static const struct hp_spawn_fd fds[] = {{0, 0}, {1, 1}, {2, 2}};
static struct hp_spawn_plan plan = {.path = NOTHING, .argv = argv, .fds = fds, .fd_count = 3};
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

static double posix_once(void) {
    pid_t pid;
    const double begin = bench_now();
    if (posix_spawn(&pid, NOTHING, 0, 0, argv, 0)) exit(1);
    const double took = bench_now() - begin;
    waitpid(pid, 0, 0);
    return took;
}

static double ours_once(int to_the_end) {
    struct hp_process process;
    const double begin = bench_now();
    if (hp_spawn(&process, &plan, 0) < 0) exit(1);
    double took = bench_now() - begin;
    hp_process_wait(&process, 0, HP_FOREVER);
    if (to_the_end) took = bench_now() - begin;
    hp_process_close(&process);
    return took;
}

static double median_of(double (*once)(int), int argument) {
    static double took[BENCH_ROUNDS];
    for (int i = 0; i < BENCH_ROUNDS; i++) took[i] = once(argument);
    return bench_median(took);
}
static double bare_any(int unused) { return (void)unused, bare_once(); }
static double posix_any(int unused) { return (void)unused, posix_once(); }

static double bare(void) { return median_of(bare_any, 0); }
static double posix(void) { return median_of(posix_any, 0); }
static double ours(void) { return median_of(ours_once, 0); }

static double ours_kept(void) {
    plan.kept = ~0ull;
    const double took = ours();
    plan.kept = 0;
    return took;
}

static double async_once(int unused) {
    struct hp_process process;
    (void)unused;
    const double begin = bench_now();
    if (hp_spawn(&process, &plan, 0) < 0) exit(1);
    const double took = bench_now() - begin;
    if (hp_process_started(&process, 0, HP_FOREVER) < 0) exit(1);
    hp_process_wait(&process, 0, HP_FOREVER);
    hp_process_close(&process);
    return took;
}

/* ---- One state of the parent beside another -------------------------------------------------- */

static void print_pair(const char *name, double before, double after, double most) {
    const double ratio = after / before;
    printf("%-44s %10.1f %10.1f %7.3f %8s %s\n", name, before, after, ratio, "",
           !most           ? ""
           : ratio <= most ? "PASS"
                           : "over");
}

static void memory(void) {
    const double before = ours_kept(), bare_before = bare();
    void *much = mmap(0, 2ull * GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (much == MAP_FAILED) return;
    madvise(much, 2ull * GIB, MADV_NOHUGEPAGE);
    memset(much, 1, 2ull * GIB);
    print_pair("2 GiB in 4 KiB pages, beside 10 MiB", before, ours_kept(), 1.3);
    print_pair("                     a bare clone3", bare_before, bare(), 0);
    munmap(much, 2ull * GIB);
}

static double to_the_end(int way) {
    plan.way = way;
    plan.kept = ~0ull;
    const double took = median_of(ours_once, 1);
    plan.way = plan.kept = 0;
    return took;
}

static double posix_to_the_end(int unused) {
    pid_t pid;
    (void)unused;
    const double begin = bench_now();
    if (posix_spawn(&pid, NOTHING, 0, 0, argv, 0)) exit(1);
    waitpid(pid, 0, 0);
    return bench_now() - begin;
}

static void descriptors(void) {
    const double here = to_the_end(HP_SPAWN_HERE), by_bay = to_the_end(HP_SPAWN_BAY),
                 by_launcher = to_the_end(HP_SPAWN_LAUNCHER), peer = median_of(posix_to_the_end, 0);
    int opened = 0;
    while (opened < MANY && dup(0) >= 0) opened++;
    if (opened < MANY) printf("only %d descriptors are allowed here\n", opened);
    print_pair("10,000 descriptors: by the bay, reaped", by_bay, to_the_end(HP_SPAWN_BAY), 1.3);
    print_pair("                    by a launcher", by_launcher, to_the_end(HP_SPAWN_LAUNCHER),
               1.3);
    print_pair("                    from here", here, to_the_end(HP_SPAWN_HERE), 0);
    print_pair("                    posix_spawn", peer, median_of(posix_to_the_end, 0), 0);
    syscall(SYS_close_range, FEW, ~0u, 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

enum { LIVE = 500 };

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
    static double bare_took[BENCH_ROUNDS], took[BENCH_ROUNDS], swept[BENCH_ROUNDS];
    char *const words[] = {(char *)(uintptr_t) "sleep", (char *)(uintptr_t) "1000", 0};
    struct hp_spawn_plan sleeper = plan;
    sleeper.path = "/bin/sleep";
    sleeper.argv = words;
    for (int i = 0; i < LIVE; i++)
        if (hp_spawn(&processes[i], &sleeper, 0) < 0) exit(1);
    for (int i = 0; i < BENCH_ROUNDS; i++) {
        struct hp_process *one = &processes[i * 8], *other = &processes[i * 8 + 1];
        end_one(one);
        end_one(other);
        took[i] = reap_ours(one);
        bare_took[i] = reap_bare(other);
        one->pid = other->pid = 0;
        swept[i] = sweep(processes);
    }
    for (int i = 0; i < LIVE; i++) {
        hp_process_signal(&processes[i], SIGKILL);
        hp_process_wait(&processes[i], 0, HP_FOREVER);
        hp_process_close(&processes[i]);
    }
    const double ours_took = bench_median(took), least = bench_median(bare_took);
    printf("%-44s %10.1f %10.1f %7.3f %+8.1f %s\n", "one end among 500, beside a bare waitpid",
           least, ours_took, ours_took / least, ours_took - least,
           ours_took - least <= 1000 ? "PASS" : "over");
    printf("%-44s %10.1f\n", "                   asking each of the 500", bench_median(swept));
}

int main(void) {
    const struct bench benches[] = {
        {"from here, beside a bare clone3", bare, ours_kept, 1.15, 0},
        {"all 62 signals reset too", bare, ours, 0, 0},
        {"from here, beside posix_spawn", posix, ours_kept, 0, 0},
        {"posix_spawn, beside a bare clone3", bare, posix, 0, 0},
    };
    if (hp_bay_open(&bay) < 0 || hp_launcher_open(&launcher, 1) < 0) return 1;
    plan.bay = &bay;
    plan.launcher = &launcher;
    plan.way = HP_SPAWN_HERE;
    bench_head("spawn: to the program");
    for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) bench_run(&benches[i]);
    descriptors();
    memory();
    one_end_among_many();
    plan.way = HP_SPAWN_LAUNCHER;
    plan.flags = HP_SPAWN_ASYNC;
    const double caller = median_of(async_once, 0);
    printf("%-44s %10s %10.1f %7s %8s %s\n", "asynchronous, the caller's part", "", caller, "", "",
           caller <= 15000 ? "PASS" : "over");
    return 0;
}
