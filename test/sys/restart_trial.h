/* SPDX-License-Identifier: MIT */
/* One call in one process, with signals: the child blocks, gets signals one by one, each only when
 * the one before was handled and the call sleeps again, then the event that ends it. */
#ifndef HP_TEST_RESTART_TRIAL_H
#define HP_TEST_RESTART_TRIAL_H

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "watch.h"

enum { SIGNALS = 3, TOGETHER = 16 };

/* What a row's functions hand to one another. */
struct call {
    long a[6];
    int fd[2];
    char folder[32]; /* a temporary one; empty: none */
    int id;          /* of System V */
    void *shared;    /* memory of both processes */
};

struct row {
    const char *name;
    long number;                         /* -1: this architecture has no such call */
    bool (*prepare)(struct call *call);  /* before the child is made; false: absent here */
    void (*in_child)(struct call *call); /* or NULL */
    void (*finish)(struct call *call,
                   pid_t child); /* the event, and the end of what prepare made */
    bool endless;                /* there is no event: the child is killed when it has restarted */
};

/* Shared by the child, its watcher and the program. */
struct trial {
    struct watch_mark mark;
    int signals; /* handled */
    bool absent;
    bool blocked; /* still, after all the signals */
    long answer;
    int64_t late; /* nanoseconds after a deadline; negative: too early */
    uint64_t retries;
};

typedef void body_function(struct trial *trial, struct call *call, const struct row *row);

static struct trial *signalled;

static inline void on_signal(int signal) {
    (void)signal;
    __atomic_fetch_add(&signalled->signals, 1, __ATOMIC_RELEASE);
}

static inline void be_child(struct trial *trial, struct call *call, const struct row *row,
                            int flags, body_function *body) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signalled = trial;
    sigaction(SIGUSR1, &action, 0);
    if (row->in_child) row->in_child(call);
    __atomic_store_n(&trial->mark.entered, 1, __ATOMIC_RELEASE);
    body(trial, call, row);
    __atomic_store_n(&trial->mark.done, 1, __ATOMIC_RELEASE);
    _exit(0);
}

static inline bool signal_it(struct trial *trial, pid_t child) {
    for (int sent = 0; sent < SIGNALS; sent++) {
        if (!watch_until_blocked(child, &trial->mark)) return false;
        kill(child, SIGUSR1);
        while (__atomic_load_n(&trial->signals, __ATOMIC_ACQUIRE) <= sent) {
            if (watch_state(child) == 'Z') return false;
            watch_pause();
        }
    }
    return watch_until_blocked(child, &trial->mark);
}

static inline void run_trial(struct trial *trial, const struct row *row, int flags,
                             body_function *body) {
    struct call call = {.fd = {-1, -1}, .id = -1};
    if (row->number < 0 || !row->prepare(&call)) {
        trial->absent = true;
        return;
    }
    const pid_t child = fork();
    if (child == 0) be_child(trial, &call, row, flags, body);
    trial->blocked = signal_it(trial, child);
    if (row->finish) row->finish(&call, child);
    if (row->endless && trial->blocked) kill(child, SIGKILL);
    waitpid(child, 0, 0);
}

static inline void *shared_memory(size_t size) {
    void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) exit(2);
    return memory;
}

/* One process each, a few at a time: they do little but wait. */
static inline void run_processes(size_t count, void (*function)(size_t index)) {
    int running = 0;
    for (size_t i = 0; i < count; i++) {
        if (running == TOGETHER && wait(0) > 0) running--;
        const pid_t pid = fork();
        if (pid == 0) {
            function(i);
            _exit(0);
        }
        running += pid > 0;
    }
    while (wait(0) > 0) {}
}

#endif
