/* SPDX-License-Identifier: MIT */
/* The control of the poll room's filters: libevent does under one of them what our tests do, waits
 * for a timer and for a descriptor. From 2.2 on it calls epoll_pwait2 and has no way round it: its
 * loop ends with an error, and the timer never fires (seen with 2.2.1-alpha-dev). Debian's 2.1.12
 * does not know that call, sets a timerfd before each wait instead, and lives. */
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_WITH_PWAIT2 = 0x02020000 };
static int came;

static void came_one(evutil_socket_t fd, short what, void *bit) {
    (void)fd, (void)what;
    came |= *(const int *)bit;
}

static int say(const char *what, int status) {
    printf("libevent %s: %s\n", event_get_version(), what);
    return status;
}

/* 0 when it did what its version is known to do where `refused` is refused. */
int main(int count, char **arguments) {
    static const int timer_bit = 1, pipe_bit = 2;
    const struct timeval soon = {0, 5000};
    const char *refused = count > 1 ? arguments[1] : "";
    const int dies =
        !strcmp(refused, "epoll_pwait2") && event_get_version_number() >= FIRST_WITH_PWAIT2;
    int ends[2];
    alarm(10);
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    if (!base || pipe(ends) < 0) return say("no base", 1);
    struct event *timer = event_new(base, -1, 0, came_one, (void *)&timer_bit);
    struct event *reader = event_new(base, ends[0], EV_READ, came_one, (void *)&pipe_bit);
    event_add(timer, &soon);
    event_add(reader, 0);
    if (write(ends[1], "x", 1) != 1) return 1;
    if (event_base_dispatch(base) < 0) return say("the loop ended with an error", !dies);
    if (came != 3) return say("the events did not come", !dies);
    return say("both came", dies);
}
