/* SPDX-License-Identifier: MIT */
#include "storm.h"

#include <hardpan.h>

enum { SIGNAL = SIGURG, PERIOD = 500000 };

static atomic_uint struck;
static void (*feed_now)(void);

static void handle(int signal) {
    (void)signal;
    if (atomic_fetch_add(&struck, 1) + 1 == STORM_FEEDS && feed_now) feed_now();
}

unsigned storm_struck(void) { return atomic_load(&struck); }

/* Where no signal can be sent the call is fed from here: it would wait for ever. */
static void *send_signals(void *context) {
    struct storm *storm = context;
    while (!atomic_load(&storm->over) && !storm->code) {
        hp_sys_sleep(hp_sys_after(PERIOD));
        if (!atomic_load(&storm->over))
            storm->code = hp_sys_tgkill(hp_sys_getpid(), storm->thread, SIGNAL);
    }
    if (storm->code && feed_now) feed_now();
    return 0;
}

/* Whoever started us may have blocked the signal, and a mask lives through exec. */
int storm_begin(struct storm *storm, void (*feed)(void)) {
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigset_t only;
    sigemptyset(&action.sa_mask);
    sigemptyset(&only);
    sigaddset(&only, SIGNAL);
    atomic_store(&struck, 0);
    atomic_init(&storm->over, false);
    feed_now = feed;
    storm->code = 0;
    storm->thread = hp_sys_gettid();
    sigaction(SIGNAL, &action, &storm->kept);
    pthread_sigmask(SIG_UNBLOCK, &only, &storm->mask);
    const int code = pthread_create(&storm->sender, 0, send_signals, storm);
    if (code) {
        pthread_sigmask(SIG_SETMASK, &storm->mask, 0);
        sigaction(SIGNAL, &storm->kept, 0);
    }
    return -code;
}

int storm_end(struct storm *storm) {
    atomic_store(&storm->over, true);
    pthread_join(storm->sender, 0);
    pthread_sigmask(SIG_SETMASK, &storm->mask, 0);
    sigaction(SIGNAL, &storm->kept, 0);
    return storm->code;
}
