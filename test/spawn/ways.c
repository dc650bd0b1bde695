/* SPDX-License-Identifier: MIT */
/* What the ways differ in: what a child holds before its program runs, who waits for it, and whose
 * child it is. */
#include "spawn_test.h"

#include <sched.h>

#include "channel.h"

static struct hp_process begin(const char *const *words, int way, unsigned flags) {
    struct script script;
    struct hp_process process;
    script_open(&script, words);
    go_by(&script.plan, way);
    script.plan.flags = flags;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    if (flags & HP_SPAWN_ASYNC) assert_int_equal(hp_process_started(&process, 0, soon()), 0);
    assert_int_equal(process.way, way);
    script_close(&script);
    return process;
}

static int end(struct hp_process *process) {
    struct hp_exit exit;
    assert_int_equal(hp_process_wait(process, &exit, soon()), 0);
    assert_int_equal(hp_process_close(process), 0);
    return exit.signal ? 1000 + exit.signal : exit.code;
}

static void each_way_is_told_and_counted(void **state) {
    (void)state;
    const struct hp_spawn_totals before = totals();
    for (int way = HP_SPAWN_HERE; way <= HP_SPAWN_LAUNCHER; way++) {
        struct hp_process process = begin(WORDS("exit", "7"), way, 0);
        assert_int_equal(end(&process), 7);
    }
    const struct hp_spawn_totals now = totals();
    assert_int_equal(now.here - before.here, 1);
    assert_int_equal(now.bay - before.bay, 1);
    assert_int_equal(now.launcher - before.launcher, 1);
}

/* The best way that there is, if none is named. */
static void a_way_is_chosen(void **state) {
    struct script script;
    struct hp_process process;
    (void)state;
    script_open(&script, WORDS("exit", "7"));
    script.plan.way = 0;
    script.plan.launcher = the_launcher();
    script.plan.bay = the_bay();
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    assert_int_equal(process.way, HP_SPAWN_LAUNCHER);
    assert_int_equal(end(&process), 7);
    const int pid = script.plan.launcher->pid;
    script.plan.launcher->pid = pid + 1;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    assert_int_equal(process.way, HP_SPAWN_BAY);
    assert_int_equal(end(&process), 7);
    struct hp_spawn_error error;
    script.plan.way = HP_SPAWN_LAUNCHER;
    assert_int_equal(hp_spawn(&process, &script.plan, &error), -ESTALE);
    assert_int_equal(error.stage, HP_SPAWN_AT_WAY);
    script.plan.launcher->pid = pid;
    script.plan.launcher = 0;
    assert_int_equal(hp_spawn(&process, &script.plan, &error), -EINVAL);
    assert_int_equal(error.stage, HP_SPAWN_AT_PLAN);
    script_close(&script);
}

static void an_asynchronous_start_is_asked_about(void **state) {
    enum { COUNT = 100 };
    static struct hp_process processes[COUNT];
    struct hp_spawn_error error;
    struct script script;
    (void)state;
    script_open(&script, WORDS("exit", "7"));
    go_by(&script.plan, HP_SPAWN_LAUNCHER);
    script.plan.flags = HP_SPAWN_ASYNC;
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(hp_spawn(&processes[i], &script.plan, 0), 0);
        assert_int_equal(hp_process_wait(&processes[i], 0, HP_NOW), -EINVAL);
        assert_int_equal(hp_process_signal(&processes[i], 0), -ESRCH);
    }
    assert_int_equal(hp_launcher_close(the_launcher()), -EBUSY);
    for (int i = COUNT; i--;) {
        assert_int_equal(hp_process_started(&processes[i], 0, soon()), 0);
        assert_int_equal(hp_process_started(&processes[i], 0, soon()), -EINVAL);
        assert_int_equal(end(&processes[i]), 7);
    }
    script.plan.path = "/nowhere";
    assert_int_equal(hp_spawn(&processes[0], &script.plan, 0), 0);
    assert_int_equal(hp_process_started(&processes[0], &error, soon()), -ENOENT);
    assert_int_equal(error.stage, HP_SPAWN_AT_EXEC);
    assert_string_equal(error.path, "/nowhere");
    script_close(&script);
}

