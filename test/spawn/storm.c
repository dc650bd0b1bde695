/* SPDX-License-Identifier: MIT */
/* Children and waits under signals, other reapers, numbers that come back, threads that go. */
#include "spawn_test.h"

#include <sys/stat.h>

enum { STARTS = 300 };

static bool stop;
static unsigned long handled, astray;
static int this_process;

/* In a child that shares this memory a handler of ours must never run. */
static void handle(int signal) {
    (void)signal;
    __atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
    if (hp_sys_getpid() != this_process) __atomic_fetch_add(&astray, 1, __ATOMIC_RELAXED);
}

/* To all of the process group, which is this process and whatever children it has just now: signals
 * whose default is to do nothing. */
static void *storm(void *argument) {
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        kill(0, SIGURG);
        kill(0, SIGWINCH);
        hp_sys_sched_yield();
    }
    return argument;
}

static struct hp_process start(const char *word, const char *more) {
    struct script script;
    struct hp_process process;
    script_open(&script, WORDS(word, more));
    script.plan.kept = ~0ull;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    script_close(&script);
    return process;
}

static void no_handler_runs_in_a_child(void **state) {
    pthread_t thread;
    struct sigaction action = {.sa_handler = handle};
    (void)state;
    assert_int_equal(setpgid(0, 0), 0);
    this_process = getpid();
    sigaction(SIGURG, &action, 0);
    sigaction(SIGWINCH, &action, 0);
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    assert_int_equal(pthread_create(&thread, 0, storm, 0), 0);
    for (int i = 0; i < STARTS || __atomic_load_n(&handled, __ATOMIC_RELAXED) <= STARTS; i++) {
        struct hp_exit exit;
        struct hp_process process = start("exit", "9");
        assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
        assert_int_equal(exit.signal, 0);
        assert_int_equal(exit.code, 9);
        assert_int_equal(hp_process_close(&process), 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, 0);
    assert_true(handled > STARTS);
    assert_int_equal(astray, 0);
}

static void signals_do_not_stretch_a_deadline(void **state) {
    pthread_t thread;
    (void)state;
    struct hp_process process = start("sleep", 0);
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    assert_int_equal(pthread_create(&thread, 0, storm, 0), 0);
    const hp_deadline deadline = hp_sys_after(20 * MILLISECOND);
    assert_int_equal(hp_process_wait(&process, 0, deadline), -ETIMEDOUT);
    assert_true(hp_sys_now() >= deadline && hp_sys_now() < deadline + 10 * SECOND);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, 0);
    assert_int_equal(hp_process_signal(&process, SIGKILL), 0);
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    hp_process_close(&process);
}

static void a_stop_and_a_continue_are_no_end(void **state) {
    (void)state;
    struct hp_exit exit;
    struct hp_process process = start("sleep", 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hp_process_signal(&process, SIGSTOP), 0);
        assert_int_equal(hp_process_wait(&process, &exit, hp_sys_after(MILLISECOND)), -ETIMEDOUT);
        assert_int_equal(hp_process_signal(&process, SIGCONT), 0);
        assert_int_equal(hp_process_wait(&process, &exit, hp_sys_after(MILLISECOND)), -ETIMEDOUT);
    }
    assert_int_equal(hp_process_signal(&process, SIGKILL), 0);
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(exit.signal, SIGKILL);
    assert_int_equal(hp_process_close(&process), 0);
}

static void *start_one(void *argument) {
    *(struct hp_process *)argument = start("exit", "5");
    return 0;
}

static void *wait_for_it(void *argument) {
    struct hp_exit exit;
    const int answer = hp_process_wait(argument, &exit, soon());
    return (void *)(intptr_t)(answer ? answer : exit.code);
}

/* Its parent, for the kernel, is a thread that is no more; all who wait are told. */
static void a_starter_s_thread_exits_and_several_wait(void **state) {
    pthread_t threads[4];
    struct hp_process process;
    (void)state;
    assert_int_equal(pthread_create(&threads[0], 0, start_one, &process), 0);
    assert_int_equal(pthread_join(threads[0], 0), 0);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, wait_for_it, &process);
    for (int i = 0; i < 4; i++) {
        void *code;
        pthread_join(threads[i], &code);
        assert_int_equal((intptr_t)code, 5);
    }
    hp_process_close(&process);
}

