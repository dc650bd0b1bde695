/* SPDX-License-Identifier: MIT */
/* As many descriptors as the limit allows, up to a hundred thousand; and what an accept loop does
 * when there is none left. */
#include "poll_test.h"

#include <netinet/in.h>
#include <sys/resource.h>

enum { ROOM = 256, MOST = 100000, SPARE = 200, CALLERS = 20 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
} t;

static int set_up(void **state) {
    fresh(state);
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    return 0;
}

static struct rlimit raise_limit(void) {
    struct rlimit old, all;
    getrlimit(RLIMIT_NOFILE, &old);
    all = old;
    all.rlim_cur = all.rlim_max;
    setrlimit(RLIMIT_NOFILE, &all);
    return old;
}

static struct {
    int fd;
    hp_token token;
    bool seen;
} all[MOST];

static intptr_t fill(intptr_t most) {
    for (intptr_t i = 0; i < most; i++) {
        all[i].seen = false;
        all[i].fd = eventfd(0, EFD_CLOEXEC);
        if (all[i].fd < 0) return i;
        all[i].token = add(t.poller, all[i].fd, HP_POLL_READABLE | HP_POLL_ONESHOT, (void *)i);
    }
    return most;
}

static void each_of_very_many_is_found(void **state) {
    (void)state;
    const struct rlimit old = raise_limit();
    struct rlimit now;
    getrlimit(RLIMIT_NOFILE, &now);
    const long limit = now.rlim_cur > MOST + SPARE ? MOST : (long)now.rlim_cur - SPARE;
    const intptr_t count = fill(limit);
    int found = 0, wanted = 0;
    assert_int_equal(count, limit);
    for (intptr_t i = 0; i < count; i += 7, wanted++) eventfd_write(all[i].fd, 1);
    while (found < wanted) {
        const struct hp_event *event;
        assert_true(hp_batch_wait(&t.batch, soon()) > 0);
        for (; hp_batch_next(&t.batch, &event); found++) {
            const intptr_t i = (intptr_t)event->data;
            assert_true(i % 7 == 0 && event->token == all[i].token && !all[i].seen);
            all[i].seen = true;
        }
    }
    assert_nothing(&t.batch);
    for (intptr_t i = 0; i < count; i++) {
        assert_int_equal(hp_poller_remove(t.poller, all[i].token, &t.batch, HP_FOREVER), 0);
        close(all[i].fd);
    }
    print_message("%ld descriptors\n", (long)count);
    setrlimit(RLIMIT_NOFILE, &old);
}

/* ---- No descriptor left ---------------------------------------------------------------------- */

static int listener(struct sockaddr_in *address) {
    socklen_t length = sizeof *address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof *address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
    assert_int_equal(listen(fd, CALLERS), 0);
    return fd;
}

/* The listener is disarmed until a timer says to look again: no spin, and nobody is lost. */
struct loop {
    int fd, waits, refusals, accepted;
    hp_token listener, timer;
};

static void accept_all(struct loop *loop, int *taken) {
    for (;;) {
        const int fd = hp_sys_accept4(loop->fd, 0, 0, SOCK_NONBLOCK);
        if (fd == -EMFILE) {
            loop->refusals++;
            assert_int_equal(hp_poller_modify(t.poller, loop->listener, 0), 0);
            assert_int_equal(hp_poller_set_timer(t.poller, loop->timer, hp_sys_after(MILLISECOND)),
                             0);
        }
        if (fd < 0) return;
        taken[loop->accepted++] = fd;
    }
}

static void turn(struct loop *loop, int *taken) {
    const struct hp_event *event;
    loop->waits++;
    hp_batch_wait(&t.batch, soon());
    while (hp_batch_next(&t.batch, &event)) {
        if (event->kind == HP_POLL_TIMER)
            assert_int_equal(hp_poller_modify(t.poller, loop->listener, HP_POLL_READABLE), 0);
        else
            accept_all(loop, taken);
    }
}

static void an_accept_loop_survives_the_limit(void **state) {
    (void)state;
    struct sockaddr_in address;
    struct loop loop = {.fd = listener(&address)};
    int callers[CALLERS], taken[CALLERS];
    struct rlimit old, tight;
    loop.listener = add(t.poller, loop.fd, HP_POLL_READABLE, 0);
    assert_int_equal(hp_poller_add_timer(t.poller, HP_FOREVER, 0, &loop.timer), 0);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(callers[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    getrlimit(RLIMIT_NOFILE, &old);
    tight = old;
    tight.rlim_cur = (rlim_t)callers[CALLERS - 1] + 1; /* and holes below, if there are any */
    setrlimit(RLIMIT_NOFILE, &tight);
    while (loop.refusals < 3) turn(&loop, taken);
    assert_in_range(loop.waits, 5, 3 + 3); /* each refusal, and each timer between two */
    setrlimit(RLIMIT_NOFILE, &old);
    while (loop.accepted < CALLERS) turn(&loop, taken);
    for (int i = 0; i < CALLERS; i++) {
        close(callers[i]);
        close(taken[i]);
    }
    close(loop.fd);
}

static void no_descriptor_no_poller(void **state) {
    (void)state;
    struct hp_poller *poller = 0;
    struct rlimit old, tight;
    const int before = descriptors();
    getrlimit(RLIMIT_NOFILE, &old);
    tight = old;
    for (tight.rlim_cur = 0; tight.rlim_cur < 4096; tight.rlim_cur++) {
        setrlimit(RLIMIT_NOFILE, &tight);
        const int answer = hp_poller_open(&poller, 0);
        setrlimit(RLIMIT_NOFILE, &old);
        if (answer == 0) break;
        assert_int_equal(answer, -EMFILE);
        assert_int_equal(descriptors(), before);
    }
    assert_non_null(poller);
    hp_poller_close(poller);
    assert_int_equal(descriptors(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_of_very_many_is_found),
        TEST(an_accept_loop_survives_the_limit),
        TEST(no_descriptor_no_poller),
    };
    return run_poll_tests(tests);
}
