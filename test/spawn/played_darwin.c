/* SPDX-License-Identifier: MIT */
/* The posix_spawn of macOS as far as src/sys/door/libc/darwin/spawn.c uses it. Its actions are
 * carried out in their order by a true child, or by the caller's own process (SETEXEC); what no
 * action named is closed by the execution (CLOEXEC_DEFAULT), and SETSIGDEF covers Linux's signals
 * above 31 too, which macOS has not. */
#include "played_darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "played/spawn.h"

enum { ACTIONS_MOST = 1024, NUMBERS = 4096, SIGNALS = 64, THEIR_SIGNALS = 31 };
enum kind { COPY, CLOSE, OPEN, INHERIT, GO, ENTER };

struct action {
    enum kind kind;
    int from, to, flags;
    const char *path;
};
struct actions {
    unsigned count;
    struct action each[ACTIONS_MOST];
};
struct attributes {
    int flags, group;
    sigset_t defaults, blocked;
};

struct played_spawns played_spawns;

/* ---- Making them ----------------------------------------------------------------------------- */

int posix_spawnattr_init(posix_spawnattr_t *attributes) {
    *attributes = calloc(1, sizeof(struct attributes));
    played_spawns.made++;
    return 0;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attributes) {
    free(*attributes);
    played_spawns.dropped++;
    return 0;
}

int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags) {
    ((struct attributes *)*attributes)->flags = flags;
    return 0;
}

int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes, pid_t group) {
    ((struct attributes *)*attributes)->group = group;
    return 0;
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *attributes, const sigset_t *set) {
    ((struct attributes *)*attributes)->defaults = *set;
    return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *attributes, const sigset_t *set) {
    ((struct attributes *)*attributes)->blocked = *set;
    return 0;
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions) {
    *actions = calloc(1, sizeof(struct actions));
    played_spawns.made++;
    return 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions) {
    free(*actions);
    played_spawns.dropped++;
    return 0;
}

static int add(posix_spawn_file_actions_t *to, struct action action) {
    struct actions *actions = *to;
    if (actions->count == ACTIONS_MOST) return ENOMEM;
    actions->each[actions->count++] = action;
    return 0;
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int to) {
    return add(actions, (struct action){.kind = COPY, .from = from, .to = to});
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd) {
    return add(actions, (struct action){.kind = CLOSE, .to = fd});
}

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *actions, int fd, const char *path,
                                     int flags, mode_t mode) {
    (void)mode;
    return add(actions, (struct action){.kind = OPEN, .to = fd, .flags = flags, .path = path});
}

int posix_spawn_file_actions_addinherit_np(posix_spawn_file_actions_t *actions, int fd) {
    return add(actions, (struct action){.kind = INHERIT, .to = fd});
}

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path) {
    return add(actions, (struct action){.kind = GO, .path = path});
}

int posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t *actions, int fd) {
    return add(actions, (struct action){.kind = ENTER, .from = fd});
}

/* ---- Carrying them out ----------------------------------------------------------------------- */

static int open_at(const struct action *action) {
    const int fd = open(action->path, action->flags);
    if (fd < 0 || fd == action->to) return fd;
    const int copy = dup2(fd, action->to);
    close(fd);
    return copy;
}

static int act(const struct action *action) {
    switch (action->kind) {
    case COPY: return dup2(action->from, action->to);
    case CLOSE: return close(action->to);
    case OPEN: return open_at(action);
    case INHERIT: return fcntl(action->to, F_GETFD);
    case GO: return chdir(action->path);
    default: return fchdir(action->from);
    }
}

/* A copy of a number to itself is nothing done: it does not make it stay. */
static bool names(const struct action *action) {
    return (action->kind == COPY && action->from != action->to) || action->kind == OPEN ||
           action->kind == INHERIT;
}

/* macOS stops a suspended one when it has executed: its descriptors are closed by then. */
static int act_all(const struct actions *actions, bool closes) {
    bool stays[NUMBERS] = {false};
    for (unsigned i = 0; i < actions->count; i++) {
        const struct action *action = &actions->each[i];
        if (act(action) < 0) return errno;
        stays[action->to] = names(action);
    }
    for (int fd = 0; fd < NUMBERS; fd++)
        if (closes && !stays[fd])
            close(fd);
        else
            fcntl(fd, F_SETFD, stays[fd] ? 0 : FD_CLOEXEC);
    return 0;
}

