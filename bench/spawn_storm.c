/* SPDX-License-Identifier: MIT */
/* Twenty threads that write a program and execute it: how many per second, and how many were busy
 * (ETXTBSY), by a bare clone3 from each thread, by posix_spawn, by the bay, by four launchers.
 * SECONDS is how long each is given: 3, or the first argument. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hardpan.h>

#include "clone.h"
#include "nr.h"

enum { THREADS = 20, LAUNCHERS = 4 };

static char *const argv[] = {(char *)(uintptr_t) "nothing", 0};
static struct hp_launcher launcher;
static struct hp_bay bay;
static char program[1 << 20];
static ssize_t length;

static unsigned long executed, busy; /* of one slice */
static double until;
static int (*run)(const char *path);

/* All take turns in short slices: what else the machine does meets each. */
enum { SLICES = 12 };
struct way {
    const char *name;
    int (*run)(const char *path);
    unsigned long executed, busy;
};

struct child {
    const char *path;
    int error;
};

static void execute(void *argument) {
    struct child *child = argument;
    child->error = (int)-syscall(SYS_execve, child->path, argv, 0);
    child->error = errno;
    _exit(127);
}

/* As vfork does it, on a stack of its own, with signals blocked. */
static int by_clone(const char *path) {
    static __thread char stack[16384] __attribute__((aligned(64)));
    struct child child = {path, 0};
    sigset_t all, mask;
    struct clone_args arguments = {.flags = CLONE_VM | CLONE_VFORK,
                                   .exit_signal = SIGCHLD,
                                   .stack = (uintptr_t)stack,
                                   .stack_size = sizeof stack};
    const long a[6] = {(long)&arguments, 64, 0, 0, 0, 0};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    const long pid = arch_clone(HP_NR_clone3, a, execute, &child);
    pthread_sigmask(SIG_SETMASK, &mask, 0);
    waitpid((pid_t)pid, 0, 0);
    return -child.error;
}

static int by_posix_spawn(const char *path) {
    pid_t pid;
    const int error = posix_spawn(&pid, path, 0, 0, argv, 0);
    if (!error) waitpid(pid, 0, 0);
    return -error;
}

static int by(const char *path, int way) {
    const struct hp_spawn_plan plan = {
        .path = path, .argv = argv, .kept = ~0ull, .way = way, .bay = &bay, .launcher = &launcher};
    struct hp_process process;
    const int answer = hp_spawn(&process, &plan, 0);
    if (answer < 0) return answer;
    hp_process_wait(&process, 0, HP_FOREVER);
    return hp_process_close(&process);
}
static int by_here(const char *path) { return by(path, HP_SPAWN_HERE); }
static int by_bay(const char *path) { return by(path, HP_SPAWN_BAY); }
static int by_launcher(const char *path) { return by(path, HP_SPAWN_LAUNCHER); }

static void *write_and_run(void *argument) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/hp-bench-%d-%ld", getpid(), (long)(intptr_t)argument);
    while (bench_now() < until) {
        const int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
        if (to < 0 || write(to, program, (size_t)length) != length) exit(1);
        close(to);
        const int answer = run(path);
        if (answer && answer != -ETXTBSY) exit(1);
        __atomic_fetch_add(answer ? &busy : &executed, 1, __ATOMIC_RELAXED);
    }
    unlink(path);
    return 0;
}

static void storm(struct way *way, double seconds) {
    pthread_t threads[THREADS];
    executed = busy = 0;
    run = way->run;
    until = bench_now() + seconds * 1e9;
    for (intptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, write_and_run, (void *)i);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
    way->executed += executed;
    way->busy += busy;
}

static void print(const struct way *way, double seconds) {
    printf("%-24s %9.0f a second %8lu busy (%.2f %%)\n", way->name, (double)way->executed / seconds,
           way->busy, 100.0 * (double)way->busy / (double)(way->executed + way->busy));
}

int main(int count, char **words) {
    struct way ways[] = {{"a bare clone3", by_clone, 0, 0},
                         {"posix_spawn", by_posix_spawn, 0, 0},
                         {"hardpan, from here", by_here, 0, 0},
                         {"hardpan, by the bay", by_bay, 0, 0},
                         {"hardpan, four launchers", by_launcher, 0, 0}};
    enum { WAYS = sizeof ways / sizeof *ways, PLAIN = 0, BAY = 3, LAUNCHED = 4 };
    const double seconds = count > 1 ? atof(words[1]) : 3;
    const int from = open(NOTHING, O_RDONLY | O_CLOEXEC);
    length = read(from, program, sizeof program);
    close(from);
    if (length <= 0 || hp_bay_open(&bay) < 0 || hp_launcher_open(&launcher, LAUNCHERS) < 0)
        return 1;
    printf("%d threads write a program and execute it, %.0f s each\n", THREADS, seconds);
    for (int i = 0; i < SLICES * WAYS; i++) storm(&ways[i % WAYS], seconds / SLICES);
    for (int i = 0; i < WAYS; i++) print(&ways[i], seconds);
    const double ratio = (double)ways[LAUNCHED].executed / (double)ways[PLAIN].executed;
    printf("busy by the bay and by launchers: %lu %s\n", ways[BAY].busy + ways[LAUNCHED].busy,
           ways[BAY].busy + ways[LAUNCHED].busy ? "over" : "PASS");
    printf("four launchers beside a bare clone3: %.3f %s\n", ratio, ratio >= 1 ? "PASS" : "over");
    return 0;
}
