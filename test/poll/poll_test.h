/* SPDX-License-Identifier: MIT */
/* What the tests of this room share. HP_POLL_LACKS names what hardpan is to do without, by the
 * names of hp_poll_has_name, parted by '+': so each test runs on each back end and waker.
 * HP_POLL_RUNG names a counter that must have moved by the end, HP_POLL_CALM one that must not. */
#ifndef POLL_TEST_H
#define POLL_TEST_H

#include "hp_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "poll.h" /* src/poll, by -iquote: <poll.h> is the system's */

#define MILLISECOND ((int64_t)1000000)
#define SECOND (1000 * MILLISECOND)

/* Long enough for any machine; a test that needs it all has failed. */
static inline hp_deadline soon(void) { return hp_sys_after(10 * SECOND); }

static inline unsigned bits_of(const char *names) {
    unsigned bits = 0;
    for (const char *name = names; name && *name;) {
        const size_t length = strcspn(name, "+");
        for (unsigned bit = 1; hp_poll_has_name(bit); bit <<= 1)
            if (strlen(hp_poll_has_name(bit)) == length &&
                !strncmp(name, hp_poll_has_name(bit), length))
                bits |= bit;
        name += length + (name[length] == '+');
    }
    return bits;
}

/* No rule; what was learnt is unlearnt; lacking what the environment says. */
static inline int fresh(void **state) {
    (void)state;
    open_reset();
    hp_poll_force(bits_of(getenv("HP_POLL_LACKS")));
    return 0;
}

static inline struct hp_poller *poller_open(void) {
    struct hp_poller *poller = 0;
    assert_int_equal(hp_poller_open(&poller, 0), 0);
    return poller;
}

static inline bool has_edges(const struct hp_poller *poller) {
    struct hp_poller_info info;
    hp_poller_info(poller, &info);
    return info.modes & HP_POLL_EDGE;
}

static inline bool is_on_poll(void) {
    struct hp_poller_info info;
    struct hp_poller *poller = poller_open();
    hp_poller_info(poller, &info);
    hp_poller_close(poller);
    return !strcmp(info.backend, "poll");
}

static inline struct hp_poll_totals totals(void) {
    struct hp_poll_totals now;
    hp_poll_stats(&now);
    return now;
}

static inline void make_pair(int ends[2]) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

static inline void close_pair(const int ends[2]) {
    close(ends[0]);
    close(ends[1]);
}

static inline hp_token add(struct hp_poller *poller, int fd, unsigned interest, void *data) {
    hp_token token = 0;
    assert_int_equal(hp_poller_add(poller, fd, interest, data, &token), 0);
    assert_int_not_equal(token, 0);
    return token;
}

/* Stray descriptors may be inherited: only differences mean something. */
static inline int descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* One wait and its only event, or NULL. */
static inline const struct hp_event *only_event(struct hp_batch *batch, hp_deadline deadline) {
    const struct hp_event *event = 0, *second;
    const int found = hp_batch_wait(batch, deadline);
    assert_true(found >= 0);
    if (!hp_batch_next(batch, &event)) return 0;
    static struct hp_event kept;
    kept = *event;
    assert_int_equal(hp_batch_next(batch, &second), 0);
    return &kept;
}

#define assert_nothing(batch) assert_null(only_event(batch, HP_NOW))

#define assert_event(batch, wanted, wanted_ready)                                                  \
    do {                                                                                           \
        const struct hp_event *event_ = only_event(batch, soon());                                 \
        assert_non_null(event_);                                                                   \
        assert_int_equal(event_->token, wanted);                                                   \
        assert_int_equal(event_->ready, wanted_ready);                                             \
    } while (0)

/* The counter of hp_poll_totals that HP_POLL_RUNG names; millisecond_waits is the door's. */
static inline uint64_t counter(const char *name) {
    const struct hp_poll_totals now = totals();
    struct hp_sys_totals door;
    hp_sys_stats(&door);
    if (!strcmp(name, "create1")) return now.opened_create1;
    if (!strcmp(name, "create")) return now.opened_create;
    if (!strcmp(name, "poll")) return now.opened_poll;
    if (!strcmp(name, "eventfd")) return now.wakers_eventfd;
    if (!strcmp(name, "pipe")) return now.wakers_pipe;
    if (!strcmp(name, "user")) return now.wakers_user;
    if (!strcmp(name, "milliseconds")) return door.millisecond_waits;
    fail_msg("no counter is called %s", name);
    return 0;
}

/* Which way was taken, at the end of everything. */
static inline int check_rung(void) {
    const char *moved = getenv("HP_POLL_RUNG"), *calm = getenv("HP_POLL_CALM");
    if (moved && *moved && !counter(moved)) return printf("%s never ran\n", moved), 1;
    if (calm && *calm && counter(calm)) return printf("%s ran\n", calm), 1;
    return 0;
}

#define run_poll_tests(tests) (cmocka_run_group_tests(tests, 0, 0) || check_rung())

#endif