static int policy_after(unsigned flags) {
    const struct hp_channel *channel = the_launcher()->channels[0];
    for (int i = 0; i < 2; i++) { /* there are two, which take turns */
        struct hp_process process = begin(WORDS("policy"), HP_SPAWN_LAUNCHER, flags);
        assert_int_equal(end(&process), SCHED_OTHER);
    }
    return sched_getscheduler(channel->thread);
}

/* It waits for its turn if its caller does not wait for it, which is nothing of the child's. */
static void a_launcher_does_not_take_its_callers_processor(void **state) {
    (void)state;
    assert_int_equal(policy_after(0), SCHED_OTHER);
    assert_int_equal(policy_after(HP_SPAWN_ASYNC), SCHED_BATCH);
    unsigned before = open_count(HP_CALL_sched_setscheduler);
    assert_int_equal(policy_after(HP_SPAWN_ASYNC), SCHED_BATCH);
    assert_int_equal(open_count(HP_CALL_sched_setscheduler) - before, 2); /* the children's */
    assert_int_equal(policy_after(0), SCHED_OTHER);
    open_fail(HP_CALL_sched_setscheduler, 1, EPERM, true);
    assert_int_equal(policy_after(HP_SPAWN_ASYNC), SCHED_OTHER);
    before = open_count(HP_CALL_sched_setscheduler);
    assert_int_equal(policy_after(HP_SPAWN_ASYNC), SCHED_OTHER);
    assert_int_equal(open_count(HP_CALL_sched_setscheduler) - before, 0); /* asked once */
}

static void *start_and_exit(void *argument) {
    struct script script;
    struct hp_process *process = argument;
    script_open(&script, WORDS("sleep"));
    go_by(&script.plan, HP_SPAWN_LAUNCHER);
    script.plan.death_signal = SIGKILL;
    assert_int_equal(hp_spawn(process, &script.plan, 0), 0);
    script_close(&script);
    return 0;
}

/* The kernel's own death signal comes when the thread ends that was the child's parent. */
static void a_death_signal_means_the_process(void **state) {
    pthread_t thread;
    struct hp_process process;
    (void)state;
    assert_int_equal(pthread_create(&thread, 0, start_and_exit, &process), 0);
    assert_int_equal(pthread_join(thread, 0), 0);
    assert_int_equal(hp_process_wait(&process, 0, hp_sys_after(50 * MILLISECOND)), -ETIMEDOUT);
    hp_process_signal(&process, SIGTERM);
    assert_int_equal(end(&process), 1000 + SIGTERM);

    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int middle = fork();
    if (middle == 0) {
        struct hp_launcher launcher;
        struct script script;
        script_open(&script, WORDS("sleep"));
        if (hp_launcher_open(&launcher, 1) < 0) _exit(1);
        script.plan.way = 0;
        script.plan.launcher = &launcher;
        script.plan.death_signal = SIGKILL;
        script.fds[0].parent = ends[1];
        _exit(hp_spawn(&process, &script.plan, 0) < 0);
    }
    close(ends[1]);
    int status;
    char byte;
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* the end of file: the child is no more */
    close(ends[0]);
}

