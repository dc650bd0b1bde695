/* SPDX-License-Identifier: MIT */
/* Timers: in order, never early, at most once for a deadline, cancelled for good; what a million of
 * them cost, counted in levels of the heap and in calls; and a sleeper that hears of an earlier. */
#include "poll_test.h"

#include <sched.h>

enum { ROOM = 64 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
} t;

#define SET(word, n) __atomic_store_n(&(word), n, __ATOMIC_SEQ_CST)
#define GET(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)

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

static hp_token timer(hp_deadline deadline, void *data) {
    hp_token token = 0;
    assert_int_equal(hp_poller_add_timer(t.poller, deadline, data, &token), 0);
    return token;
}

static void a_timer_fires_once_and_not_early(void **state) {
    (void)state;
    int here;
    const hp_deadline deadline = hp_sys_after(2 * MILLISECOND);
    const hp_token token = timer(deadline, &here);
    const struct hp_event *event = only_event(&t.batch, HP_FOREVER);
    assert_true(hp_sys_now() >= deadline);
    assert_true(event->token == token && event->data == &here && event->kind == HP_POLL_TIMER);
    assert_true(event->value == deadline && event->ready == 0);
    assert_int_equal(hp_batch_wait(&t.batch, hp_sys_after(MILLISECOND)), 0);
    const hp_deadline again = hp_sys_after(MILLISECOND);
    assert_int_equal(hp_poller_set_timer(t.poller, token, again), 0);
    assert_int_equal(only_event(&t.batch, HP_FOREVER)->value, again);
    assert_int_equal(hp_poller_remove(t.poller, token, &t.batch, HP_NOW), 0);
    assert_int_equal(hp_poller_set_timer(t.poller, token, HP_NOW), -ESTALE);
}

static void deadlines_in_the_past_fire_at_once(void **state) {
    (void)state;
    static const hp_deadline past[] = {HP_NOW, 1, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
        const hp_token token = timer(past[i], 0);
        const struct hp_event *event = only_event(&t.batch, i % 2 ? HP_NOW : HP_FOREVER);
        assert_true(event && event->token == token && event->value == past[i]);
    }
}

static void a_deadline_of_the_wait_comes_first_if_it_is_first(void **state) {
    (void)state;
    const hp_token token = timer(hp_sys_after(SECOND * 3600), 0);
    const hp_deadline deadline = hp_sys_after(MILLISECOND);
    assert_int_equal(hp_batch_wait(&t.batch, deadline), 0);
    assert_true(hp_sys_now() >= deadline);
    assert_int_equal(hp_poller_modify(t.poller, token, 0), -EINVAL);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
}

/* Found, and then set to another time, or removed, before it was handed out. */
static void a_timer_that_was_set_anew_is_not_due(void **state) {
    (void)state;
    const struct hp_event *event;
    hp_token tokens[4];
    for (int i = 0; i < 4; i++) tokens[i] = timer(HP_NOW, 0);
    assert_int_equal(hp_batch_wait(&t.batch, HP_NOW), 4);
    assert_int_equal(hp_poller_set_timer(t.poller, tokens[0], HP_FOREVER), 0);
    assert_int_equal(hp_poller_set_timer(t.poller, tokens[1], hp_sys_after(SECOND * 60)), 0);
    assert_int_equal(hp_poller_remove(t.poller, tokens[2], &t.batch, HP_NOW), 0);
    assert_int_equal(hp_batch_next(&t.batch, &event), 1);
    assert_int_equal(event->token, tokens[3]);
    assert_int_equal(hp_batch_next(&t.batch, &event), 0);
    assert_nothing(&t.batch);
}

/* Timers that are due all the time, and descriptors that are ready all the time. */
static void neither_kind_starves_the_other(void **state) {
    (void)state;
    int fds[ROOM], timers = 0, others = 0;
    for (int i = 0; i < ROOM; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        add(t.poller, fds[i], HP_POLL_READABLE, 0);
        timer(HP_NOW, 0);
    }
    for (int wait = 0; wait < 4; wait++) {
        const struct hp_event *event;
        assert_int_equal(hp_batch_wait(&t.batch, HP_NOW), ROOM);
        while (hp_batch_next(&t.batch, &event)) {
            timers += event->kind == HP_POLL_TIMER;
            others += event->kind == HP_POLL_DESCRIPTOR;
            if (event->kind == HP_POLL_TIMER) hp_poller_set_timer(t.poller, event->token, HP_NOW);
        }
    }
    assert_int_equal(timers, 4 * ROOM / 2);
    assert_int_equal(others, 4 * ROOM / 2);
    for (int i = 0; i < ROOM; i++) close(fds[i]);
}

/* ---- Against a model ------------------------------------------------------------------------- */

enum { MODEL = 200, STEPS = 20000 };
static struct {
    hp_token token;
    hp_deadline deadline; /* HP_FOREVER: not armed */
} model[MODEL];

