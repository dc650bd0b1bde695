/* SPDX-License-Identifier: MIT */
/* A child has what its plan says, and is waited for, signalled and let go. */
#include "spawn_test.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void a_child_has_the_descriptors_of_its_map_and_no_others(void **state) {
    struct script script;
    (void)state;
    script_open(&script, WORDS("fds"));
    const int leak = dup(0), far = fcntl(0, F_DUPFD, 300);
    assert_true(leak >= 0 && far >= 300);
    assert_says(&script, "1 ");

    script_open(&script, WORDS("fds"));
    script.fds[1] = (struct hp_spawn_fd){7, far};
    script.fds[2] = (struct hp_spawn_fd){90, leak};
    script.plan.fd_count = 3;
    assert_says(&script, "1 7 90 ");
    close(leak);
    close(far);
}

/* Close-on-exec here, and open there. */
static void a_number_may_stay_what_it_is(void **state) {
    struct script script;
    (void)state;
    const int far = fcntl(0, F_DUPFD_CLOEXEC, 300);
    assert_int_equal(far, 300);
    script_open(&script, WORDS("fds"));
    script.fds[1] = (struct hp_spawn_fd){far, far};
    script.plan.fd_count = 2;
    assert_says(&script, "1 300 ");
    close(far);
}

static unsigned long long inode(int fd) {
    struct stat file;
    assert_int_equal(fstat(fd, &file), 0);
    return file.st_ino;
}

/* {0<-4, 1<-0, 2<-3} and two more, by what lies behind the numbers: five in a row that are free. */
static void a_map_is_one_assignment(void **state) {
    static const int from[5] = {4, 0, 3, 2, 1};
    enum { FIRST = 400 };
    struct script script;
    char wanted[200], at[5][12];
    unsigned long long inodes[5];
    (void)state;
    for (int i = 0; i < 5; i++) {
        const int file = memfd_create("file", MFD_CLOEXEC);
        assert_int_equal(fcntl(file, F_DUPFD_CLOEXEC, FIRST), FIRST + i);
        inodes[i] = inode(file);
        close(file);
        snprintf(at[i], sizeof at[i], "%d", FIRST + i);
    }
    script_open(&script, WORDS("files", at[0], at[1], at[2], at[3], at[4]));
    for (int i = 0; i < 5; i++)
        script.fds[1 + i] = (struct hp_spawn_fd){FIRST + i, FIRST + from[i]};
    script.plan.fd_count = 6;
    snprintf(wanted, sizeof wanted, "%llu %llu %llu %llu %llu ", inodes[4], inodes[0], inodes[3],
             inodes[2], inodes[1]);
    assert_says(&script, wanted);
    for (int i = 0; i < 5; i++) close(FIRST + i);
}

static void null_is_a_device(void **state) {
    struct script script;
    char wanted[60];
    (void)state;
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    script_open(&script, WORDS("files", "0", "2", "5"));
    script.fds[1] = (struct hp_spawn_fd){0, HP_SPAWN_NULL};
    script.fds[2] = (struct hp_spawn_fd){2, HP_SPAWN_NULL};
    script.fds[3] = (struct hp_spawn_fd){5, HP_SPAWN_NULL};
    script.plan.fd_count = 4;
    snprintf(wanted, sizeof wanted, "%llu %llu %llu ", inode(null), inode(null), inode(null));
    assert_says(&script, wanted);
    script_open(&script, WORDS("fds"));
    script.fds[1] = (struct hp_spawn_fd){0, HP_SPAWN_NULL};
    script.plan.fd_count = 2;
    assert_says(&script, "0 1 ");
    close(null);
}

/* Descriptors of the process's own may be numbered 0 to 2 then: nothing is said before those are
 * back. */
static void a_closed_0_1_and_2_are_no_matter(void **state) {
    struct script script;
    struct hp_process process;
    int kept[3];
    char text[64];
    (void)state;
    script_open(&script, WORDS("fds"));
    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
        close(i);
    }
    const int answer = hp_spawn(&process, &script.plan, 0);
    const ssize_t got = read(script.said, text, sizeof text);
    const int waited = hp_process_wait(&process, 0, soon()), closed = hp_process_close(&process);
    for (int i = 0; i < 3; i++)
        if (kept[i] >= 0) dup2(kept[i], i), close(kept[i]);
    assert_int_equal(answer, 0);
    assert_int_equal(waited, 0);
    assert_int_equal(closed, 0);
    assert_int_equal(got, 2);
    assert_memory_equal(text, "1 ", 2);
    script_close(&script);
}

