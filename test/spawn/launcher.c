/* SPDX-License-Identifier: MIT */
/* Launchers that are killed, copied, refused their messages, or asked by several at once. */
#include "spawn_test.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#include "channel.h"

static int end(struct hp_process *process) {
    struct hp_exit exit;
    assert_int_equal(hp_process_wait(process, &exit, soon()), 0);
    assert_int_equal(hp_process_close(process), 0);
    return exit.signal ? 1000 + exit.signal : exit.code;
}

/* The launcher's next answer is its last: the thread ends instead of sending it. */
static long end_thread(const long a[6]) {
    const struct msghdr *message = (const struct msghdr *)a[1];
    if (a[0] == 0 && message->msg_iovlen == 1) hp_sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
    return open_real(HP_CALL_sendmsg, a);
}

static void a_launcher_that_is_killed(void **state) {
    struct hp_launcher launcher;
    struct script script;
    struct hp_process process;
    struct hp_exit exit;
    (void)state;
    const int before = descriptors();
    assert_int_equal(hp_launcher_open(&launcher, 1), 0);
    script_open(&script, WORDS("exit", "7"));
    script.plan.way = HP_SPAWN_LAUNCHER;
    script.plan.launcher = &launcher;
    open_replace(HP_CALL_sendmsg, end_thread);
    const int answer = hp_spawn(&process, &script.plan, 0);
    open_reset();
    assert_int_equal(answer, 0); /* the child had begun, and is this process's */
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(exit.code, 7);
    hp_process_close(&process);
    struct hp_spawn_error error;
    assert_int_equal(hp_spawn(&process, &script.plan, &error), -EPIPE);
    assert_int_equal(error.stage, HP_SPAWN_AT_WAY);
    script.plan.way = 0;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    assert_int_equal(process.way, HP_SPAWN_HERE);
    assert_int_equal(end(&process), 7);
    assert_int_equal(hp_launcher_close(&launcher), 0);
    script_close(&script);
    assert_int_equal(descriptors(), before);
}

/* A launcher of one thread, and two starts by it. */
struct pair {
    struct hp_launcher launcher;
    struct script script;
    struct hp_process first, second;
};

static void pair_open(struct pair *pair) {
    assert_int_equal(hp_launcher_open(&pair->launcher, 1), 0);
    script_open(&pair->script, WORDS("exit", "7"));
    pair->script.plan.way = HP_SPAWN_LAUNCHER;
    pair->script.plan.launcher = &pair->launcher;
    pair->script.plan.flags = HP_SPAWN_ASYNC;
}

static void pair_close(struct pair *pair) {
    assert_int_equal(hp_launcher_close(&pair->launcher), 0);
    script_close(&pair->script);
}

