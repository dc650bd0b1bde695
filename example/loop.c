/* SPDX-License-Identifier: MIT */
/* A loop with a timer that ticks, a signal that counts, and a child whose end ends it: no handler,
 * no descriptor for the timer, and no waitpid for children that are somebody else's. */
#include <hardpan.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 8, TICK = 2000000, SIGNALS = 3 };

static void be_child(pid_t parent) {
    for (int i = 0; i < SIGNALS; i++) {
        hp_sys_sleep(hp_sys_after(5 * TICK));
        hp_sys_kill(parent, SIGUSR1);
    }
    hp_sys_sleep(hp_sys_after(5 * TICK));
    _exit(7);
}

int main(void) {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    const struct hp_event *event;
    hp_token timer, usr1, child;
    sigset_t blocked;
    int ticks = 0, signals = 0, status = -1;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, 0); /* or its action would run instead */
    const pid_t parent = hp_sys_getpid(), pid = fork();
    if (pid == 0) be_child(parent);

    if (hp_poller_open(&poller, 0) < 0 || hp_batch_open(&batch, poller, room, ROOM) < 0) return 1;
    if (hp_poller_add_timer(poller, hp_sys_after(TICK), 0, &timer) < 0) return 1;
    if (hp_poller_add_signal(poller, SIGUSR1, 0, &usr1) < 0) return 1;
    const int answer = hp_poller_add_process(poller, pid, 0, &child);
    if (answer < 0) return printf("no pidfd: %s\n", hp_error_text(answer)), 1;
    while (status < 0) {
        hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event)) {
            if (event->kind == HP_POLL_TIMER) {
                ticks++; /* from the deadline that was, so that ticks do not drift */
                hp_poller_set_timer(poller, timer, event->value + TICK);
            }
            signals += event->kind == HP_POLL_SIGNAL;
            if (event->kind == HP_POLL_PROCESS) hp_sys_wait4((int)event->value, &status, 0, 0);
        }
    }
    hp_poller_close(poller);
    printf("%d ticks, %d signals, child ended with %d\n", ticks, signals, WEXITSTATUS(status));
    return ticks == 0 || signals != SIGNALS || WEXITSTATUS(status) != 7;
}
