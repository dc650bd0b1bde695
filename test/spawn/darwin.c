/* SPDX-License-Identifier: MIT */
/* What is asked of posix_spawn where it is macOS's, and what goes by fork there. */
#include "spawn_test.h"

#include "played_darwin.h"

enum { SIX = 6, HOLE = 6, DEVICE = 7, CHOICES = 8 };

/* In base 8: digit i is the parent of child i, or a hole, or /dev/null. */
static unsigned map_of(unsigned code, struct hp_spawn_fd *fds) {
    unsigned count = 0;
    for (int child = 0; child < SIX; child++, code /= CHOICES) {
        const int choice = (int)(code % CHOICES);
        if (choice == HOLE) continue;
        fds[count++] = (struct hp_spawn_fd){child, choice == DEVICE ? HP_SPAWN_NULL : choice};
    }
    return count;
}

static void judge(const struct model *model, const struct hp_spawn_fd *fds, unsigned count) {
    unsigned stay = 0;
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(model->table[fds[i].child], fds[i].parent);
        assert_true(model->stays[fds[i].child]);
    }
    for (int i = 0; i < MODEL_NUMBERS; i++) stay += model->stays[i];
    assert_int_equal(stay, count);
}
_Static_assert((int)MODEL_NULL == (int)HP_SPAWN_NULL, "one number for the device");

static void every_map_of_six_by_six(void **state) {
    static struct model model;
    struct hp_spawn_fd fds[SIX];
    struct script script;
    struct hp_process process;
    (void)state;
    if (lacks(HP_SPAWN_HAS_POSIX)) return;
    script_open(&script, WORDS("exit", "0"));
    script.plan.fds = fds;
    played_spawns.model = &model;
    for (unsigned code = 0; code < 1u << 3 * SIX; code++) {
        script.plan.fd_count = map_of(code, fds);
        assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
        assert_int_equal(process.pid, MODEL_PID);
        judge(&model, fds, script.plan.fd_count);
    }
    played_spawns.model = 0;
    assert_int_equal(played_spawns.made, played_spawns.dropped);
    script_close(&script);
}

/* The one that the plan is left with, after a run of it. */
static int rung_of(const struct hp_spawn_plan *plan) {
    struct hp_process process;
    const unsigned made = played_spawns.made;
    assert_int_equal(hp_spawn(&process, plan, 0), 0);
    assert_true(played_spawns.made > made);
    assert_int_equal(played_spawns.made, played_spawns.dropped);
    const int rung = process.rung;
    assert_int_equal(hp_process_signal(&process, SIGKILL), 0);
    assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
    hp_process_close(&process);
    return rung;
}

static void what_cannot_be_said_goes_by_fork(void **state) {
    static const struct hp_spawn_limit limit = {7, 30, 40};
    struct script script;
    (void)state;
    const int posix = lacks(HP_SPAWN_HAS_POSIX) ? HP_SPAWN_FORK : HP_SPAWN_POSIX;
    script_open(&script, WORDS("sleep"));
    struct hp_spawn_plan *plan = &script.plan, plain = *plan;
    assert_int_equal(rung_of(plan), posix);
    plan->flags = HP_SPAWN_SESSION;
    assert_int_equal(rung_of(plan), posix);
    plan->flags = HP_SPAWN_GROUP;
    assert_int_equal(rung_of(plan), posix);
    plan->cwd = "/usr";
    assert_int_equal(rung_of(plan), posix);
    plan->search = "/nowhere:relative";
    assert_int_equal(rung_of(plan), posix); /* the path has a '/' */
    *plan = plain;
    plan->flags = HP_SPAWN_UMASK;
    assert_int_equal(rung_of(plan), HP_SPAWN_FORK);
    *plan = plain;
    plan->flags = HP_SPAWN_NICE;
    assert_int_equal(rung_of(plan), HP_SPAWN_FORK);
    *plan = plain;
    plan->ignored = 1;
    assert_int_equal(rung_of(plan), HP_SPAWN_FORK);
    *plan = plain;
    plan->limits = &limit;
    plan->limit_count = 1;
    assert_int_equal(rung_of(plan), HP_SPAWN_FORK);
    script_close(&script);
}

/* Which file a relative path is, before the child's directory or in it, is not left to chance. */
static void a_relative_path_is_the_child_s(void **state) {
    struct script script;
    char search[300] = "/nowhere:";
    (void)state;
    snprintf(search + 9, sizeof search - 9, "%.*s", (int)(strrchr(SPAWN_CHILD, '/') - SPAWN_CHILD),
             SPAWN_CHILD);
    script_open(&script, WORDS("sleep"));
    script.plan.path = strrchr(SPAWN_CHILD, '/') + 1;
    script.plan.cwd = search + 9;
    assert_int_equal(rung_of(&script.plan), HP_SPAWN_FORK);
    script.plan.search = search;
    assert_int_equal(rung_of(&script.plan),
                     lacks(HP_SPAWN_HAS_POSIX) ? HP_SPAWN_FORK : HP_SPAWN_POSIX);
    script_close(&script);
}

/* A child that failed by posix_spawn failed again by fork, which is told; nothing is kept. */
static void a_failure_is_told_by_the_second_try(void **state) {
    struct script script;
    struct hp_process process;
    struct hp_spawn_error error;
    (void)state;
    script_open(&script, WORDS("exit", "0"));
    script.plan.cwd = "/nowhere";
    const unsigned spawned = played_spawns.spawned;
    assert_int_equal(hp_spawn(&process, &script.plan, &error), -ENOENT);
    assert_int_equal(error.stage, HP_SPAWN_AT_DIRECTORY);
    assert_string_equal(error.path, "/nowhere");
    assert_int_equal(played_spawns.spawned - spawned, !lacks(HP_SPAWN_HAS_POSIX));
    assert_int_equal(played_spawns.made, played_spawns.dropped);
    assert_int_equal(waitpid(-1, 0, WNOHANG), -1);
    script_close(&script);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_map_of_six_by_six, fresh),
        cmocka_unit_test_setup(what_cannot_be_said_goes_by_fork, fresh),
        cmocka_unit_test_setup(a_relative_path_is_the_child_s, fresh),
        cmocka_unit_test_setup(a_failure_is_told_by_the_second_try, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