static void handle(int signal) { (void)signal; }

static void no_signal_is_blocked_ignored_or_handled(void **state) {
    struct script script;
    sigset_t all, mask;
    (void)state;
    struct sigaction old[65] = {{.sa_handler = SIG_DFL}};
    for (int i = 1; i <= 64; i++) {
        struct sigaction action = {.sa_handler = i % 2 ? SIG_IGN : handle};
        sigaction(i, 0, &old[i]);
        if (i != SIGCHLD && i != SIGSEGV) sigaction(i, &action, 0);
    }
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    script_open(&script, WORDS("signals"));
    assert_says(&script, "0000000000000000 0000000000000000 0000000000000000 ");
    script_open(&script, WORDS("signals"));
    script.plan.kept = ~hp_spawn_ignored();
    /* 9, 11, 17, 19 are left alone above, 32 and 33 by the C library */
    assert_true(((hp_spawn_ignored() ^ 0x5555555555555555) & ~(uint64_t)0x180050500) == 0);
    assert_says(&script, "0000000000000000 0000000000000000 0000000000000000 ");
    script_open(&script, WORDS("signals"));
    script.plan.blocked = known(0x8000000000000201);
    script.plan.ignored = known(0x4000000000001000);
    char wanted[60];
    snprintf(wanted, sizeof wanted, "%016llx %016llx 0000000000000000 ",
             (unsigned long long)script.plan.blocked, (unsigned long long)script.plan.ignored);
    assert_says(&script, wanted);
    sigset_t now;
    sigprocmask(SIG_SETMASK, &mask, &now);
    assert_true(sigismember(&now, SIGUSR1) && sigismember(&now, SIGRTMAX));
    for (int i = 1; i <= 64; i++) sigaction(i, &old[i], 0);
}

static void what_is_ignored_may_stay_ignored(void **state) {
    struct script script;
    (void)state;
    struct sigaction old, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGUSR2, &ignore, &old);
    script_open(&script, WORDS("signals"));
    script.plan.kept = ~(uint64_t)0;
    script.plan.ignored = 1;
    char text[200];
    script_run(&script, text, sizeof text);
    const unsigned long long ignored = strtoull(text + 17, 0, 16);
    assert_true(ignored & 1 && ignored & 1 << (SIGUSR2 - 1));
    assert_memory_equal(text + 34, "0000000000000000", 16);
    script_close(&script);
    sigaction(SIGUSR2, &old, 0);
}

static void the_environment_is_the_plan_s(void **state) {
    static char *const some[] = {(char *)(uintptr_t) "A=1", (char *)(uintptr_t) "B=2", 0};
    struct script script;
    (void)state;
    script_open(&script, WORDS("env"));
    assert_says(&script, "");
    script_open(&script, WORDS("env"));
    script.plan.envp = some;
    assert_says(&script, "A=1 B=2 ");
}

static void place_mask_session_and_group(void **state) {
    struct script script;
    (void)state;
    const mode_t mask = umask(022);
    script_open(&script, WORDS("place"));
    script.plan.cwd = "/usr/../proc";
    script.plan.umask = 07;
    script.plan.flags = HP_SPAWN_UMASK | HP_SPAWN_SESSION | HP_SPAWN_NICE;
    script.plan.nice = 13;
    assert_says(&script, "/proc 7 13 1 1");
    const int usr = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
    script_open(&script, WORDS("place"));
    script.plan.flags = HP_SPAWN_DIRECTORY | HP_SPAWN_GROUP;
    script.plan.directory = usr;
    char wanted[40]; /* this test may be niced */
    snprintf(wanted, sizeof wanted, "/usr 22 %d 0 1", getpriority(PRIO_PROCESS, 0));
    assert_says(&script, wanted);
    script_open(&script, WORDS("place"));
    script.plan.flags = HP_SPAWN_DIRECTORY;
    script.plan.directory = usr;
    script.plan.cwd = "bin";
    snprintf(wanted, sizeof wanted, "/usr/bin 22 %d 0 0", getpriority(PRIO_PROCESS, 0));
    assert_says(&script, wanted);
    assert_int_equal(umask(mask), 022);
    close(usr);
}

