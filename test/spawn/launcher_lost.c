/* SPDX-License-Identifier: MIT */
/* Launchers that are killed, copied, refused their messages. */
#include "launcher_test.h"

#include <poll.h>
#include <sys/socket.h>

/* The launcher's next answer is its last: the thread ends instead of sending it. */
static uint32_t stays;

static long end_thread(const long a[6]) {
    if (a[0] != 0) return open_real(HP_CALL_sendmsg, a);
    while (__atomic_load_n(&stays, __ATOMIC_ACQUIRE)) hp_sys_futex_wait(&stays, 1, HP_FOREVER);
    return hp_sys_call(SYS_exit, 0, 0, 0, 0, 0, 0);
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

/* A thread's word is cleared before its descriptors are closed. */
static void await_launcher_s_end(const struct hp_launcher *launcher) {
    const struct hp_channel *channel = launcher->channels[0];
    struct pollfd poll = {.fd = channel->ours};
    while (__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    hp_sys_poll(&poll, 1, HP_FOREVER);
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
    __atomic_store_n(&stays, 1, __ATOMIC_RELEASE);
    open_replace(HP_CALL_sendmsg, end_thread);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_spawn(&pair.second, &pair.script.plan, 0), 0);
    __atomic_store_n(&stays, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&stays, 1);
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

static uint32_t shut;

static long wait_outside(const long a[6]) {
    while (__atomic_load_n(&shut, __ATOMIC_ACQUIRE)) hp_sys_futex_wait(&shut, 1, HP_FOREVER);
    return open_real(HP_CALL_execve, a);
}

/* The first is not executed, and keeps the end of the channel open that the launcher had. */
static void a_launcher_that_is_killed_and_its_end_is_not(void **state) {
    struct pair pair;
    (void)state;
    if (loses_the_suspended()) return;
    pair_open(&pair);
    __atomic_store_n(&shut, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&stays, 1, __ATOMIC_RELEASE);
    open_replace(HP_CALL_execve, wait_outside);
    open_replace(HP_CALL_sendmsg, end_thread);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_spawn(&pair.second, &pair.script.plan, 0), 0);
    __atomic_store_n(&stays, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&stays, 1);
    assert_int_equal(hp_process_started(&pair.second, 0, soon()), -EPIPE);
    assert_int_equal(hp_process_started(&pair.first, 0, HP_NOW), -ETIMEDOUT);
    __atomic_store_n(&shut, 0, __ATOMIC_RELEASE);
    hp_sys_futex_wake(&shut, 1);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    open_reset();
    assert_int_equal(end(&pair.first), 7);
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

static long unheard(const long a[6]) { return a[0] == 0 ? open_real(HP_CALL_recvmsg, a) : -ENOMEM; }

/* What it may still write to is not given back before it has ended. */
static void a_launcher_that_cannot_be_heard(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    pair.script.plan.flags = 0;
    const struct hp_channel *channel = pair.launcher.channels[0];
    open_replace(HP_CALL_recvmsg, unheard);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(__atomic_load_n(&channel->ended, __ATOMIC_ACQUIRE), 0);
    open_reset();
    assert_int_equal(end(&pair.first), 7);
    assert_int_equal(hp_spawn(&pair.second, &pair.script.plan, 0), -EPIPE);
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
        cmocka_unit_test_setup(an_answer_that_comes_too_late, fresh),
        cmocka_unit_test_setup(a_launcher_that_is_killed_with_work_before_it, fresh),
        cmocka_unit_test_setup(a_launcher_that_is_killed_and_its_end_is_not, fresh),
        cmocka_unit_test_setup(an_answer_that_cannot_be_sent, fresh),
        cmocka_unit_test_setup(a_launcher_that_cannot_be_heard, fresh),
        cmocka_unit_test_setup(a_forked_child_keeps_no_launcher, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
