/* SPDX-License-Identifier: MIT */
/* Children that are fed, listened to, and made to end. */
#include "spawn_test.h"

static struct hp_talk talk;
static char heads[2][64], tails[2][64];

static struct hp_talk *fresh_talk(void) {
    talk = (struct hp_talk){.grace = 50 * MILLISECOND, .drain = 50 * MILLISECOND};
    for (int i = 0; i < 2; i++)
        talk.output[i] = (struct hp_capture){
            .head = heads[i], .tail = tails[i], .head_size = 64, .tail_size = 64};
    return &talk;
}

static uint64_t ignored;

static int say(const char *const *words, unsigned flags, hp_deadline deadline) {
    static struct script script;
    script_open(&script, words);
    script_close(&script);
    script.plan.fd_count = 0;
    script.plan.flags = flags;
    script.plan.ignored = ignored;
    return hp_communicate(&script.plan, &talk, 0, deadline);
}

static void what_is_fed_comes_back(void **state) {
    (void)state;
    fresh_talk()->input = "some words";
    talk.input_length = 10;
    assert_int_equal(say(WORDS("cat"), 0, soon()), 0);
    assert_int_equal(talk.events, 0);
    assert_int_equal(talk.exit.code, 0);
    assert_int_equal(talk.output[0].total, 10);
    assert_int_equal(talk.output[0].head_length, 10);
    assert_int_equal(talk.output[0].tail_length, 0);
    assert_memory_equal(heads[0], "some words", 10);
    assert_int_equal(talk.output[1].total, 0);
}

/* More than all pipes hold, both ways at once. */
static void a_megabyte_there_and_back(void **state) {
    enum { MEGABYTE = 1 << 20 };
    static char there[MEGABYTE], back[MEGABYTE];
    (void)state;
    for (int i = 0; i < MEGABYTE; i++) there[i] = (char)(i * 7 + i / 251);
    fresh_talk()->input = there;
    talk.input_length = MEGABYTE;
    talk.output[0].head = back;
    talk.output[0].head_size = MEGABYTE;
    assert_int_equal(say(WORDS("cat"), 0, soon()), 0);
    assert_int_equal(talk.input_taken, MEGABYTE);
    assert_int_equal(talk.output[0].head_length, MEGABYTE);
    assert_memory_equal(there, back, MEGABYTE);
}

static void check_spew(const struct hp_capture *capture, unsigned long wanted) {
    assert_int_equal(capture->total, wanted);
    assert_int_equal(capture->head_length, wanted < 64 ? wanted : 64);
    for (size_t i = 0; i < capture->head_length; i++)
        assert_int_equal(capture->head[i], 'a' + i % 26);
    const unsigned long rest = wanted - capture->head_length;
    assert_int_equal(capture->tail_length, rest < 64 ? rest : 64);
    for (size_t i = 0; i < capture->tail_length; i++)
        assert_int_equal(capture->tail[i], 'a' + (wanted - capture->tail_length + i) % 26);
}

static void first_and_last_bytes_are_kept(void **state) {
    static const char *const sizes[] = {"0", "1", "63", "64", "65", "127", "128", "129", "500001"};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        fresh_talk();
        assert_int_equal(say(WORDS("spew", sizes[i]), 0, soon()), 0);
        assert_int_equal(talk.events, 0);
        for (int o = 0; o < 2; o++) check_spew(&talk.output[o], strtoul(sizes[i], 0, 10));
    }
}

static void nothing_need_be_kept(void **state) {
    (void)state;
    fresh_talk();
    talk.output[0] = talk.output[1] = (struct hp_capture){.head_size = 0};
    assert_int_equal(say(WORDS("spew", "300000"), 0, soon()), 0);
    assert_int_equal(talk.output[0].total, 300000);
    assert_int_equal(talk.output[1].total, 300000);
}

static void a_deadline_ends_it(void **state) {
    (void)state;
    fresh_talk();
    assert_int_equal(say(WORDS("sleep"), 0, hp_sys_after(MILLISECOND)), 0);
    assert_int_equal(talk.events, HP_TALK_TIMED_OUT);
    assert_int_equal(talk.exit.signal, SIGTERM);
    ignored = 1 << (SIGTERM - 1);
    fresh_talk();
    assert_int_equal(say(WORDS("sleep"), 0, hp_sys_after(MILLISECOND)), 0);
    ignored = 0;
    assert_int_equal(talk.events, HP_TALK_TIMED_OUT | HP_TALK_KILLED);
    assert_int_equal(talk.exit.signal, SIGKILL);
}

