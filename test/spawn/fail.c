/* SPDX-License-Identifier: MIT */
/* Every step that can fail does, and is told with its stage, its errno and which of several; there
 * is no child afterwards, no descriptor, and no SIGCHLD was heard. */
#include "spawn_test.h"

#include <sys/resource.h>
#include <sys/stat.h>

static volatile int heard;
static void hear(int signal) { heard += signal == SIGCHLD; }

static struct hp_spawn_error error;
static struct script script;

static struct hp_spawn_plan *fresh_plan(void) {
    script_open(&script, WORDS("exit", "0"));
    return &script.plan;
}

static void check(int stage, int number, int index, const char *path) {
    memset(&error, 0x55, sizeof error);
    struct hp_process process;
    const int before = descriptors(), answer = hp_spawn(&process, &script.plan, &error);
    if (answer != -number || error.stage != stage || error.error != number ||
        error.index != index) {
        char text[200];
        hp_spawn_error_text(&error, text, sizeof text);
        fail_msg("%d, stage %d, error %d, index %d: %s; wanted stage %d, error %d, index %d",
                 answer, error.stage, error.error, error.index, text, stage, number, index);
    }
    assert_string_equal(error.path, path);
    assert_int_equal(descriptors(), before);
    script_close(&script);
}

static int make_file(const char *path, const char *text, mode_t mode) {
    unlink(path);
    const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    return file;
}

static const char *name(const char *what) {
    static char path[4][100];
    static int next;
    char *at = path[next++ % 4];
    snprintf(at, sizeof path[0], "/tmp/hp-fail-%d-%s", getpid(), what);
    return at;
}

static void a_program_that_is_not_one(void **state) {
    (void)state;
    fresh_plan()->path = "/nowhere/at/all";
    check(HP_SPAWN_AT_EXEC, ENOENT, 0, "/nowhere/at/all");
    const char *plain = name("plain"), *text = name("text"), *bad = name("bad"),
               *busy = name("busy");
    close(make_file(plain, "no program", 0600));
    fresh_plan()->path = plain;
    check(HP_SPAWN_AT_EXEC, EACCES, 0, plain);
    close(make_file(text, "no program", 0700));
    fresh_plan()->path = text;
    check(HP_SPAWN_AT_EXEC, ENOEXEC, 0, text);
    close(make_file(bad, "#!/nowhere/at/all\n", 0700));
    fresh_plan()->path = bad;
    check(HP_SPAWN_AT_EXEC, ENOENT, 0, bad);
    const int open_file = make_file(busy, "#!/bin/sh\n", 0700);
    fresh_plan()->path = busy;
    check(HP_SPAWN_AT_EXEC, ETXTBSY, 0, busy);
    close(open_file);
    unlink(plain), unlink(text), unlink(bad), unlink(busy);
}

/* The first that was there and might not be executed, not the last that was not there. */
static void a_search_tells_what_it_found(void **state) {
    (void)state;
    const char *plain = name("plain");
    close(make_file(plain, "no program", 0600));
    struct hp_spawn_plan *plan = fresh_plan();
    plan->path = strrchr(plain, '/') + 1;
    plan->search = "/nowhere:/tmp:/usr";
    check(HP_SPAWN_AT_EXEC, EACCES, 1, plain);
    unlink(plain);
    plan = fresh_plan();
    plan->path = "hp-no-such-program";
    plan->search = "/nowhere:/usr";
    check(HP_SPAWN_AT_EXEC, ENOENT, 1, "/usr/hp-no-such-program");
    static char longest[HP_SPAWN_PATH_MAX + 1];
    memset(longest, 'x', HP_SPAWN_PATH_MAX);
    plan = fresh_plan();
    plan->path = longest;
    script.plan = *plan;
    struct hp_process process;
    assert_int_equal(hp_spawn(&process, plan, &error), -ENOENT);
    assert_string_equal(error.path, "");
    script_close(&script);
}

static void arguments_that_are_too_long(void **state) {
    static char much[200000];
    (void)state;
    memset(much, 'x', sizeof much - 1);
    fresh_plan();
    script.argv[1] = much;
    check(HP_SPAWN_AT_EXEC, E2BIG, 0, SPAWN_CHILD);
}