static void await_launcher_s_end(const struct hp_launcher *launcher) {
    const struct hp_channel *channel = launcher->channels[0];
    while (__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
}

/* Children that are called 1 and 2 do not come to their programs while that bit is set. */
static uint32_t held;

static long hold(const long a[6]) {
    const int bits = ((char *const *)a[1])[0][0] - '0';
    for (uint32_t now; (now = __atomic_load_n(&held, __ATOMIC_ACQUIRE)) & (uint32_t)bits;)
        hp_sys_futex_wait(&held, now, HP_FOREVER);
    return open_real(HP_CALL_execve, a);
}

static void hold_on(void) {
    held = 1 | 2;
    open_replace(HP_CALL_execve, hold);
}

static void let_go(uint32_t bit) {
    __atomic_fetch_and(&held, ~bit, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&held, 2);
}

/* Both are on their way, as 1 and 2. */
static void start_both(struct pair *pair) {
    static char *one[] = {(char *)(uintptr_t) "1", (char *)(uintptr_t) "exit",
                          (char *)(uintptr_t) "7", 0};
    static char *two[] = {(char *)(uintptr_t) "2", (char *)(uintptr_t) "exit",
                          (char *)(uintptr_t) "7", 0};
    static struct hp_spawn_plan plans[2];
    plans[0] = plans[1] = pair->script.plan;
    plans[0].argv = one;
    plans[1].argv = two;
    hold_on();
    assert_int_equal(hp_spawn(&pair->first, &plans[0], 0), 0);
    assert_int_equal(hp_spawn(&pair->second, &plans[1], 0), 0);
}

static void *ask(void *process) {
    return (void *)(intptr_t)hp_process_started(process, 0, hp_sys_after(2 * SECOND));
}
static void *ask_long(void *process) {
    return (void *)(intptr_t)hp_process_started(process, 0, HP_FOREVER);
}

/* Who reads the answer to another's question goes on waiting for its own; the other does not. */
static void a_start_that_is_done_waits_for_no_other(void **state) {
    struct pair pair;
    pthread_t threads[2];
    void *first, *second;
    (void)state;
    pair_open(&pair);
    start_both(&pair);
    const struct hp_channel *channel = pair.launcher.channels[0];
    pthread_create(&threads[1], 0, ask_long, &pair.second);
    while (!__atomic_load_n(&channel->turn.word, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    pthread_create(&threads[0], 0, ask, &pair.first);
    hp_sys_sleep(hp_sys_after(20 * MILLISECOND)); /* until it waits behind the other */
    let_go(1);
    pthread_join(threads[0], &first);
    let_go(2);
    pthread_join(threads[1], &second);
    open_reset();
    assert_int_equal((intptr_t)first, 0);
    assert_int_equal((intptr_t)second, 0);
    assert_int_equal(end(&pair.first), 7);
    assert_int_equal(end(&pair.second), 7);
    pair_close(&pair);
}

/* It ends when it has answered and asks for the next. What it said last is read, and before
 * anything is made of it another finds out that it is gone. */
static struct pair *too_late;

static long read_late(const long a[6]) {
    const bool has_answered = open_count(HP_CALL_sendmsg) > 1;
    if (a[0] == 0 && has_answered) hp_sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
    if (a[0] == 0) return open_real(HP_CALL_recvmsg, a);
    await_launcher_s_end(&too_late->launcher);
    const long answer = open_real(HP_CALL_recvmsg, a);
    assert_int_equal(hp_spawn(&too_late->second, &too_late->script.plan, 0), -EPIPE);
    return answer;
}

static void an_answer_that_comes_too_late(void **state) {
    struct pair pair;
    (void)state;
    const int before = descriptors();
    too_late = &pair;
    pair_open(&pair);
    open_replace(HP_CALL_recvmsg, read_late);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    open_reset();
    assert_int_equal(end(&pair.first), 7);
    pair_close(&pair);
    assert_int_equal(descriptors(), before);
}

/* The kernel says another thing of an end that was closed with something in it. */
static void a_launcher_that_is_killed_with_work_before_it(void **state) {
    struct pair pair;
    struct hp_process third;
    (void)state;
    pair_open(&pair);
    start_both(&pair);
    open_replace(HP_CALL_sendmsg, end_thread);
    let_go(1);
    await_launcher_s_end(&pair.launcher);
    open_reset();
    struct hp_spawn_plan plan = pair.script.plan;
    plan.way = 0;
    plan.flags = 0;
    assert_int_equal(hp_spawn(&third, &plan, 0), 0);
    assert_int_equal(third.way, HP_SPAWN_HERE);
    assert_int_equal(end(&third), 7);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 7);
    assert_int_equal(hp_process_started(&pair.second, 0, soon()), -EPIPE);
    pair_close(&pair);
}

/* With the descriptor, then without it, then not at all: then its thread ends. */
static void an_answer_that_cannot_be_sent(void **state) {
    struct pair pair;
    (void)state;
    for (int onwards = 0; onwards < 2; onwards++) {
        pair_open(&pair);
        open_fail(HP_CALL_sendmsg, 2, ETOOMANYREFS, onwards);
        assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
        assert_int_equal(hp_process_started(&pair.first, 0, hp_sys_after(2 * SECOND)), 0);
        assert_int_equal(pair.first.fd >= 0, onwards); /* a second look finds it by its number */
        open_reset();
        assert_int_equal(end(&pair.first), 7);
        pair_close(&pair);
    }
}

/* A launcher that has answered does nothing more until the caller has looked. */
static int looker;
static uint32_t looked;

static void await_the_look(void) {
    if (hp_sys_gettid() == looker || open_count(HP_CALL_sendmsg) < 2) return;
    while (!__atomic_load_n(&looked, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
}
static long close_late(const long a[6]) {
    await_the_look();
    return open_real(HP_CALL_close, a);
}
static long close_range_late(const long a[6]) {
    await_the_look();
    return open_real(HP_CALL_close_range, a);
}

static void a_launcher_keeps_nothing_of_what_it_was_sent(void **state) {
    struct pair pair;
    struct hp_exit exit;
    char byte;
    (void)state;
    looker = hp_sys_gettid();
    looked = 0;
    pair_open(&pair);
    open_reset();
    pair.script.plan.flags = 0;
    open_replace(HP_CALL_close, close_late);
    open_replace(HP_CALL_close_range, close_range_late);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_process_wait(&pair.first, &exit, soon()), 0);
    close(pair.script.tell);
    pair.script.tell = -1;
    fcntl(pair.script.said, F_SETFL, O_NONBLOCK);
    const ssize_t got = read(pair.script.said, &byte, 1);
    __atomic_store_n(&looked, 1, __ATOMIC_RELEASE);
    assert_int_equal(got, 0);
    assert_int_equal(hp_process_close(&pair.first), 0);
    open_reset();
    pair_close(&pair);
}

/* Its end of the channel is its 0. */
static unsigned kept;

static long count_kept(const long a[6]) {
    for (int fd = 1; a[0] == 0 && fd < 64; fd++)
        if (hp_sys_fcntl(fd, F_GETFD, 0) >= 0) __atomic_fetch_add(&kept, 1, __ATOMIC_RELAXED);
    return open_real(HP_CALL_recvmsg, a);
}

static void a_launcher_has_one_descriptor(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    pair.script.plan.flags = 0;
    kept = 0;
    open_replace(HP_CALL_recvmsg, count_kept);
    for (int i = 0; i < 4; i++) {
        pair.script.plan.path = i % 2 ? "/nowhere" : SPAWN_CHILD;
        const int answer = hp_spawn(&pair.first, &pair.script.plan, 0);
        assert_int_equal(answer, i % 2 ? -ENOENT : 0);
        if (answer == 0) assert_int_equal(end(&pair.first), 7);
    }
    pair_close(&pair);
    assert_int_equal(kept, 0);
}

static void a_wait_that_fails_is_no_answer(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    open_fail(HP_CALL_ppoll, 1, ENOMEM, false);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), -ETIMEDOUT);
    open_reset();
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 7);
    pair_close(&pair);
}

/* It has a copy of our end of the channel, for as long as it lives. */
static void a_forked_child_keeps_no_launcher(void **state) {
    struct hp_launcher launcher;
    int ends[2], status;
    char byte;
    (void)state;
    assert_int_equal(hp_launcher_open(&launcher, 2), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int child = fork();
    if (child == 0) {
        close(ends[1]);
        _exit((int)read(ends[0], &byte, 1));
    }
    assert_int_equal(hp_launcher_close(&launcher), 0);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_launcher_that_is_killed, fresh),
        cmocka_unit_test_setup(a_start_that_is_done_waits_for_no_other, fresh),
        cmocka_unit_test_setup(an_answer_that_comes_too_late, fresh),
        cmocka_unit_test_setup(a_launcher_that_is_killed_with_work_before_it, fresh),
        cmocka_unit_test_setup(an_answer_that_cannot_be_sent, fresh),
        cmocka_unit_test_setup(a_launcher_keeps_nothing_of_what_it_was_sent, fresh),
        cmocka_unit_test_setup(a_launcher_has_one_descriptor, fresh),
        cmocka_unit_test_setup(a_wait_that_fails_is_no_answer, fresh),
        cmocka_unit_test_setup(a_forked_child_keeps_no_launcher, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