/* The child is gone, one of its own has the pipe: this is where others wait for a minute. */
static void a_grandchild_cannot_keep_it(void **state) {
    (void)state;
    fresh_talk();
    talk.kills_rest = 1;
    const int64_t before = hp_sys_now();
    assert_int_equal(say(WORDS("orphan"), HP_SPAWN_GROUP, hp_sys_after(50 * SECOND)), 0);
    assert_true(hp_sys_now() - before < 30 * SECOND);
    assert_int_equal(talk.events, HP_TALK_OUTPUT_CUT);
    assert_int_equal(talk.exit.code, 0);
    assert_int_equal(talk.output[0].total, 4);
    assert_memory_equal(heads[0], "gone", 4);
}

/* Looked at when the child has ended already: its end and all that it wrote are seen at once. */
static long look_late(const long a[6]) {
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | __WALL);
    return open_real(HP_CALL_ppoll, a);
}

static void what_was_written_is_read_without_a_drain(void **state) {
    enum { WRITTEN = 60000 };
    (void)state;
    fresh_talk()->drain = 0;
    open_replace(HP_CALL_ppoll, look_late);
    assert_int_equal(say(WORDS("spew", "60000"), 0, soon()), 0);
    assert_int_equal(talk.events, 0);
    for (int o = 0; o < 2; o++) check_spew(&talk.output[o], WRITTEN);
}

static void what_nobody_reaped_has_no_exit(void **state) {
    struct sigaction old, ignore = {.sa_handler = SIG_IGN};
    (void)state;
    sigaction(SIGCHLD, &ignore, &old);
    fresh_talk();
    const int answer = say(WORDS("spew", "3"), 0, soon());
    sigaction(SIGCHLD, &old, 0);
    assert_int_equal(answer, -ECHILD);
    assert_int_equal(talk.output[0].total, 3);
}

static volatile int pipe_signals;
static void count_pipe_signal(int signal) { pipe_signals += signal == SIGPIPE; }

static void input_that_nobody_reads_is_no_signal(void **state) {
    static char much[300000];
    struct sigaction old, action = {.sa_handler = count_pipe_signal};
    (void)state;
    sigaction(SIGPIPE, &action, &old);
    for (int i = 0; i < 20; i++) {
        fresh_talk()->input = much;
        talk.input_length = sizeof much;
        assert_int_equal(say(WORDS("exit", "3"), 0, soon()), 0);
        assert_int_equal(talk.events, HP_TALK_INPUT_CUT);
        assert_int_equal(talk.exit.code, 3);
    }
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    assert_int_equal(pipe_signals, 0);
    sigaction(SIGPIPE, &old, 0);
}

static void what_cannot_start_says_why(void **state) {
    static struct script script;
    struct hp_spawn_error error;
    (void)state;
    const int before = descriptors();
    fresh_talk();
    script_open(&script, WORDS("cat"));
    assert_int_equal(hp_communicate(&script.plan, &talk, &error, soon()), -EINVAL); /* names 1 */
    assert_int_equal(error.stage, HP_SPAWN_AT_PLAN);
    script.plan.fd_count = 0;
    script.plan.path = "/nowhere";
    assert_int_equal(hp_communicate(&script.plan, &talk, &error, soon()), -ENOENT);
    assert_int_equal(error.stage, HP_SPAWN_AT_EXEC);
    script.plan.flags = HP_SPAWN_SUSPENDED;
    assert_int_equal(hp_communicate(&script.plan, &talk, &error, soon()), -EINVAL);
    script_close(&script);
    assert_int_equal(descriptors(), before);
}

/* In pieces of every size. */
static void a_capture_does_not_depend_on_the_pieces(void **state) {
    static char all[1000];
    (void)state;
    for (int i = 0; i < 1000; i++) all[i] = (char)('a' + i % 26);
    for (size_t piece = 1; piece < 300; piece++) {
        struct hp_capture *capture = &fresh_talk()->output[0];
        const size_t total = 1000 - piece;
        for (size_t at = 0; at < total;) {
            const size_t count = total - at < piece ? total - at : piece;
            hp_capture_take(capture, all + at, count);
            at += count;
        }
        hp_capture_end(capture);
        check_spew(capture, total);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_fed_comes_back, fresh),
        cmocka_unit_test_setup(a_megabyte_there_and_back, fresh),
        cmocka_unit_test_setup(first_and_last_bytes_are_kept, fresh),
        cmocka_unit_test_setup(nothing_need_be_kept, fresh),
        cmocka_unit_test_setup(a_deadline_ends_it, fresh),
        cmocka_unit_test_setup(a_grandchild_cannot_keep_it, fresh),
        cmocka_unit_test_setup(what_was_written_is_read_without_a_drain, fresh),
        cmocka_unit_test_setup(what_nobody_reaped_has_no_exit, fresh),
        cmocka_unit_test_setup(input_that_nobody_reads_is_no_signal, fresh),
        cmocka_unit_test_setup(what_cannot_start_says_why, fresh),
        cmocka_unit_test_setup(a_capture_does_not_depend_on_the_pieces, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
