/* SPDX-License-Identifier: MIT */
/* Threads that wait and deliver, while others add, remove, free and close, so that slots, memory
 * and numbers of descriptors are somebody else's all the time. Whoever is handed an event asks
 * whether its owner lives, and asks again when the delivery ends. What programs do without
 * generations, EPOLL_CTL_DEL and then free, is run in the same harness and is caught. */
#include "poll_test.h"

#include <sched.h>
#include <sys/epoll.h>

enum { WAITERS = 3, CHURNERS = 2, ROOM = 16, POOL = 8, OPERATIONS = 1000000, LONG = 10000000 };
enum { YIELD = 8, CONTROL_MOST = 3000000, ALIVE = 0x600d };

/* Freed by who removed it: the address sanitizer sees whoever looks in after. */
struct payload {
    unsigned alive;
};

/* What outlives every registration, so that a late look is counted and does no harm. */
struct client {
    unsigned alive; /* ALIVE, or 0 */
    hp_token token;
    struct payload *payload;
    int fd;
};

static struct {
    struct hp_poller *poller;
    int epoll, stop;
    long operations, wanted, events, ghosts, wrong, by_waiters;
    struct client clients[CHURNERS][POOL];
    bool until_caught;
} g;

#define ADD(counter, n) __atomic_fetch_add(&(counter), n, __ATOMIC_RELAXED)
#define GET(counter) __atomic_load_n(&(counter), __ATOMIC_SEQ_CST)
#define SET(counter, n) __atomic_store_n(&(counter), n, __ATOMIC_SEQ_CST)

static bool is_over(void) {
    return GET(g.stop) || GET(g.operations) >= g.wanted || (g.until_caught && GET(g.ghosts));
}

/* One look at the start of a delivery and one at its end. */
static void deliver(struct client *client, unsigned turn) {
    ADD(g.events, 1);
    if (GET(client->alive) != ALIVE) ADD(g.ghosts, 1);
    if (turn % 4 == 0) sched_yield();
    if (GET(client->alive) != ALIVE) ADD(g.ghosts, 1);
}

/* ---- hardpan --------------------------------------------------------------------------------- */

/* After remove has answered 0 nobody else looks into it. */
static void bury(struct client *client) {
    SET(client->alive, 0);
    client->payload->alive = 0;
    free(client->payload);
    close(client->fd);
    ADD(g.operations, 3);
    SET(client->fd, -1);
}

static void remove_inside(struct hp_batch *batch, struct client *client, hp_token token) {
    const int answer = hp_poller_remove(g.poller, token, batch, HP_FOREVER);
    if (answer == -ESTALE) return;
    if (answer != 0) ADD(g.wrong, 1);
    bury(client);
    ADD(g.by_waiters, 1);
}

static void *wait_for_events(void *argument) {
    struct hp_event room[ROOM];
    struct hp_batch batch;
    unsigned turn = (unsigned)(uintptr_t)argument;
    if (hp_batch_open(&batch, g.poller, room, ROOM) < 0) ADD(g.wrong, 1);
    while (!GET(g.stop)) {
        const struct hp_event *event;
        if (hp_batch_wait(&batch, hp_sys_after(MILLISECOND)) < 0) ADD(g.wrong, 1);
        while (hp_batch_next(&batch, &event)) {
            struct client *client = event->data;
            const hp_token known = GET(client->token); /* 0 until add has answered */
            if (known && known != event->token) ADD(g.ghosts, 1);
            if (client->payload->alive != ALIVE) ADD(g.ghosts, 1);
            deliver(client, turn);
            turn = turn * 1103515245 + 12345;
            if ((turn >> 16) % 8 == 0) remove_inside(&batch, client, event->token);
        }
    }
    hp_batch_close(&batch);
    return 0;
}

/* An eventfd that is readable from birth: found by everybody from the moment it is added. */
static void settle_in(struct client *client) {
    hp_token token = 0;
    const int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    client->payload = malloc(sizeof *client->payload);
    client->payload->alive = ALIVE;
    SET(client->fd, fd);
    SET(client->token, 0);
    SET(client->alive, ALIVE);
    if (hp_poller_add(g.poller, fd, HP_POLL_READABLE, client, &token) < 0) ADD(g.wrong, 1);
    SET(client->token, token);
}