static void limits_and_ids(void **state) {
    static const struct hp_spawn_limit limit = {RLIMIT_NOFILE, 30, 40};
    static const unsigned groups[] = {5, 6};
    struct script script;
    (void)state;
    script_open(&script, WORDS("limit", "7"));
    script.plan.limits = &limit;
    script.plan.limit_count = 1;
    assert_says(&script, "30 40");
    if (getuid() != 0) return;
    script_open(&script, WORDS("ids"));
    script.plan.flags = HP_SPAWN_UID | HP_SPAWN_GID | HP_SPAWN_GROUPS;
    script.plan.uid = 65534;
    script.plan.gid = 65533;
    script.plan.groups = groups;
    script.plan.group_count = 2;
    assert_says(&script, "65534 65534 65533 65533 5 6");
    assert_int_equal(getuid(), 0);
}

static void a_program_is_looked_for(void **state) {
    struct script script;
    char search[300];
    (void)state;
    script_open(&script, WORDS("fds"));
    snprintf(search, sizeof search, "/nowhere:/etc/passwd:%.*s:/bin",
             (int)(strrchr(SPAWN_CHILD, '/') - SPAWN_CHILD), SPAWN_CHILD);
    script.plan.search = search;
    script.plan.path = strrchr(SPAWN_CHILD, '/') + 1;
    assert_says(&script, "1 ");
    script_open(&script, WORDS("fds"));
    script.plan.search = "/nowhere:";
    script.plan.path = strrchr(SPAWN_CHILD, '/') + 1;
    snprintf(search, sizeof search, "%.*s", (int)(strrchr(SPAWN_CHILD, '/') - SPAWN_CHILD),
             SPAWN_CHILD);
    script.plan.cwd = search;
    assert_says(&script, "1 ");
}

static void a_file_is_executed_by_its_descriptor(void **state) {
    struct script script;
    (void)state;
    script_open(&script, WORDS("fds"));
    if (is_refused(&script, HP_SPAWN_FILE)) return;
    const int file = open(SPAWN_CHILD, O_RDONLY | O_CLOEXEC);
    script.plan.path = 0;
    script.plan.file = file;
    script.plan.flags = HP_SPAWN_FILE;
    script.fds[1] = (struct hp_spawn_fd){file, 0}; /* its own number is another's there */
    script.plan.fd_count = 1 + (fcntl(0, F_GETFD) >= 0);
    char wanted[20];
    snprintf(wanted, sizeof wanted, script.plan.fd_count == 2 ? "1 %d " : "1 ", file);
    assert_says(&script, wanted);
    close(file);
}

static struct hp_process start(const char *word, const char *more) {
    struct script script;
    struct hp_process process;
    script_open(&script, WORDS(word, more));
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    script_close(&script);
    return process;
}

static void an_end_is_told_once_and_again(void **state) {
    struct hp_exit exit;
    (void)state;
    struct hp_process process = start("exit", "42");
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(exit.code, 42);
    assert_int_equal(exit.signal, 0);
    assert_true(exit.memory > 0);
    exit.code = 0;
    assert_int_equal(hp_process_wait(&process, &exit, HP_FOREVER), 0);
    assert_int_equal(exit.code, 42);
    assert_int_equal(hp_process_signal(&process, 0), -ESRCH);
    assert_int_equal(hp_process_close(&process), 0);

    process = start("kill", "9");
    assert_int_equal(hp_process_wait(&process, &exit, HP_FOREVER), 0);
    assert_int_equal(exit.signal, SIGKILL);
    assert_int_equal(exit.code, 0);
    assert_int_equal(hp_process_close(&process), 0);
}

static void a_deadline_is_kept(void **state) {
    (void)state;
    struct hp_exit exit;
    struct hp_process process = start("sleep", 0);
    assert_int_equal(hp_process_wait(&process, &exit, HP_NOW), -ETIMEDOUT);
    const hp_deadline deadline = hp_sys_after(5 * MILLISECOND);
    assert_int_equal(hp_process_wait(&process, &exit, deadline), -ETIMEDOUT);
    assert_true(hp_sys_now() >= deadline);
    assert_int_equal(hp_process_signal(&process, SIGTERM), 0);
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(exit.signal, SIGTERM);
    assert_int_equal(hp_process_close(&process), 0);
}