static void places_that_are_none(void **state) {
    (void)state;
    fresh_plan()->cwd = "/nowhere";
    check(HP_SPAWN_AT_DIRECTORY, ENOENT, 0, "/nowhere");
    struct hp_spawn_plan *plan = fresh_plan();
    plan->flags = HP_SPAWN_DIRECTORY;
    plan->directory = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int null = plan->directory;
    check(HP_SPAWN_AT_DIRECTORY, ENOTDIR, 0, "");
    plan = fresh_plan();
    plan->flags = HP_SPAWN_CGROUP;
    plan->cgroup = open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int usr = plan->cgroup;
    if (hp_spawn_system.lacks_flags & HP_SPAWN_CGROUP)
        check(HP_SPAWN_AT_PLAN, EOPNOTSUPP, 0, "");
    else
        check(HP_SPAWN_AT_CGROUP, ENOENT, 0, "");
    plan = fresh_plan();
    plan->flags = HP_SPAWN_SESSION | HP_SPAWN_TERMINAL;
    plan->terminal = null;
    check(HP_SPAWN_AT_TERMINAL, ENOTTY, 0, "");
    plan = fresh_plan();
    plan->flags = HP_SPAWN_FOREGROUND;
    plan->terminal = null;
    check(HP_SPAWN_AT_FOREGROUND, ENOTTY, 0, "");
    plan = fresh_plan();
    plan->flags = HP_SPAWN_GROUP;
    plan->group = 0x3ffffff;
    check(HP_SPAWN_AT_GROUP, EPERM, 0, "");
    close(null);
    close(usr);
}

static void descriptors_that_are_none(void **state) {
    (void)state;
    if (way_of_environment() != HP_SPAWN_HERE) return; /* elsewhere they are handed over before */
    fresh_plan()->fd_count = 2;
    script.fds[1] = (struct hp_spawn_fd){5, 3999};
    check(HP_SPAWN_AT_FDS, EBADF, 1, "");
}

/* As many as may be, all taken when /dev/null is to be opened. */
static void no_room_for_null_in_the_child(void **state) {
    enum { ROOM = 64 };
    static struct hp_spawn_fd fds[ROOM + 1];
    struct rlimit old;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct hp_spawn_plan *plan = fresh_plan();
    const struct rlimit less = {ROOM, old.rlim_max};
    for (int i = 0; i <= ROOM; i++) fds[i] = (struct hp_spawn_fd){i, script.tell};
    fds[ROOM].parent = HP_SPAWN_NULL;
    plan->fds = fds;
    plan->fd_count = ROOM + 1;
    if (way_of_environment() == HP_SPAWN_BAY) {
        script_close(&script); /* it has no room for them */
        return;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
    if (way_of_environment() == HP_SPAWN_LAUNCHER)
        check(HP_SPAWN_AT_START, EMFILE, 0, ""); /* the launcher has no room for them */
    else if (has_line())
        check(HP_SPAWN_AT_FDS, EBADF, -1, ""); /* nor is there a number for its end */
    else
        check(HP_SPAWN_AT_NULL, EMFILE, ROOM, "");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void limits_that_are_none(void **state) {
    static const struct hp_spawn_limit limits[] = {{RLIMIT_CORE, 0, 0}, {RLIMIT_CPU, 9, 8}};
    (void)state;
    struct hp_spawn_plan *plan = fresh_plan();
    plan->limits = limits;
    plan->limit_count = 2;
    check(HP_SPAWN_AT_LIMIT, EINVAL, 1, "");
}

static int refused_to_a_nobody(void) {
    struct hp_process process;
    if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) return 1;
    struct hp_spawn_plan *plan = fresh_plan();
    plan->flags = HP_SPAWN_UID;
    if (hp_spawn(&process, plan, &error) != -EPERM || error.stage != HP_SPAWN_AT_UID) return 2;
    plan->flags = HP_SPAWN_GID;
    if (hp_spawn(&process, plan, &error) != -EPERM || error.stage != HP_SPAWN_AT_GID) return 3;
    plan->flags = HP_SPAWN_GROUPS;
    if (hp_spawn(&process, plan, &error) != -EPERM || error.stage != HP_SPAWN_AT_GROUPS) return 4;
    plan->flags = HP_SPAWN_NICE;
    plan->nice = -5;
    if (hp_spawn(&process, plan, &error) != -EACCES || error.stage != HP_SPAWN_AT_NICE) return 5;
    plan->flags = 0;
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_NPROC, &none)) return 6;
    if (hp_spawn(&process, plan, &error) != -EAGAIN || error.stage != HP_SPAWN_AT_START) return 7;
    return 0;
}

