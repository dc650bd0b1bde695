/* SPDX-License-Identifier: MIT */
/* What is waited for is what is found: modes, bits, tokens, and what is refused. */
#include "poll_test.h"

#include <signal.h>
#include <sys/mman.h>

enum { ROOM = 8 };

static struct {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[ROOM];
    int ends[2];
} t;

static int set_up(void **state) {
    fresh(state);
    t.poller = poller_open();
    assert_int_equal(hp_batch_open(&t.batch, t.poller, t.room, ROOM), 0);
    make_pair(t.ends);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_pair(t.ends);
    hp_batch_close(&t.batch);
    hp_poller_close(t.poller);
    return 0;
}

static void say(void) { assert_int_equal(write(t.ends[1], "x", 1), 1); }
static void hear(void) {
    char byte;
    assert_int_equal(read(t.ends[0], &byte, 1), 1);
}

static void a_level_is_found_until_it_is_gone(void **state) {
    (void)state;
    int here;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, &here);
    assert_nothing(&t.batch);
    say();
    for (int i = 0; i < 3; i++) {
        const struct hp_event *event = only_event(&t.batch, soon());
        assert_non_null(event);
        assert_true(event->token == token && event->data == &here);
        assert_true(event->kind == HP_POLL_DESCRIPTOR && event->ready == HP_POLL_READABLE);
    }
    hear();
    assert_nothing(&t.batch);
}

static void an_edge_is_found_once(void **state) {
    (void)state;
    hp_token token = 7;
    const int answer =
        hp_poller_add(t.poller, t.ends[0], HP_POLL_READABLE | HP_POLL_EDGE, 0, &token);
    if (!has_edges(t.poller)) {
        assert_int_equal(answer, -EOPNOTSUPP);
        assert_int_equal(token, 7);
        return;
    }
    assert_int_equal(answer, 0);
    for (int i = 0; i < 2; i++) {
        say();
        assert_event(&t.batch, token, HP_POLL_READABLE);
        assert_nothing(&t.batch);
    }
}

static void a_oneshot_is_found_once_until_it_is_armed(void **state) {
    (void)state;
    const unsigned interest = HP_POLL_READABLE | HP_POLL_ONESHOT;
    const hp_token token = add(t.poller, t.ends[0], interest, 0);
    say();
    for (int i = 0; i < 3; i++) {
        assert_event(&t.batch, token, HP_POLL_READABLE);
        assert_nothing(&t.batch);
        say();
        assert_nothing(&t.batch);
        assert_int_equal(hp_poller_modify(t.poller, token, interest), 0);
    }
}

static void an_interest_can_be_changed(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_WRITABLE, 0);
    assert_event(&t.batch, token, HP_POLL_WRITABLE);
    assert_int_equal(hp_poller_modify(t.poller, token, 0), 0);
    say();
    assert_nothing(&t.batch);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_READABLE), 0);
    assert_event(&t.batch, token, HP_POLL_READABLE);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_READABLE | HP_POLL_WRITABLE), 0);
    assert_event(&t.batch, token, HP_POLL_READABLE | HP_POLL_WRITABLE);
}

static void half_close_is_told_from_close(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    assert_int_equal(shutdown(t.ends[1], SHUT_WR), 0);
    assert_event(&t.batch, token, HP_POLL_READABLE | HP_POLL_READ_CLOSED);
    close(t.ends[1]);
    assert_event(&t.batch, token, HP_POLL_READABLE | HP_POLL_READ_CLOSED | HP_POLL_CLOSED);
    make_pair(t.ends);
}

static void half_close_alone_can_be_waited_for(void **state) {
    (void)state;
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READ_CLOSED, 0);
    say();
    assert_nothing(&t.batch);
    assert_int_equal(shutdown(t.ends[1], SHUT_WR), 0);
    assert_event(&t.batch, token, HP_POLL_READ_CLOSED);
}

static void hang_up_comes_unasked(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const hp_token reader = add(t.poller, ends[0], 0, 0);
    close(ends[1]);
    assert_event(&t.batch, reader, HP_POLL_CLOSED);
    assert_int_equal(hp_poller_remove(t.poller, reader, &t.batch, HP_NOW), 0);
    close(ends[0]);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const hp_token writer = add(t.poller, ends[1], 0, 0);
    close(ends[0]);
    assert_event(&t.batch, writer, HP_POLL_ERROR);
    assert_int_equal(hp_poller_remove(t.poller, writer, &t.batch, HP_NOW), 0);
    close(ends[1]);
}

static void files_and_directories_are_refused(void **state) {
    (void)state;
    hp_token token = 7;
    const int file = memfd_create("regular", MFD_CLOEXEC);
    const int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(hp_poller_add(t.poller, file, HP_POLL_READABLE, 0, &token), -EPERM);
    assert_int_equal(hp_poller_add(t.poller, directory, HP_POLL_READABLE, 0, &token), -EPERM);
    assert_int_equal(token, 7);
    close(file);
    close(directory);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    hp_token token = 7, other;
    const unsigned all = HP_POLL_READABLE, exclusive = all | HP_POLL_EXCLUSIVE;
    assert_int_equal(hp_poller_add(t.poller, -1, all, 0, &token), -EBADF);
    assert_int_equal(hp_poller_add(t.poller, 4095, all, 0, &token), -EBADF);
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], 1u << 20, 0, &token), -EINVAL);
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], HP_POLL_ERROR, 0, &token), -EINVAL);
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], exclusive | HP_POLL_ONESHOT, 0, &token),
                     -EINVAL);
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], exclusive | HP_POLL_PRIORITY, 0, &token),
                     -EINVAL);
    assert_int_equal(token, 7);
    token = add(t.poller, t.ends[0], exclusive, 0);
    assert_int_equal(hp_poller_add(t.poller, t.ends[0], all, 0, &other), -EEXIST);
    assert_int_equal(hp_poller_modify(t.poller, token, all), -EINVAL);
    assert_int_equal(hp_poller_set_timer(t.poller, token, HP_NOW), -EINVAL);
    say();
    assert_event(&t.batch, token, HP_POLL_READABLE);
}