/* One waits in the kernel; another reaps, and is held up before it can say so. The first then finds
 * no child any more. */
static uint32_t reaped, refused;

static long reap_slowly(const long a[6]) {
    const bool reaps = a[3] & WNOHANG;
    while (!reaps && !__atomic_load_n(&reaped, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    const long answer = open_real(HP_CALL_waitid, a);
    const bool has_reaped = reaps && answer == 0 && ((siginfo_t *)a[2])->si_pid;
    if (!reaps) __atomic_store_n(&refused, 1, __ATOMIC_RELEASE);
    if (!has_reaped) return answer;
    __atomic_store_n(&reaped, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&refused, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    hp_sys_sleep(hp_sys_after(10 * MILLISECOND)); /* for the other to make something of it */
    return answer;
}

static void *wait_long(void *argument) {
    return (void *)(intptr_t)hp_process_wait(argument, 0, HP_FOREVER);
}

static void who_finds_no_child_asks_who_has_it(void **state) {
    pthread_t thread;
    void *other;
    (void)state;
    if (hp_spawn_system.lacks & HP_SPAWN_HAS_WAIT) return; /* nobody waits in such a call there */
    struct hp_process process = start("sleep", 0);
    reaped = refused = 0;
    open_replace(HP_CALL_waitid, reap_slowly);
    assert_int_equal(pthread_create(&thread, 0, wait_long, &process), 0);
    while (open_count(HP_CALL_waitid) < 2) hp_sys_sched_yield();
    assert_int_equal(hp_process_signal(&process, SIGKILL), 0);
    int answer;
    do answer = hp_process_wait(&process, 0, HP_NOW);
    while (answer == -ETIMEDOUT);
    pthread_join(thread, &other);
    open_reset();
    assert_int_equal(answer, 0);
    assert_int_equal((intptr_t)other, 0);
    hp_process_close(&process);
}

static void what_another_reaped_is_said(void **state) {
    int status;
    (void)state;
    struct hp_process process = start("exit", "5");
    assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
    assert_int_equal(hp_process_wait(&process, 0, HP_FOREVER), -ECHILD);
    hp_process_close(&process);
}

static bool ask_for_number(int pid) {
    const int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    char text[16];
    const int length = snprintf(text, sizeof text, "%d", pid - 1);
    if (file < 0) return false;
    const bool done = write(file, text, (size_t)length) == length;
    close(file);
    return done;
}

/* Another process that has the number of one that was reaped: asked for until it is had. */
static void a_number_that_came_back_is_another_s(void **state) {
    struct hp_exit exit;
    (void)state;
    struct hp_process old = start("exit", "0"), fresh_one;
    assert_int_equal(hp_process_wait(&old, 0, soon()), 0);
    bool same = false;
    for (int i = 0; i < 200 && !same; i++) {
        if (!ask_for_number(old.pid)) break;
        fresh_one = start("sleep", 0);
        same = fresh_one.pid == old.pid;
        if (same) break;
        hp_process_signal(&fresh_one, SIGKILL);
        hp_process_wait(&fresh_one, 0, soon());
        hp_process_close(&fresh_one);
    }
    if (!same) {
        print_message("the kernel does not let a number be chosen\n");
        return;
    }
    assert_int_equal(hp_process_signal(&old, SIGKILL), -ESRCH);
    assert_int_equal(hp_process_wait(&old, &exit, HP_FOREVER), 0);
    assert_int_equal(hp_process_wait(&fresh_one, 0, hp_sys_after(5 * MILLISECOND)), -ETIMEDOUT);
    assert_int_equal(hp_process_signal(&fresh_one, SIGTERM), 0);
    assert_int_equal(hp_process_wait(&fresh_one, &exit, soon()), 0);
    assert_int_equal(exit.signal, SIGTERM);
    hp_process_close(&fresh_one);
    hp_process_close(&old);
}

/* The child leaves one of its own behind, which has the pipe until it is killed. */
static void a_tree_is_killed_by_its_group(void **state) {
    struct script script;
    struct hp_process process;
    char text[8];
    (void)state;
    script_open(&script, WORDS("orphan"));
    script.plan.flags = HP_SPAWN_GROUP;
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    close(script.tell);
    assert_int_equal(read(script.said, text, sizeof text), 4);
    assert_int_equal(hp_process_kill_tree(&process, SIGKILL, -1), 0);
    assert_int_equal(read(script.said, text, sizeof text), 0);
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    assert_int_equal(hp_process_kill_tree(&process, SIGKILL, -1), -ESRCH);
    hp_process_close(&process);
    close(script.said);
    process = start("sleep", 0);
    assert_int_equal(hp_process_kill_tree(&process, SIGKILL, -1), -EINVAL);
    hp_process_signal(&process, SIGKILL);
    hp_process_wait(&process, 0, soon());
    hp_process_close(&process);
}

static int make_cgroup(char *path, size_t size) {
    static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, size, "%s/cgroup.procs", roots[i]);
        if (access(path, W_OK) < 0) continue;
        snprintf(path, size, "%s/hardpan-test-%d", roots[i], getpid());
        if (mkdir(path, 0755) < 0) continue;
        return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return -1;
}

/* Twice: as the kernel kills it, and as it is killed where the kernel does not. */
static void a_tree_is_killed_by_its_cgroup(void **state) {
    char path[200], text[8];
    (void)state;
    if (hp_spawn_system.lacks_flags & HP_SPAWN_CGROUP) return;
    const int cgroup = make_cgroup(path, sizeof path);
    if (cgroup < 0) {
        print_message("no cgroup of version 2 can be made here\n");
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct script script;
        struct hp_process process;
        script_open(&script, WORDS("orphan"));
        script.plan.flags = HP_SPAWN_CGROUP;
        script.plan.cgroup = cgroup;
        assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
        close(script.tell);
        assert_int_equal(read(script.said, text, sizeof text), 4);
        if (i) open_fail(HP_CALL_openat, 1, ENOENT, false);
        assert_int_equal(hp_process_kill_tree(&process, SIGKILL, cgroup), 0);
        assert_int_equal(open_struck(), i);
        open_reset();
        assert_int_equal(read(script.said, text, sizeof text), 0);
        assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
        hp_process_close(&process);
        close(script.said);
    }
    close(cgroup);
    for (int i = 0; i < 1000 && rmdir(path) < 0; i++) hp_sys_sleep(hp_sys_after(MILLISECOND));
    assert_int_equal(access(path, F_OK), -1);
}

static void the_end_is_an_event_of_a_poller(void **state) {
    struct hp_poller *poller;
    struct hp_batch batch;
    struct hp_event room[4];
    const struct hp_event *event;
    hp_token token;
    (void)state;
    struct hp_process process = start("sleep", 0);
    assert_int_equal(hp_poller_open(&poller, 0), 0);
    assert_int_equal(hp_batch_open(&batch, poller, room, 4), 0);
    const int fd = hp_process_fd(&process);
    assert_true(fd >= 0);
    assert_int_equal(hp_poller_add(poller, fd, HP_POLL_READABLE | HP_POLL_ONESHOT, 0, &token), 0);
    assert_int_equal(hp_batch_wait(&batch, HP_NOW), 0);
    assert_int_equal(hp_process_signal(&process, SIGKILL), 0);
    assert_int_equal(hp_batch_wait(&batch, soon()), 1);
    assert_int_equal(hp_batch_next(&batch, &event), 1);
    assert_int_equal(event->token, token);
    assert_int_equal(hp_process_wait(&process, 0, HP_NOW), 0);
    hp_batch_close(&batch);
    hp_poller_close(poller);
    assert_int_equal(hp_process_close(&process), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_handler_runs_in_a_child, fresh),
        cmocka_unit_test_setup(signals_do_not_stretch_a_deadline, fresh),
        cmocka_unit_test_setup(a_stop_and_a_continue_are_no_end, fresh),
        cmocka_unit_test_setup(a_starter_s_thread_exits_and_several_wait, fresh),
        cmocka_unit_test_setup(who_finds_no_child_asks_who_has_it, fresh),
        cmocka_unit_test_setup(what_another_reaped_is_said, fresh),
        cmocka_unit_test_setup(a_number_that_came_back_is_another_s, fresh),
        cmocka_unit_test_setup(a_tree_is_killed_by_its_group, fresh),
        cmocka_unit_test_setup(a_tree_is_killed_by_its_cgroup, fresh),
        cmocka_unit_test_setup(the_end_is_an_event_of_a_poller, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