static uint64_t seed;
static unsigned chance(unsigned n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void take_due(hp_deadline *last) {
    const struct hp_event *event;
    if (hp_batch_wait(&t.batch, HP_NOW) == 0) return;
    while (hp_batch_next(&t.batch, &event)) {
        const size_t i = (size_t)(uintptr_t)event->data;
        assert_int_equal(event->token, model[i].token);
        assert_int_equal(event->value, model[i].deadline);
        assert_true(event->value >= *last);
        *last = event->value;
        model[i].deadline = HP_FOREVER;
    }
}

/* All that are not after `now` have come, in their order. */
static void take_all_due(void) {
    hp_deadline last = INT64_MIN;
    const int64_t now = hp_sys_now();
    for (bool left = true; left;) {
        take_due(&last);
        left = false;
        for (size_t i = 0; i < MODEL; i++)
            left |= model[i].deadline != HP_FOREVER && model[i].deadline <= now;
    }
}

static void step(void) {
    const size_t i = chance(MODEL);
    const hp_deadline when =
        chance(8) ? hp_sys_after((int64_t)chance(2000000) - 200000) : HP_FOREVER;
    if (!model[i].token) {
        model[i].token = timer(when, (void *)(uintptr_t)i);
        model[i].deadline = when;
    } else if (chance(4) == 0) {
        assert_int_equal(hp_poller_remove(t.poller, model[i].token, 0, HP_NOW), 0);
        model[i].token = 0;
        model[i].deadline = HP_FOREVER;
    } else {
        assert_int_equal(hp_poller_set_timer(t.poller, model[i].token, when), 0);
        model[i].deadline = when;
    }
}

static void any_order_is_kept(void **state) {
    (void)state;
    const char *given = getenv("HP_SEED");
    seed = given ? strtoull(given, 0, 0) : (uint64_t)hp_sys_now();
    print_message("HP_SEED=%llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < MODEL; i++) {
        model[i].token = 0;
        model[i].deadline = HP_FOREVER;
    }
    for (int i = 0; i < STEPS; i++) {
        step();
        if (chance(16) == 0) take_all_due();
    }
}

/* ---- What they cost -------------------------------------------------------------------------- */

enum { MANY = 1000000 };

/* Levels moved for one timer, of `count`, armed in random order, half cancelled, half fired. */
static double steps_each(int count) {
    hp_token *tokens = malloc((size_t)count * sizeof *tokens);
    int fired = 0;
    seed = 5;
    const uint64_t before = totals().timer_steps;
    const unsigned calls = open_count(OPEN_EVERY);
    for (int i = 0; i < count; i++) tokens[i] = timer(1 + chance(MANY), 0);
    const unsigned arming = open_count(OPEN_EVERY) - calls;
    for (int i = 0; i < count; i += 2)
        assert_int_equal(hp_poller_remove(t.poller, tokens[i], 0, HP_NOW), 0);
    for (int found; (found = hp_batch_wait(&t.batch, HP_NOW)) > 0;) fired += found;
    assert_int_equal(fired, count / 2);
    for (int i = 1; i < count; i += 2)
        assert_int_equal(hp_poller_remove(t.poller, tokens[i], 0, HP_NOW), 0);
    assert_in_range(arming, 0, 2 * 20 + 2); /* memory, which doubles */
    free(tokens);
    return (double)(totals().timer_steps - before) / count;
}

/* One more level for four times as many: the base-4 logarithm, of which a timer that sinks from the
 * top passes nearly all. */
static void a_million_cost_their_logarithm(void **state) {
    (void)state;
    double last = 0;
    for (int count = 1000; count <= MANY; count *= 10) {
        const double each = steps_each(count);
        print_message("%7d timers: %.2f levels each\n", count, each);
        if (last > 0) assert_true(each - last < 1.661 + 0.1); /* log4(10) */
        last = each;
    }
    assert_true(last < 10); /* log4 of a million is 9.97 */
}

/* One timeout for all: neither arming nor waiting has a call of its own for them. */
static void a_timed_wait_is_one_call(void **state) {
    (void)state;
    hp_token tokens[ROOM];
    for (int i = 0; i < ROOM; i++) tokens[i] = timer(hp_sys_after(SECOND * 3600), 0);
    const unsigned calls = open_count(OPEN_EVERY), clock = open_count(HP_CALL_clock_gettime);
    for (int i = 0; i < ROOM; i++)
        hp_poller_set_timer(t.poller, tokens[i], hp_sys_after(SECOND * 3600 + i));
    assert_int_equal(open_count(OPEN_EVERY) - calls, open_count(HP_CALL_clock_gettime) - clock);
    const int fd = eventfd(1, EFD_CLOEXEC);
    add(t.poller, fd, HP_POLL_READABLE, 0);
    assert_int_equal(hp_batch_wait(&t.batch, HP_FOREVER), 1); /* memory, once */
    const unsigned before = open_count(OPEN_EVERY), ticks = open_count(HP_CALL_clock_gettime);
    assert_int_equal(hp_batch_wait(&t.batch, HP_FOREVER), 1);
    assert_int_equal(open_count(OPEN_EVERY) - before - (open_count(HP_CALL_clock_gettime) - ticks),
                     1);
    close(fd);
}

/* ---- Sleepers -------------------------------------------------------------------------------- */

enum { SLEEPERS = 3 };
static struct { int fired, stop, waits; } s;

static void *sleep_until_stop(void *argument) {
    struct hp_event room[2];
    struct hp_batch batch;
    hp_batch_open(&batch, t.poller, room, 2);
    while (!GET(s.stop)) {
        const struct hp_event *event;
        __atomic_fetch_add(&s.waits, 1, __ATOMIC_SEQ_CST);
        hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event))
            if (event->kind == HP_POLL_TIMER) __atomic_fetch_add(&s.fired, 1, __ATOMIC_SEQ_CST);
    }
    hp_batch_close(&batch);
    return argument;
}