static void a_batch_has_room_for_two(void **state) {
    (void)state;
    struct hp_batch batch;
    assert_int_equal(hp_batch_open(&batch, t.poller, t.room, 1), -EINVAL);
    assert_int_equal(hp_batch_open(&batch, t.poller, t.room, UINT32_MAX), -EINVAL);
}

static void a_stale_token_is_told(void **state) {
    (void)state;
    const hp_token strange[] = {0, 1, UINT64_MAX, (hp_token)1 << 32 | 12345, HP_POLL_WAKER};
    hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), 0);
    const hp_token fresh_one = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    assert_int_equal((uint32_t)fresh_one, (uint32_t)token); /* the same slot */
    assert_int_equal(hp_poller_remove(t.poller, token, 0, HP_NOW), -ESTALE);
    assert_int_equal(hp_poller_modify(t.poller, token, HP_POLL_READABLE), -ESTALE);
    assert_int_equal(hp_poller_set_timer(t.poller, token, HP_NOW), -ESTALE);
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        assert_int_equal(hp_poller_remove(t.poller, strange[i], 0, HP_NOW), -ESTALE);
        assert_int_equal(hp_poller_modify(t.poller, strange[i], 0), -ESTALE);
    }
    say();
    assert_event(&t.batch, fresh_one, HP_POLL_READABLE);
}

static void deadlines_that_have_passed_only_look(void **state) {
    (void)state;
    static const hp_deadline past[] = {HP_NOW, -1, INT64_MIN, 1};
    const hp_token token = add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    for (size_t i = 0; i < sizeof past / sizeof *past; i++)
        assert_int_equal(hp_batch_wait(&t.batch, past[i]), 0);
    say();
    for (size_t i = 0; i < sizeof past / sizeof *past; i++) {
        const struct hp_event *event = only_event(&t.batch, past[i]);
        assert_true(event && event->token == token);
    }
}

static void a_wait_lasts_until_its_deadline(void **state) {
    (void)state;
    const int64_t lengths[] = {1, 1000, 100000, MILLISECOND, 3 * MILLISECOND + 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const hp_deadline deadline = hp_sys_after(lengths[i]);
        assert_int_equal(hp_batch_wait(&t.batch, deadline), 0);
        assert_true(hp_sys_now() >= deadline);
    }
}

/* More is ready than there is room for: nobody is found always last. */
static void everybody_has_a_turn(void **state) {
    enum { MANY = 24 };
    int ends[MANY][2], seen[MANY] = {0};
    (void)state;
    for (intptr_t i = 0; i < MANY; i++) {
        make_pair(ends[i]);
        add(t.poller, ends[i][0], HP_POLL_READABLE, (void *)i);
        assert_int_equal(write(ends[i][1], "x", 1), 1);
    }
    for (int wait = 0; wait < 2 * MANY / ROOM + 2; wait++) {
        const struct hp_event *event;
        assert_true(hp_batch_wait(&t.batch, soon()) > 0);
        while (hp_batch_next(&t.batch, &event)) seen[(intptr_t)event->data]++;
    }
    for (int i = 0; i < MANY; i++) {
        assert_true(seen[i] > 0);
        close_pair(ends[i]);
    }
}

static void info_tells_what_it_stands_on(void **state) {
    (void)state;
    struct hp_poller_info info;
    add(t.poller, t.ends[0], HP_POLL_READABLE, 0);
    hp_poller_info(t.poller, &info);
    assert_int_equal(info.registered, 1);
    assert_int_equal(info.capacity, sizeof(void *) == 8 ? 4194304 : 262144);
    assert_true(!strcmp(info.backend, "epoll") || !strcmp(info.backend, "poll") ||
                !strcmp(info.backend, "kqueue"));
    assert_true(!strcmp(info.waker, "eventfd") || !strcmp(info.waker, "pipe") ||
                !strcmp(info.waker, "user"));
    print_message("%s, %s\n", info.backend, info.waker);
}

static void names_end(void **state) {
    (void)state;
    assert_string_equal(hp_poll_has_name(HP_POLL_HAS_CREATE1), "create1");
    assert_null(hp_poll_has_name(0));
    assert_null(hp_poll_has_name(3));
    assert_null(hp_poll_has_name(1u << 31));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_level_is_found_until_it_is_gone),
        TEST(an_edge_is_found_once),
        TEST(a_oneshot_is_found_once_until_it_is_armed),
        TEST(an_interest_can_be_changed),
        TEST(half_close_is_told_from_close),
        TEST(half_close_alone_can_be_waited_for),
        TEST(hang_up_comes_unasked),
        TEST(files_and_directories_are_refused),
        TEST(bad_input_is_refused),
        TEST(a_batch_has_room_for_two),
        TEST(a_stale_token_is_told),
        TEST(deadlines_that_have_passed_only_look),
        TEST(a_wait_lasts_until_its_deadline),
        TEST(everybody_has_a_turn),
        TEST(info_tells_what_it_stands_on),
        TEST(names_end),
    };
    signal(SIGPIPE, SIG_IGN);
    return run_poll_tests(tests);
}