static void move_out(struct client *client) {
    const int answer = hp_poller_remove(g.poller, GET(client->token), 0, HP_FOREVER);
    if (answer == 0) {
        bury(client);
        return;
    }
    if (answer != -ESTALE) ADD(g.wrong, 1);
    while (GET(client->fd) >= 0) sched_yield(); /* a waiter is about to bury it */
}

static void *churn(void *argument) {
    struct client *clients = argument;
    for (unsigned turn = 0; !is_over(); turn++) {
        struct client *client = &clients[turn % POOL];
        if (turn >= POOL) move_out(client);
        settle_in(client);
        if (turn % YIELD == 0) sched_yield();
    }
    SET(g.stop, 1);
    for (int i = 0; i < POOL; i++)
        if (clients[i].payload) move_out(&clients[i]);
    return 0;
}

/* ---- Without generations --------------------------------------------------------------------- */

static void *wait_plainly(void *argument) {
    struct epoll_event room[ROOM];
    unsigned turn = (unsigned)(uintptr_t)argument;
    while (!GET(g.stop)) {
        const int found = epoll_wait(g.epoll, room, ROOM, 1);
        for (int i = 0; i < found; i++, turn++) deliver(room[i].data.ptr, turn);
    }
    return 0;
}

static void *churn_plainly(void *argument) {
    struct client *clients = argument;
    for (unsigned turn = 0; !is_over(); turn++) {
        struct client *client = &clients[turn % POOL];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        if (turn >= POOL) {
            epoll_ctl(g.epoll, EPOLL_CTL_DEL, client->fd, 0);
            SET(client->alive, 0);
            close(client->fd);
        }
        client->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        SET(client->alive, ALIVE);
        epoll_ctl(g.epoll, EPOLL_CTL_ADD, client->fd, &event);
        ADD(g.operations, 3);
    }
    SET(g.stop, 1);
    for (int i = 0; i < POOL; i++) close(clients[i].fd);
    return 0;
}

static void run(void *(*waiter)(void *), void *(*churner)(void *), long wanted) {
    pthread_t waiters[WAITERS], churners[CHURNERS];
    g.wanted = wanted;
    for (uintptr_t i = 0; i < WAITERS; i++) pthread_create(&waiters[i], 0, waiter, (void *)i);
    for (int i = 0; i < CHURNERS; i++) pthread_create(&churners[i], 0, churner, g.clients[i]);
    for (int i = 0; i < CHURNERS; i++) pthread_join(churners[i], 0);
    for (int i = 0; i < WAITERS; i++) pthread_join(waiters[i], 0);
}

static void nothing_is_delivered_for_the_dead(void **state) {
    (void)state;
    const struct hp_poll_totals before = totals();
    const char *asked = getenv("HP_OPERATIONS");
    memset(&g, 0, sizeof g);
    g.poller = poller_open();
    run(wait_for_events, churn, asked ? atol(asked) : getenv("HP_LONG") ? LONG : OPERATIONS);
    const struct hp_poll_totals after = totals();
    print_message("%ld operations, %ld by deliveries, %ld events, %llu held back, %llu awaited\n",
                  g.operations, 3 * g.by_waiters, g.events,
                  (unsigned long long)(after.stale - before.stale),
                  (unsigned long long)(after.awaited - before.awaited));
    assert_int_equal(g.ghosts, 0);
    assert_int_equal(g.wrong, 0);
    assert_true(g.events > 0 && g.by_waiters > 0);
    hp_poller_close(g.poller);
}

static void without_generations_it_is_caught(void **state) {
    (void)state;
    memset(&g, 0, sizeof g);
    g.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (g.epoll < 0) return; /* forbidden here; elsewhere it is caught */
    g.until_caught = true;
    run(wait_plainly, churn_plainly, CONTROL_MOST);
    print_message("EPOLL_CTL_DEL, then free: %ld ghosts after %ld operations\n", g.ghosts,
                  g.operations);
    assert_true(g.ghosts > 0);
    close(g.epoll);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_delivered_for_the_dead, fresh),
        cmocka_unit_test_setup(without_generations_it_is_caught, fresh),
    };
    return run_poll_tests(tests);
}