/* In a process of its own: rights that are given up do not come back. */
static void rights_that_one_has_not(void **state) {
    (void)state;
    if (getuid() != 0 || way_of_environment() == HP_SPAWN_LAUNCHER) return;
    const int child = fork();
    if (child == 0) _exit(refused_to_a_nobody());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void plans_that_contradict_themselves(void **state) {
    (void)state;
    fresh_plan()->fd_count = 3;
    script.fds[1] = (struct hp_spawn_fd){4, 0};
    script.fds[2] = (struct hp_spawn_fd){1, 0};
    check(HP_SPAWN_AT_PLAN, EINVAL, 2, "");
    fresh_plan()->fd_count = 2;
    script.fds[1] = (struct hp_spawn_fd){4, -1};
    check(HP_SPAWN_AT_PLAN, EINVAL, 1, "");
    fresh_plan()->fd_count = HP_SPAWN_FDS_MAX + 1;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
    fresh_plan()->flags = 1u << 31;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
    fresh_plan()->flags = HP_SPAWN_TERMINAL;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
    fresh_plan()->nice = 20;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
    fresh_plan()->path = 0;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
    fresh_plan()->argv = 0;
    check(HP_SPAWN_AT_PLAN, EINVAL, 0, "");
}

/* But on a BSD, where a child says its end to whoever hears it. */
static void nothing_was_heard_of_it(void **state) {
    (void)state;
    const bool is_bsd = hp_spawn_system.lacks & HP_SPAWN_HAS_PIDFD;
    if (!is_bsd)
        assert_int_equal(heard, getuid() == 0 && way_of_environment() != HP_SPAWN_LAUNCHER
                                    ? 1 /* the process that gave up its rights */
                                    : 0);
    assert_int_equal(waitpid(-1, 0, WNOHANG | __WALL), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_failure_in_words(void **state) {
    char text[100];
    (void)state;
    error = (struct hp_spawn_error){HP_SPAWN_AT_EXEC, ENOENT, 3, "/nowhere"};
    const size_t length = hp_spawn_error_text(&error, text, sizeof text);
    assert_memory_equal(text, "exec /nowhere: ", 15);
    assert_string_equal(text + 15, hp_error_text(ENOENT));
    assert_int_equal(length, strlen(text));
    assert_int_equal(hp_spawn_error_text(&error, text, 5), length);
    assert_string_equal(text, "exec");
    assert_int_equal(hp_spawn_error_text(&error, 0, 0), length);
    error = (struct hp_spawn_error){HP_SPAWN_AT_FDS, EBADF, -1, ""};
    hp_spawn_error_text(&error, text, sizeof text);
    assert_memory_equal(text, "fds: ", 5);
    for (int stage = HP_SPAWN_AT_PLAN; stage <= HP_SPAWN_AT_EXEC; stage++)
        assert_non_null(hp_spawn_stage_name(stage));
    assert_null(hp_spawn_stage_name(0));
    assert_null(hp_spawn_stage_name(HP_SPAWN_AT_EXEC + 1));
    assert_string_equal(hp_spawn_stage_name(HP_SPAWN_AT_EXEC), "exec");
    assert_string_equal(hp_spawn_stage_name(HP_SPAWN_AT_CGROUP), "cgroup");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_program_that_is_not_one, fresh),
        cmocka_unit_test_setup(a_search_tells_what_it_found, fresh),
        cmocka_unit_test_setup(arguments_that_are_too_long, fresh),
        cmocka_unit_test_setup(places_that_are_none, fresh),
        cmocka_unit_test_setup(descriptors_that_are_none, fresh),
        cmocka_unit_test_setup(no_room_for_null_in_the_child, fresh),
        cmocka_unit_test_setup(limits_that_are_none, fresh),
        cmocka_unit_test_setup(rights_that_one_has_not, fresh),
        cmocka_unit_test_setup(plans_that_contradict_themselves, fresh),
        cmocka_unit_test(nothing_was_heard_of_it),
        cmocka_unit_test_setup(a_failure_in_words, fresh),
    };
    struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, 0);
    return cmocka_run_group_tests(tests, 0, 0);
}
