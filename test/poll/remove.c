/* SPDX-License-Identifier: MIT */
/* Removal: what was found before is held back, a delivery by another thread is waited for and one's
 * own is not, and what a description outlives its descriptor by does not matter. */
#include "poll_test.h"

#include <signal.h>

enum { ROOM = 8 };

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

static int ready_one(void) { return eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK); }

/* Each of four removes the three others when its turn comes, and itself. */
static void a_delivery_may_remove_what_was_found_with_it(void **state) {
    (void)state;
    enum { ALL = 4 };
    int fds[ALL];
    hp_token tokens[ALL];
    const struct hp_event *event;
    const uint64_t stale = totals().stale;
    for (intptr_t i = 0; i < ALL; i++) {
        fds[i] = ready_one();
        tokens[i] = add(t.poller, fds[i], HP_POLL_READABLE, (void *)i);
    }
    assert_int_equal(hp_batch_wait(&t.batch, soon()), ALL);
    assert_int_equal(hp_batch_next(&t.batch, &event), 1);
    for (int i = 0; i < ALL; i++) {
        assert_int_equal(hp_poller_remove(t.poller, tokens[i], &t.batch, HP_FOREVER), 0);
        close(fds[i]);
    }
    assert_int_equal(hp_batch_next(&t.batch, &event), 0);
    assert_int_equal(totals().stale - stale, ALL - 1);
    assert_nothing(&t.batch);
}

/* The slot and the number of the descriptor are another's by the time of the second delivery. */
static void who_comes_after_does_not_inherit_the_event(void **state) {
    (void)state;
    int old[2] = {ready_one(), ready_one()};
    hp_token tokens[2];
    const struct hp_event *event;
    for (intptr_t i = 0; i < 2; i++) tokens[i] = add(t.poller, old[i], HP_POLL_READABLE, (void *)i);
    assert_int_equal(hp_batch_wait(&t.batch, soon()), 2);
    assert_int_equal(hp_batch_next(&t.batch, &event), 1);
    const int other = event->token == tokens[0];
    assert_int_equal(hp_poller_remove(t.poller, tokens[other], &t.batch, HP_NOW), 0);
    close(old[other]);
    const int heir = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(heir, old[other]);
    const hp_token fresh_one = add(t.poller, heir, HP_POLL_READABLE, 0);
    assert_int_equal((uint32_t)fresh_one, (uint32_t)tokens[other]);
    assert_int_equal(hp_batch_next(&t.batch, &event), 0);
    close(heir);
    close(old[!other]);
}

/* epoll goes on watching what a descriptor stood for, after close, while a copy is open. */
static void a_copy_keeps_nothing_alive(void **state) {
    (void)state;
    int ends[2];
    make_pair(ends);
    const hp_token token = add(t.poller, ends[0], HP_POLL_READABLE, 0);
    const int copy = dup(ends[0]);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_nothing(&t.batch);
    close(copy);
    close(ends[1]);
}

static void a_child_keeps_nothing_alive(void **state) {
    (void)state;
    int ends[2], gate[2];
    char byte;
    make_pair(ends);
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    const hp_token token = add(t.poller, ends[0], HP_POLL_READABLE, 0);
    const pid_t child = fork();
    if (child == 0) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) != 0);
    }
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_nothing(&t.batch);
    close_pair(gate);
    waitpid(child, 0, 0);
    close(ends[1]);
}

/* Closed first, which is against the rules: it is said, and the registration is gone. */
static void closed_first_is_told(void **state) {
    (void)state;
    const int fd = ready_one();
    const hp_token token = add(t.poller, fd, HP_POLL_READABLE, 0);
    close(fd);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), is_on_poll() ? 0 : -EBADF);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), -ESTALE);
    assert_nothing(&t.batch);
}

/* ---- Another thread delivers ----------------------------------------------------------------- */

static struct {
    hp_token token;
    int delivering, let_go, left, removed_after_left, answer;
} d;

#define SET(word, n) __atomic_store_n(&(word), n, __ATOMIC_SEQ_CST)
#define GET(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)

static void until_set(const int *word) {
    while (!__atomic_load_n(word, __ATOMIC_SEQ_CST)) usleep(100);
}

static void *deliver_slowly(void *argument) {
    struct hp_event room[2];
    struct hp_batch batch;
    const struct hp_event *event;
    (void)argument;
    hp_batch_open(&batch, t.poller, room, 2);
    hp_batch_wait(&batch, HP_FOREVER);
    d.token = hp_batch_next(&batch, &event) ? event->token : 0;
    SET(d.delivering, 1);
    until_set(&d.let_go);
    SET(d.left, 1);
    hp_batch_done(&batch);
    hp_batch_close(&batch);
    return 0;
}