static void wake_all(pthread_t *threads) {
    SET(s.stop, 1);
    for (int i = 0; i < SLEEPERS; i++) {
        while (hp_poller_wake(t.poller) == 0 && pthread_tryjoin_np(threads[i], 0) != 0)
            sched_yield();
    }
}

/* All of them sleep for ever, and then there is a timer; and then one that is earlier. */
static void sleepers_hear_of_an_earlier_timer(void **state) {
    (void)state;
    pthread_t threads[SLEEPERS];
    memset(&s, 0, sizeof s);
    for (int i = 0; i < SLEEPERS; i++) pthread_create(&threads[i], 0, sleep_until_stop, 0);
    for (int i = 1; i <= 50; i++) {
        const hp_token far = timer(hp_sys_after(3600 * SECOND), 0);
        const hp_token near = timer(hp_sys_after(MILLISECOND), 0);
        while (GET(s.fired) < i) sched_yield(); /* the test's own time limit ends this */
        assert_int_equal(GET(s.fired), i);
        assert_int_equal(hp_poller_remove(t.poller, near, 0, HP_FOREVER), 0);
        assert_int_equal(hp_poller_remove(t.poller, far, 0, HP_FOREVER), 0);
    }
    assert_in_range(GET(s.waits), 50, 50 + SLEEPERS);
    wake_all(threads);
}

/* Two of three take an event and stay away, among them maybe the only one that would have been
 * awake in time: the third has to keep watch then. */
static struct {
    int fds[2], let_go;
    hp_token tokens[2];
} w;

static void fetch(struct hp_batch *batch, int *taken) {
    const struct hp_event *event;
    while (hp_batch_next(batch, &event)) {
        if (event->kind == HP_POLL_TIMER) __atomic_fetch_add(&s.fired, 1, __ATOMIC_SEQ_CST);
        *taken += event->kind == HP_POLL_DESCRIPTOR;
    }
}

static void *take_an_event_and_stay_away(void *argument) {
    struct hp_event room[2];
    struct hp_batch batch;
    hp_batch_open(&batch, t.poller, room, 2);
    while (!GET(s.stop)) {
        int taken = 0;
        const int round = GET(w.let_go);
        hp_batch_wait(&batch, HP_FOREVER);
        fetch(&batch, &taken);
        while (taken && GET(w.let_go) == round) sched_yield();
    }
    hp_batch_close(&batch);
    return argument;
}

static void who_leaves_hands_the_watch_on(void **state) {
    (void)state;
    pthread_t threads[SLEEPERS];
    memset(&s, 0, sizeof s);
    memset(&w, 0, sizeof w);
    for (int i = 0; i < 2; i++) {
        w.fds[i] = eventfd(1, EFD_CLOEXEC);
        w.tokens[i] = add(t.poller, w.fds[i], HP_POLL_ONESHOT, 0);
    }
    for (int i = 0; i < SLEEPERS; i++)
        pthread_create(&threads[i], 0, take_an_event_and_stay_away, 0);
    for (int round = 1; round <= 100; round++) {
        const hp_token token = timer(hp_sys_after(MILLISECOND), 0);
        for (int i = 0; i < 2; i++)
            hp_poller_modify(t.poller, w.tokens[i], HP_POLL_READABLE | HP_POLL_ONESHOT);
        while (GET(s.fired) < round) sched_yield(); /* the test's own time limit ends this */
        SET(w.let_go, round);
        assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_FOREVER), 0);
    }
    assert_int_equal(GET(s.fired), 100);
    wake_all(threads);
    for (int i = 0; i < 2; i++) close(w.fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_timer_fires_once_and_not_early),
        TEST(deadlines_in_the_past_fire_at_once),
        TEST(a_deadline_of_the_wait_comes_first_if_it_is_first),
        TEST(a_timer_that_was_set_anew_is_not_due),
        TEST(neither_kind_starves_the_other),
        TEST(any_order_is_kept),
        TEST(a_million_cost_their_logarithm),
        TEST(a_timed_wait_is_one_call),
        TEST(sleepers_hear_of_an_earlier_timer),
        TEST(who_leaves_hands_the_watch_on),
    };
    return run_poll_tests(tests);
}
