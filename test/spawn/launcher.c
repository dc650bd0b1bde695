/* SPDX-License-Identifier: MIT */
/* Starts by a launcher that several have in hand, and what it keeps of them. */
#include "launcher_test.h"

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

static void await_begin(const struct hp_process *process) {
    const struct hp_start *start = process->start;
    while (!__atomic_load_n(&start->own.begun, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
}

/* The second has begun while the first is not executed. */
static void a_launcher_waits_for_no_execution(void **state) {
    struct pair pair;
    (void)state;
    if (loses_the_suspended()) return;
    pair_open(&pair);
    start_both(&pair);
    await_begin(&pair.first);
    await_begin(&pair.second);
    assert_int_equal(hp_process_started(&pair.first, 0, hp_sys_after(MILLISECOND)), -ETIMEDOUT);
    let_go(2);
    assert_int_equal(hp_process_started(&pair.second, 0, soon()), 0);
    assert_int_equal(end(&pair.second), 7);
    let_go(1);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 7);
    open_reset();
    pair_close(&pair);
}

/* Until it has asked to hear of its parent's end, that must not come. */
static void a_death_signal_keeps_the_launcher(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    pair.script.plan.death_signal = SIGTERM;
    start_both(&pair);
    assert_int_equal(hp_process_started(&pair.first, 0, HP_NOW), -ETIMEDOUT);
    assert_int_equal(hp_process_started(&pair.second, 0, HP_NOW), -ETIMEDOUT);
    hp_sys_sleep(hp_sys_after(20 * MILLISECOND));
    assert_int_equal(hp_process_started(&pair.first, 0, HP_NOW), -ETIMEDOUT);
    assert_int_equal(hp_process_started(&pair.second, 0, HP_NOW), -ETIMEDOUT);
    assert_int_equal(hp_launcher_close(&pair.launcher), -EBUSY);
    let_go(1 | 2);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(hp_process_started(&pair.second, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 7);
    assert_int_equal(end(&pair.second), 7);
    open_reset();
    pair_close(&pair);
}

/* A copy is waited for by the launcher, which says so before the child has ended. */
static void a_launcher_that_waited_says_so(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    hp_spawn_force(HP_SPAWN_HAS_VM);
    pair.script.argv[1] = (char *)(uintptr_t) "sleep";
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(pair.first.rung, HP_SPAWN_FORK);
    assert_int_equal(hp_process_signal(&pair.first, SIGKILL), 0);
    assert_int_equal(end(&pair.first), 1000 + SIGKILL);
    pair_close(&pair);
}

/* Nobody has to look for it, unless the machine stood still meanwhile. */
static void a_launcher_that_could_not_says_so(void **state) {
    struct pair pair;
    unsigned looks = 1;
    (void)state;
    pair_open(&pair);
    pair.script.plan.flags = 0;
    for (int i = 0; i < 20 && looks; i++) {
        open_fail(HP_CALL_clone3, 1, EAGAIN, false);
        assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), -EAGAIN);
        looks = open_count(HP_CALL_ppoll) - 1;
        open_reset();
    }
    assert_int_equal(looks, 0);
    pair_close(&pair);
}

/* As by kernels before 4.8, which clear no word for who is killed. */
static long die_untold(const long a[6]) {
    (void)a;
    hp_sys_call(SYS_set_tid_address, 0, 0, 0, 0, 0, 0);
    hp_sys_kill(hp_sys_getpid(), SIGKILL);
    return 0;
}

static void a_child_that_is_killed_before_its_execution(void **state) {
    struct pair pair;
    (void)state;
    pair_open(&pair);
    open_replace(HP_CALL_execve, die_untold);
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 1000 + SIGKILL);
    open_reset();
    pair_close(&pair);
}

static void *ask(void *process) {
    return (void *)(intptr_t)hp_process_started(process, 0, HP_FOREVER);
}

/* The launcher waits for the first and then for the second. Whose is the third has the turn to read
 * meanwhile, for one that is suspended is not waited for otherwise: the first is told. */
static void a_start_that_is_done_waits_for_no_other(void **state) {
    struct pair pair;
    struct hp_process third;
    pthread_t threads[2];
    void *first, *last;
    (void)state;
    if (loses_the_suspended()) return;
    pair_open(&pair);
    pair.script.plan.death_signal = SIGTERM;
    start_both(&pair);
    struct hp_spawn_plan plan = pair.script.plan;
    plan.flags |= HP_SPAWN_SUSPENDED;
    assert_int_equal(hp_spawn(&third, &plan, 0), 0);
    const struct hp_channel *channel = pair.launcher.channels[0];
    pthread_create(&threads[1], 0, ask, &third);
    while (!__atomic_load_n(&channel->turn.word, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    pthread_create(&threads[0], 0, ask, &pair.first);
    hp_sys_sleep(hp_sys_after(20 * MILLISECOND)); /* until it waits */
    let_go(1);
    pthread_join(threads[0], &first);
    assert_int_equal((intptr_t)first, 0);
    assert_int_equal(end(&pair.first), 7);
    assert_int_equal(hp_process_started(&pair.second, 0, HP_NOW), -ETIMEDOUT);
    let_go(2);
    assert_int_equal(hp_process_started(&pair.second, 0, soon()), 0);
    pthread_join(threads[1], &last);
    open_reset();
    assert_int_equal((intptr_t)last, 0);
    assert_int_equal(hp_process_resume(&third, 0), 0);
    assert_int_equal(end(&third), 7);
    assert_int_equal(end(&pair.second), 7);
    pair_close(&pair);
}

/* A launcher that has answered does nothing more until the caller has looked. */
static int launcher_s;
static uint32_t looked;

static void await_the_look(void) {
    if (hp_sys_gettid() != launcher_s || open_count(HP_CALL_sendmsg) < 2) return;
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
    looked = 0;
    pair_open(&pair);
    launcher_s = ((const struct hp_channel *)pair.launcher.channels[0])->thread;
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
    pair.script.plan.flags = 0;
    open_fail(HP_CALL_ppoll, 1, ENOMEM, true);
    assert_int_equal(hp_spawn(&pair.second, &pair.script.plan, 0), 0);
    open_reset();
    assert_int_equal(end(&pair.second), 7);
    pair.script.plan.flags = HP_SPAWN_ASYNC;
    assert_int_equal(hp_spawn(&pair.first, &pair.script.plan, 0), 0);
    open_fail(HP_CALL_ppoll, 1, ENOMEM, true);
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), -ETIMEDOUT);
    open_reset();
    assert_int_equal(hp_process_started(&pair.first, 0, soon()), 0);
    assert_int_equal(end(&pair.first), 7);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_launcher_waits_for_no_execution, fresh),
        cmocka_unit_test_setup(a_death_signal_keeps_the_launcher, fresh),
        cmocka_unit_test_setup(a_launcher_that_waited_says_so, fresh),
        cmocka_unit_test_setup(a_launcher_that_could_not_says_so, fresh),
        cmocka_unit_test_setup(a_child_that_is_killed_before_its_execution, fresh),
        cmocka_unit_test_setup(a_start_that_is_done_waits_for_no_other, fresh),
        cmocka_unit_test_setup(a_launcher_keeps_nothing_of_what_it_was_sent, fresh),
        cmocka_unit_test_setup(a_launcher_has_one_descriptor, fresh),
        cmocka_unit_test_setup(a_wait_that_fails_is_no_answer, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
