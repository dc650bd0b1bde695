/* SPDX-License-Identifier: MIT */
/* Every public function that starts, waits or listens, with its n-th entry of each call failing, n
 * = 1, 2, 3..., by each error that call may answer, once and from then on: in the parent, in the
 * child, in a launcher. Whatever it answers: no descriptor is left, no child, and once nothing
 * fails a second try works. */
#include "spawn_test.h"

enum { CALLS_MAX = 12 };

static struct hp_talk talk;

static int do_spawn(int way, unsigned flags) {
    struct script script;
    struct hp_process process;
    script_open(&script, WORDS("exit", "0"));
    go_by(&script.plan, way);
    script.plan.kept = ~0ull;
    script.plan.flags = flags;
    script.fds[1] = (struct hp_spawn_fd){0, HP_SPAWN_NULL};
    script.plan.fd_count = 2;
    script.plan.cwd = "/";
    int answer = hp_spawn(&process, &script.plan, 0);
    if (answer == 0 && flags & HP_SPAWN_ASYNC) answer = hp_process_started(&process, 0, HP_FOREVER);
    if (answer == 0 && flags & HP_SPAWN_SUSPENDED) answer = hp_process_resume(&process, 0);
    if (answer == 0) {
        open_reset(); /* the rest is swept by wait */
        assert_int_equal(hp_process_wait(&process, 0, HP_FOREVER), 0);
        hp_process_close(&process);
    }
    script_close(&script);
    return answer;
}

static int do_here(void) { return do_spawn(HP_SPAWN_HERE, 0); }
static int do_suspended(void) {
    return do_spawn(HP_SPAWN_HERE, loses_the_suspended() ? 0 : HP_SPAWN_SUSPENDED);
}
static int do_bay(void) { return do_spawn(HP_SPAWN_BAY, 0); }
static int do_launcher(void) { return do_spawn(HP_SPAWN_LAUNCHER, 0); }
static int do_async(void) { return do_spawn(HP_SPAWN_LAUNCHER, HP_SPAWN_ASYNC); }

static int do_launcher_open(void) {
    struct hp_launcher launcher;
    const int answer = hp_launcher_open(&launcher, 2);
    open_reset();
    if (answer == 0) assert_int_equal(hp_launcher_close(&launcher), 0);
    return answer;
}

static int do_communicate(void) {
    struct script script;
    script_open(&script, WORDS("cat"));
    script_close(&script);
    script.plan.fd_count = 0;
    script.plan.kept = ~0ull;
    talk = (struct hp_talk){.input = "x", .input_length = 1, .grace = SECOND, .drain = SECOND};
    return hp_communicate(&script.plan, &talk, 0, soon());
}

static const struct subject {
    const char *name;
    int (*act)(void);
    unsigned missing;
} subjects[] = {{"here", do_here, 0},
                {"here, by clone", do_here, HP_SPAWN_HAS_CLONE3},
                {"here, by vfork", do_here, HP_SPAWN_HAS_PIDFD},
                {"here, by fork", do_here, HP_SPAWN_HAS_VM},
                {"here, closed by a list", do_here, HP_SPAWN_HAS_RANGE},
                {"suspended", do_suspended, 0},
                {"bay", do_bay, 0},
                {"launcher", do_launcher, 0},
                {"asynchronous", do_async, 0},
                {"launcher open", do_launcher_open, 0},
                {"communicate", do_communicate, 0}};

/* Not swept: close, which is made once whatever it answers; futex and the ways to wait, of which no
 * error leaves anything to be done; exit_group. */
static const enum hp_call swept[] = {
    HP_CALL_clone3, HP_CALL_clone,      HP_CALL_rt_sigaction, HP_CALL_chdir,  HP_CALL_fcntl,
    HP_CALL_dup3,   HP_CALL_openat,     HP_CALL_close_range,  HP_CALL_execve, HP_CALL_pipe2,
    HP_CALL_mmap,   HP_CALL_socketpair, HP_CALL_getdents64,   HP_CALL_unshare};
static const int errors[] = {ENOMEM, EAGAIN, EINVAL, EPERM, ENOSYS, EMFILE};

struct trial {
    const struct subject *subject;
    enum hp_call call;
    unsigned n;
    int error;
    bool onwards;
};

/* False when the n-th entry never came. A child's own entries are counted too: it is in this
 * memory, but for the copied one, whose failures are its own. */
static bool strike(const struct trial *trial) {
    const int before = descriptors();
    open_reset();
    hp_spawn_force(trial->subject->missing);
    open_fail(trial->call, trial->n, trial->error, trial->onwards);
    trial->subject->act();
    const bool came = open_count(trial->call) >= trial->n;
    open_reset();
    hp_spawn_force(trial->subject->missing);
    const int answer = trial->subject->act();
    if (answer != 0)
        fail_msg("%s: %d after %s entry %u failed by %d", trial->subject->name, answer,
                 hp_sys_call_row(trial->call)->name, trial->n, trial->error);
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid(-1, 0, WNOHANG | __WALL), -1);
    return came;
}

static void each_call_of_each_function_fails(void **state) {
    unsigned trials = 0;
    (void)state;
    the_bay();
    the_launcher();
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++)
        for (size_t c = 0; c < sizeof swept / sizeof *swept; c++)
            for (size_t e = 0; e < sizeof errors / sizeof *errors; e++)
                for (int onwards = 0; onwards < 2; onwards++) {
                    struct trial trial = {&subjects[s], swept[c], 1, errors[e], onwards};
                    for (; trial.n <= CALLS_MAX && strike(&trial); trial.n++) trials++;
                }
    print_message("%u trials\n", trials);
    assert_true(trials > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_call_of_each_function_fails, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