static void *remove_now(void *argument) {
    d.answer = hp_poller_remove(t.poller, d.token, 0, HP_FOREVER);
    d.removed_after_left = GET(d.left);
    return argument;
}

static hp_token start_delivery(int *fd, pthread_t *thread) {
    memset(&d, 0, sizeof d);
    *fd = ready_one();
    const hp_token token = add(t.poller, *fd, HP_POLL_READABLE | HP_POLL_ONESHOT, 0);
    assert_int_equal(pthread_create(thread, 0, deliver_slowly, 0), 0);
    until_set(&d.delivering);
    assert_int_equal(d.token, token);
    return token;
}

static void a_delivery_is_waited_for(void **state) {
    (void)state;
    int fd;
    pthread_t deliverer, remover;
    const uint64_t awaited = totals().awaited;
    start_delivery(&fd, &deliverer);
    assert_int_equal(pthread_create(&remover, 0, remove_now, 0), 0);
    while (!GET(t.poller->removers)) usleep(100); /* it is about to sleep, or sleeps */
    SET(d.let_go, 1);
    pthread_join(remover, 0);
    pthread_join(deliverer, 0);
    assert_int_equal(d.answer, 0);
    assert_int_equal(d.removed_after_left, 1);
    assert_int_equal(totals().awaited - awaited, 1);
    close(fd);
}

static void a_removal_need_not_wait(void **state) {
    (void)state;
    int fd;
    pthread_t deliverer;
    const hp_token token = start_delivery(&fd, &deliverer);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), HP_POLL_DELIVERING);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), -ESTALE);
    assert_int_equal(hp_poller_settle(t.poller, token, 0, HP_NOW), HP_POLL_DELIVERING);
    assert_int_equal(hp_poller_settle(t.poller, token, 0, hp_sys_after(MILLISECOND)),
                     HP_POLL_DELIVERING);
    /* whoever gets the slot is not taken for the one that is still delivered */
    const int other = eventfd(0, EFD_CLOEXEC);
    const hp_token heir = add(t.poller, other, HP_POLL_READABLE, 0);
    assert_int_equal((uint32_t)heir, (uint32_t)token);
    assert_int_equal(hp_poller_remove(t.poller, heir, 0, HP_NOW), 0);
    SET(d.let_go, 1);
    assert_int_equal(hp_poller_settle(t.poller, token, 0, soon()), 0);
    assert_int_equal(GET(d.left), 1);
    pthread_join(deliverer, 0);
    close(other);
    close(fd);
}

/* Both wait, neither for ever: the one that gives up is told, and can ask again when it is done. */
static struct {
    hp_token tokens[2];
    int answers[2], holding;
    pthread_barrier_t both;
} m;

static void *remove_the_other(void *argument) {
    struct hp_event room[2];
    struct hp_batch batch;
    const struct hp_event *event;
    (void)argument;
    hp_batch_open(&batch, t.poller, room, 2);
    while (hp_batch_wait(&batch, HP_FOREVER) == 0 || !hp_batch_next(&batch, &event)) {}
    const int mine = event->token == m.tokens[1];
    __atomic_fetch_add(&m.holding, 1, __ATOMIC_SEQ_CST);
    pthread_barrier_wait(&m.both);
    m.answers[mine] =
        hp_poller_remove(t.poller, m.tokens[!mine], &batch, hp_sys_after(20 * MILLISECOND));
    pthread_barrier_wait(&m.both);
    hp_batch_close(&batch);
    return 0;
}

static void deliveries_may_remove_each_other(void **state) {
    (void)state;
    int fds[2] = {eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC)};
    pthread_t threads[2];
    memset(&m, 0, sizeof m);
    pthread_barrier_init(&m.both, 0, 2);
    for (int i = 0; i < 2; i++)
        m.tokens[i] = add(t.poller, fds[i], HP_POLL_READABLE | HP_POLL_ONESHOT, 0);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], 0, remove_the_other, 0);
        eventfd_write(fds[i], 1); /* one event, so one thread takes it */
        while (GET(m.holding) <= i) usleep(100);
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(m.answers[i], HP_POLL_DELIVERING);
        assert_int_equal(hp_poller_settle(t.poller, m.tokens[i], 0, HP_NOW), 0);
        close(fds[i]);
    }
    pthread_barrier_destroy(&m.both);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_delivery_may_remove_what_was_found_with_it),
        TEST(who_comes_after_does_not_inherit_the_event),
        TEST(a_copy_keeps_nothing_alive),
        TEST(a_child_keeps_nothing_alive),
        TEST(closed_first_is_told),
        TEST(a_delivery_is_waited_for),
        TEST(a_removal_need_not_wait),
        TEST(deliveries_may_remove_each_other),
    };
    return run_poll_tests(tests);
}
