/* SPDX-License-Identifier: MIT */
/* What the files for the BSDs do that those for Linux do not, over what is played. */
#include "spawn_test.h"

#include <poll.h>

#include "child.h"
#include "played_bsd.h"

static struct hp_process start(const char *word, const char *more) {
    struct script script;
    struct hp_process process;
    script_open(&script, WORDS(word, more));
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    script_close(&script);
    return process;
}

static void await_zombie(int pid) {
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* On macOS ESRCH, as if it were not there. */
static void one_that_has_ended_is_found_all_the_same(void **state) {
    (void)state;
    const char *words = getenv("HP_PLAYED");
    const bool by_timer = words && strstr(words, "zombies");
    struct hp_process process = start("exit", "4");
    await_zombie(process.pid);
    const unsigned timers = played.timers;
    struct pollfd poll = {.fd = hp_process_fd(&process), .events = POLLIN};
    assert_true(poll.fd >= 0);
    assert_int_equal(fcntl(poll.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(hp_sys_poll(&poll, 1, soon()), 1);
    assert_int_equal(played.timers - timers, by_timer);
    struct hp_exit exit;
    assert_int_equal(hp_process_wait(&process, &exit, HP_NOW), 0);
    assert_int_equal(exit.code, 4);
    hp_process_close(&process);
}

/* Its number may be another's: nothing is registered for it. */
static void one_that_was_reaped_is_not_looked_for(void **state) {
    (void)state;
    struct hp_process process = start("exit", "0");
    await_zombie(process.pid);
    assert_int_equal(hp_process_wait(&process, 0, HP_NOW), 0);
    assert_int_equal(process.fd, -1);
    const unsigned timers = played.timers, processes = played.processes;
    struct pollfd poll = {.fd = hp_process_fd(&process), .events = POLLIN};
    assert_int_equal(hp_sys_poll(&poll, 1, soon()), 1);
    assert_int_equal(played.timers - timers, 1);
    assert_int_equal(played.processes, processes);
    hp_process_close(&process);
}

/* A kqueue for each process that is waited for, and it is asked for once. */
static void a_descriptor_is_made_once(void **state) {
    (void)state;
    const unsigned before = played.kqueues;
    struct hp_process process = start("sleep", 0);
    const int fd = hp_process_fd(&process);
    assert_int_equal(hp_process_fd(&process), fd);
    assert_int_equal(hp_process_wait(&process, 0, hp_sys_after(MILLISECOND)), -ETIMEDOUT);
    hp_process_signal(&process, SIGKILL);
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    assert_int_equal(played.kqueues, before + 1);
    hp_process_close(&process);
}

static void every_signal_of_the_system_is_reset(void **state) {
    (void)state;
    if (lacks(HP_SPAWN_HAS_VM)) return; /* it is the child that counts */
    played.signals_above = 0;
    struct script script;
    script_open(&script, WORDS("exit", "0"));
    script.plan.kept = ~(uint64_t)0;
    char text[8];
    script_run(&script, text, sizeof text);
    script_close(&script);
    assert_int_equal(played.signals_above, CHILD_SIGNALS > 64 ? CHILD_SIGNALS - 64 : 0);
}

static void a_death_signal_needs_no_launcher(void **state) {
    struct script script;
    struct hp_process process;
    struct hp_spawn_error error;
    (void)state;
    script_open(&script, WORDS("exit", "0"));
    script.plan.death_signal = SIGTERM;
    const int answer = hp_spawn(&process, &script.plan, &error);
    script_close(&script);
    assert_int_equal(answer, CHILD_HAS_DEATH ? 0 : -EOPNOTSUPP);
    if (answer < 0) {
        assert_int_equal(error.stage, HP_SPAWN_AT_PLAN);
        return;
    }
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    hp_process_close(&process);
}

static void there_is_no_bay_and_no_launcher(void **state) {
    static struct hp_bay bay;
    static struct hp_launcher launcher;
    struct script script;
    struct hp_process process;
    struct hp_spawn_error error;
    (void)state;
    assert_int_equal(hp_bay_open(&bay), -ENOSYS);
    assert_int_equal(hp_launcher_open(&launcher, 1), -ENOSYS);
    script_open(&script, WORDS("exit", "0"));
    script.plan.bay = &bay;
    script.plan.launcher = &launcher;
    for (int way = HP_SPAWN_BAY; way <= HP_SPAWN_LAUNCHER; way++) {
        script.plan.way = way;
        assert_int_equal(hp_spawn(&process, &script.plan, &error), -ENOSYS);
        assert_int_equal(error.stage, HP_SPAWN_AT_WAY);
    }
    script.plan.way = 0;
    assert_int_equal(hp_spawn(&process, &script.plan, &error), 0);
    assert_int_equal(process.way, HP_SPAWN_HERE);
    script_close(&script);
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    hp_process_close(&process);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_has_ended_is_found_all_the_same, fresh),
        cmocka_unit_test_setup(one_that_was_reaped_is_not_looked_for, fresh),
        cmocka_unit_test_setup(a_descriptor_is_made_once, fresh),
        cmocka_unit_test_setup(every_signal_of_the_system_is_reset, fresh),
        cmocka_unit_test_setup(a_death_signal_needs_no_launcher, fresh),
        cmocka_unit_test_setup(there_is_no_bay_and_no_launcher, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