static void nothing_is_left_behind(void **state) {
    (void)state;
    struct hp_process warm = start("exit", "0");
    assert_int_equal(hp_process_wait(&warm, 0, soon()), 0);
    hp_process_close(&warm);
    const int before = descriptors();
    for (int i = 0; i < 50; i++) {
        struct hp_process process = start("exit", "1");
        assert_int_equal(hp_process_wait(&process, 0, soon()), 0);
        assert_int_equal(hp_process_close(&process), 0);
    }
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid(-1, 0, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void suspended_until_it_is_told(void **state) {
    struct script script;
    struct hp_process process;
    struct hp_exit exit;
    char text[16];
    (void)state;
    if (loses_the_suspended()) return;
    script_open(&script, WORDS("exit", "3"));
    if (is_refused(&script, HP_SPAWN_SUSPENDED)) return;
    script.plan.flags = HP_SPAWN_SUSPENDED;
    const bool copied = lacks(is_darwin() ? HP_SPAWN_HAS_POSIX : HP_SPAWN_HAS_VM);
    if (copied || way_of_environment() == HP_SPAWN_BAY) {
        const int wanted = copied ? -EOPNOTSUPP : -EINVAL;
        assert_int_equal(hp_spawn(&process, &script.plan, 0), wanted);
        script_close(&script);
        return;
    }
    assert_int_equal(hp_spawn(&process, &script.plan, 0), 0);
    assert_int_equal(hp_process_wait(&process, &exit, HP_NOW), -EINVAL);
    assert_int_equal(hp_process_close(&process), -EBUSY);
    snprintf(text, sizeof text, "%d", process.pid);
    assert_int_equal(setpriority(PRIO_PROCESS, (id_t)process.pid, 7), 0);
    assert_int_equal(hp_process_resume(&process, 0), 0);
    assert_int_equal(hp_process_resume(&process, 0), -EINVAL);
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(exit.code, 3);
    hp_process_close(&process);

    struct hp_spawn_error error;
    script.plan.path = "/nowhere";
    assert_int_equal(hp_spawn(&process, &script.plan, &error), 0);
    assert_int_equal(hp_process_resume(&process, &error), -ENOENT);
    assert_int_equal(error.stage, HP_SPAWN_AT_EXEC);
    assert_string_equal(error.path, "/nowhere");
    script_close(&script);
}

/* Which rung carried all that. */
static void the_rung_is_the_one_that_is_left(void **state) {
    (void)state;
    const struct hp_spawn_totals now = totals();
    const bool clone3 = lacks(HP_SPAWN_HAS_CLONE3), pidfd = lacks(HP_SPAWN_HAS_PIDFD),
               vm = lacks(HP_SPAWN_HAS_VM), is_bsd = hp_spawn_system.lacks & HP_SPAWN_HAS_PIDFD;
    assert_int_equal(now.clone3 > 0, !clone3 && !pidfd && !vm);
    assert_int_equal(now.clone > 0, clone3 && !pidfd && !vm);
    assert_int_equal(now.vfork > 0, pidfd && !vm);
    assert_int_equal(now.fork > 0, vm);
    assert_int_equal(now.posix > 0, is_darwin() && !lacks(HP_SPAWN_HAS_POSIX));
    assert_int_equal(now.watchers > 0, pidfd && !is_bsd);
    const bool by_number = pidfd || lacks(HP_SPAWN_HAS_WAIT);
    assert_int_equal(now.waits_number > 0, by_number);
    assert_int_equal(now.waits_pidfd > 0, !by_number);
    const bool range = !lacks(HP_SPAWN_HAS_RANGE), proc = !lacks(HP_SPAWN_HAS_PROC);
    assert_int_equal(now.ranges > 0, range || is_bsd);
    assert_int_equal(now.listed > 0, !range && proc);
    assert_int_equal(now.brute > 0, !range && !proc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_child_has_the_descriptors_of_its_map_and_no_others, fresh),
        cmocka_unit_test_setup(a_number_may_stay_what_it_is, fresh),
        cmocka_unit_test_setup(a_map_is_one_assignment, fresh),
        cmocka_unit_test_setup(null_is_a_device, fresh),
        cmocka_unit_test_setup(a_closed_0_1_and_2_are_no_matter, fresh),
        cmocka_unit_test_setup(no_signal_is_blocked_ignored_or_handled, fresh),
        cmocka_unit_test_setup(what_is_ignored_may_stay_ignored, fresh),
        cmocka_unit_test_setup(the_environment_is_the_plan_s, fresh),
        cmocka_unit_test_setup(place_mask_session_and_group, fresh),
        cmocka_unit_test_setup(limits_and_ids, fresh),
        cmocka_unit_test_setup(a_program_is_looked_for, fresh),
        cmocka_unit_test_setup(a_file_is_executed_by_its_descriptor, fresh),
        cmocka_unit_test_setup(an_end_is_told_once_and_again, fresh),
        cmocka_unit_test_setup(a_deadline_is_kept, fresh),
        cmocka_unit_test_setup(nothing_is_left_behind, fresh),
        cmocka_unit_test_setup(suspended_until_it_is_told, fresh),
        cmocka_unit_test(the_rung_is_the_one_that_is_left),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