/* It has the parent's sockets, and none of its threads. */
static void a_forked_child_makes_its_own_launcher(void **state) {
    (void)state;
    struct hp_launcher *launcher = the_launcher();
    const int child = fork();
    if (child == 0) {
        struct script script;
        struct hp_process process;
        struct hp_exit exit = {0};
        script_open(&script, WORDS("exit", "7"));
        go_by(&script.plan, HP_SPAWN_LAUNCHER);
        if (hp_spawn(&process, &script.plan, 0) != -ESTALE) _exit(1);
        if (hp_launcher_close(launcher) != 0) _exit(2);
        if (hp_launcher_open(launcher, 1) != 0) _exit(3);
        if (hp_spawn(&process, &script.plan, 0) != 0) _exit(4);
        if (hp_process_wait(&process, &exit, HP_FOREVER) != 0 || exit.code != 7) _exit(5);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct hp_process process = begin(WORDS("exit", "7"), HP_SPAWN_LAUNCHER, 0);
    assert_int_equal(end(&process), 7);
}

/* A launcher with rights that its caller has given up would hand them out. */
static void a_launcher_with_other_ids_is_refused(void **state) {
    (void)state;
    if (getuid() != 0) return;
    the_launcher();
    const int child = fork();
    if (child == 0) {
        struct hp_launcher launcher;
        struct script script;
        struct hp_process process;
        script_open(&script, WORDS("exit", "7"));
        if (hp_launcher_open(&launcher, 1) != 0) _exit(1);
        if (hp_sys_setresuid(65534, 65534, 65534) != 0) _exit(2);
        script.plan.way = HP_SPAWN_LAUNCHER;
        script.plan.launcher = &launcher;
        _exit(hp_spawn(&process, &script.plan, 0) == -ESTALE ? 0 : 3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void a_launcher_begins_suspended_children(void **state) {
    struct script script;
    struct hp_process process;
    (void)state;
    if (loses_the_suspended()) return;
    script_open(&script, WORDS("exit", "7"));
    go_by(&script.plan, HP_SPAWN_LAUNCHER);
    script.plan.flags = HP_SPAWN_SUSPENDED;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    assert_int_equal(process.way, HP_SPAWN_LAUNCHER);
    assert_int_equal(hp_process_wait(&process, 0, HP_NOW), -EINVAL);
    assert_int_equal(hp_process_resume(&process, 0), 0);
    assert_int_equal(end(&process), 7);
    script_close(&script);
}

/* There its parent has no number: 0, which is no sign that it has gone. */
static void suspended_in_another_namespace(void **state) {
    struct script script;
    struct hp_process process;
    struct hp_exit exit;
    int status;
    (void)state;
    if (loses_the_suspended()) return;
    script_open(&script, WORDS("exit", "3"));
    script.plan.flags = HP_SPAWN_SUSPENDED;
    const int child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWPID) < 0) _exit(77);
        open_reset();
        if (hp_spawn(&process, &script.plan, 0) < 0) _exit(1);
        while (!open_count(HP_CALL_futex)) hp_sys_sched_yield(); /* it has seen that it must wait */
        if (hp_process_resume(&process, 0) < 0) _exit(1);
        _exit(hp_process_wait(&process, &exit, HP_FOREVER) < 0 ? 2 : exit.code);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    script_close(&script);
    if (WEXITSTATUS(status) == 77) {
        print_message("no PID namespace can be made here\n");
        return;
    }
    assert_int_equal(WEXITSTATUS(status), 3);
}

static void the_bay_and_the_launcher_leave_nothing(void **state) {
    (void)state;
    the_bay();
    the_launcher();
    const int before = descriptors();
    for (int i = 0; i < 20; i++) {
        struct hp_process one = begin(WORDS("exit", "1"), HP_SPAWN_BAY, 0);
        struct hp_process two = begin(WORDS("exit", "2"), HP_SPAWN_LAUNCHER, HP_SPAWN_ASYNC);
        assert_int_equal(end(&one), 1);
        assert_int_equal(end(&two), 2);
    }
    struct hp_launcher launcher;
    assert_int_equal(hp_launcher_open(&launcher, 5), 0);
    assert_int_equal(hp_launcher_close(&launcher), 0);
    assert_int_equal(descriptors(), before);
    assert_int_equal(hp_launcher_open(&launcher, 0), -EINVAL);
    assert_int_equal(hp_launcher_open(&launcher, HP_LAUNCHER_THREADS_MAX + 1), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_way_is_told_and_counted, fresh),
        cmocka_unit_test_setup(a_way_is_chosen, fresh),
        cmocka_unit_test_setup(an_asynchronous_start_is_asked_about, fresh),
        cmocka_unit_test_setup(a_launcher_does_not_take_its_callers_processor, fresh),
        cmocka_unit_test_setup(a_death_signal_means_the_process, fresh),
        cmocka_unit_test_setup(a_forked_child_makes_its_own_launcher, fresh),
        cmocka_unit_test_setup(a_launcher_with_other_ids_is_refused, fresh),
        cmocka_unit_test_setup(a_launcher_begins_suspended_children, fresh),
        cmocka_unit_test_setup(suspended_in_another_namespace, fresh),
        cmocka_unit_test_setup(the_bay_and_the_launcher_leave_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
