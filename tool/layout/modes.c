/* SPDX-License-Identifier: MIT */
/* The layouts, and a child in one: personality and limits are what exec looks at, so they are set
 * between fork and exec. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../doctor/probe.h"
#include "../tool.h"
#include "verify.h"

#define KIB (UINT64_C(1) << 10)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

const struct mode modes[] = {
    {"default", 0, 0, false, false},
    {"-L", ADDR_COMPAT_LAYOUT, 0, false, false},
    {"-R", ADDR_NO_RANDOMIZE, 0, false, false},
    {"-R -L", ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT, 0, false, false},
    {"stack unlimited", 0, UINT64_MAX, false, false},
    {"stack 64 KiB", 0, 64 * KIB, false, false},
    {"stack 100 GiB", 0, 100 * GIB, false, false},
    {"stack 128 TiB", 0, 128 * TIB, false, false},
    {"no CAP_SYS_RAWIO", 0, 0, false, true},
    {"i386", 0, 0, true, false},
    {"i386 -L", ADDR_COMPAT_LAYOUT, 0, true, false},
    {"i386 -R", ADDR_NO_RANDOMIZE, 0, true, false},
    {"i386 -3", ADDR_LIMIT_3GB, 0, true, false},
    {"i386 -3 -R", ADDR_LIMIT_3GB | ADDR_NO_RANDOMIZE, 0, true, false},
    {"i386 stack unlimited", 0, UINT64_MAX, true, false},
    {"i386 stack 64 KiB", 0, 64 * KIB, true, false},
    {"i386 stack 1 GiB", 0, GIB, true, false},
};
const unsigned mode_count = sizeof modes / sizeof *modes;

/* The twin lies beside this program. */
static int worker_path(const struct mode *mode, char *path, size_t size) {
    static const char twin[] = "hardpan-verify-i386";
    const long length = hp_sys_readlinkat(-100, "/proc/self/exe", path, size - sizeof twin - 1);
    if (length < 0) return (int)length;
    path[length] = 0;
    char *name = strrchr(path, '/');
    if (mode->twin && name) memcpy(name + 1, twin, sizeof twin);
    return access(path, X_OK) ? -errno : 0;
}

static int drop_raw_io(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (hp_sys_call(SYS_capget, (long)&head, (long)data, 0, 0, 0, 0)) return -1;
    data[0].effective &= ~(1u << CAP_SYS_RAWIO);
    data[0].permitted &= ~(1u << CAP_SYS_RAWIO);
    data[0].inheritable &= ~(1u << CAP_SYS_RAWIO);
    /* root's exec would give it back */
    if (hp_sys_call(SYS_prctl, 24 /* PR_CAPBSET_DROP */, CAP_SYS_RAWIO, 0, 0, 0, 0) && !getuid())
        return -1;
    return (int)hp_sys_call(SYS_capset, (long)&head, (long)data, 0, 0, 0, 0);
}

static int limit_stack(uint64_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit)) return -1;
    limit.rlim_cur = bytes == UINT64_MAX ? RLIM_INFINITY : (rlim_t)bytes;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max)
        limit.rlim_max = limit.rlim_cur;
    return setrlimit(RLIMIT_STACK, &limit);
}

enum { NO_PERSONALITY = 121, NO_LIMIT, NO_DROP, NO_EXEC };

static const char *why_not(int status) {
    switch (status) {
    case NO_PERSONALITY: return "the personality cannot be set\n";
    case NO_LIMIT: return "the stack limit cannot be set that high\n";
    case NO_DROP: return "the capability cannot be given up\n";
    case NO_EXEC: return "the worker cannot be executed here\n";
    default: return "the worker ended before it was done\n";
    }
}

static void become(const struct mode *mode, const char *path, char **arguments) {
    static char *none[] = {0};
    if (personality((unsigned long)mode->personality) < 0) _exit(NO_PERSONALITY);
    if (mode->stack && limit_stack(mode->stack)) _exit(NO_LIMIT);
    if (mode->bare && drop_raw_io()) _exit(NO_DROP);
    execve(path, arguments, none);
    _exit(NO_EXEC);
}

/* Keeps a line, cut off at the end of the room. */
static void keep(struct outcome *outcome, const char *line) {
    const size_t length = strlen(outcome->said), room = sizeof outcome->said - length;
    snprintf(outcome->said + length, room, "%s", line);
}

static bool read_done(const char *line, struct outcome *o) {
    unsigned long long n[6];
    if (sscanf(line, "done %llu calls %llu exact %llu refused %llu sets %llu history %llu", &n[0],
               &n[1], &n[2], &n[3], &n[4], &n[5]) != 6)
        return false;
    o->calls = n[0], o->exact = n[1], o->refused = n[2];
    o->sets = n[3], o->histories = n[4], o->compared = n[5];
    return true;
}

static bool listen_to(FILE *worker, const struct mode *mode,
                      void (*progress)(const struct mode *, uint64_t), struct outcome *outcome) {
    char line[512];
    bool done = false;
    while (fgets(line, sizeof line, worker)) {
        unsigned long long at;
        if (sscanf(line, "at %llu", &at) == 1)
            progress(mode, at);
        else if (read_done(line, outcome))
            done = true;
        else
            keep(outcome, line);
    }
    return done;
}

static void finish(int child, bool done, struct outcome *outcome) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BLIND;
    if (done && (outcome->status == EXIT_FINE || outcome->status == EXIT_WRONG)) return;
    if (!*outcome->said) keep(outcome, why_not(outcome->status));
    outcome->status = EXIT_BLIND;
}

static void blind_mode(struct outcome *outcome, const char *why) {
    outcome->status = EXIT_BLIND;
    keep(outcome, why);
    keep(outcome, "\n");
}

void run_mode(const struct mode *mode, uint64_t calls, uint64_t seed, uint64_t without,
              void (*progress)(const struct mode *, uint64_t), struct outcome *outcome) {
    char path[512], numbers[3][32];
    char *arguments[] = {"hardpan", "verify", "--worker", numbers[0], numbers[1], numbers[2], 0};
    int ends[2];
    *outcome = (struct outcome){0};
    const uint64_t values[] = {calls, seed, without};
    for (int i = 0; i < 3; i++)
        snprintf(numbers[i], sizeof *numbers, "%llu", (unsigned long long)values[i]);
    if (worker_path(mode, path, sizeof path))
        return blind_mode(outcome,
                          "no worker of 32 bits (hardpan-verify-i386) beside this program");
    if (hp_sys_pipe2(ends, 0) < 0) return blind_mode(outcome, "no pipe");
    const pid_t child = fork();
    if (child < 0) return blind_mode(outcome, "no process");
    if (!child) {
        if (dup2(ends[1], STDOUT_FILENO) < 0) _exit(NO_EXEC);
        become(mode, path, arguments);
    }
    hp_sys_close(ends[1]);
    FILE *worker = fdopen(ends[0], "r");
    const bool done = worker && listen_to(worker, mode, progress, outcome);
    if (worker) fclose(worker);
    finish(child, done, outcome);
}