/* What is handled here would be so, in this memory, as soon as it is not blocked. By the kernel's
 * own call: the C library's refuses its own signals (32, 33), which glibc's posix_spawn leaves
 * ignored in what it starts, make's children among them. */
static void reset_signals(const struct attributes *attributes) {
    for (int i = 1; i <= SIGNALS; i++) {
        const struct {
            void (*handler)(int);
            unsigned long rest[4];
        } action = {.handler = SIG_DFL};
        struct sigaction old = {.sa_handler = SIG_DFL};
        sigaction(i, 0, &old);
        if (i > THEIR_SIGNALS || sigismember(&attributes->defaults, i) == 1 ||
            old.sa_handler != SIG_IGN)
            syscall(SYS_rt_sigaction, i, &action, 0, SIGNALS / 8);
    }
}

/* By the kernel's own call: all signals, and in a process that may share this memory. */
static int become(const char *path, const struct actions *actions,
                  const struct attributes *attributes, char *const *argv, char *const *envp) {
    static char *const none[] = {0};
    const int flags = attributes->flags;
    if (flags & POSIX_SPAWN_SETSID && setsid() < 0) return errno;
    if (flags & POSIX_SPAWN_SETPGROUP && setpgid(0, attributes->group) < 0) return errno;
    const bool suspended = flags & POSIX_SPAWN_START_SUSPENDED;
    if (suspended && access(path, X_OK) < 0) return errno;
    const int error = act_all(actions, suspended);
    if (error) return error;
    if (flags & POSIX_SPAWN_SETSIGDEF) reset_signals(attributes);
    if (suspended) raise(SIGSTOP);
    if (flags & POSIX_SPAWN_SETSIGMASK)
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &attributes->blocked, 0, 8);
    execve(path, argv, envp ? envp : none);
    return errno;
}

static int begin(pid_t *pid, const char *path, const struct actions *actions,
                 const struct attributes *attributes, char *const *argv, char *const *envp) {
    volatile int error = 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int child = vfork();
    if (child == 0) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): nothing of the parent's is changed */
        error = become(path, actions, attributes, argv, envp);
        _exit(127);
    }
    if (child < 0) error = errno;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    *pid = child;
    if (child > 0 && error) waitpid(child, 0, 0);
    return error;
}

/* Its parent may not be kept by it, and is told when it has stopped. */
static int begin_suspended(pid_t *pid, const char *path, const struct actions *actions,
                           const struct attributes *attributes, char *const *argv,
                           char *const *envp) {
    int status = 0;
    const int child = fork();
    if (child < 0) return errno;
    if (child == 0) _exit(become(path, actions, attributes, argv, envp));
    waitpid(child, &status, WUNTRACED);
    *pid = child;
    return WIFSTOPPED(status) ? 0 : WEXITSTATUS(status);
}

/* ---- On paper -------------------------------------------------------------------------------- */

static int imagine(struct model *model, const struct actions *actions) {
    for (int i = 0; i < MODEL_NUMBERS; i++) model->table[i] = i, model->stays[i] = false;
    for (unsigned i = 0; i < actions->count; i++) {
        const struct action *action = &actions->each[i];
        if (action->kind == COPY) model->table[action->to] = model->table[action->from];
        if (action->kind == OPEN) model->table[action->to] = MODEL_NULL;
        if (action->kind == CLOSE) model->table[action->to] = MODEL_NONE;
        model->stays[action->to] = names(action);
    }
    return 0;
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const *argv, char *const *envp) {
    const struct attributes *how = *attributes;
    if (!(how->flags & POSIX_SPAWN_CLOEXEC_DEFAULT)) return EINVAL;
    if (how->flags & POSIX_SPAWN_SETEXEC) return become(path, *actions, how, argv, envp);
    *pid = MODEL_PID;
    if (played_spawns.model) return imagine(played_spawns.model, *actions);
    played_spawns.spawned++;
    if (how->flags & POSIX_SPAWN_START_SUSPENDED)
        return begin_suspended(pid, path, *actions, how, argv, envp);
    return begin(pid, path, *actions, how, argv, envp);
}
