/* SPDX-License-Identifier: MIT */
/* Nothing of the process is held by its children: neither when they run, whoever makes descriptors
 * meanwhile, nor before. The same tests with posix_spawn see what they look for. HP_CHILDREN is how
 * many are started in the first: 10,000 in spawn/window.many. */
#include "spawn_test.h"

#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { CHURNERS = 8, STARTERS = 4, CROWD_MAX = 8, CONTROL = 50 };

static bool stop; /* atomic */

/* ---- Descriptors with and without close-on-exec, as fast as it goes -------------------------- */

static void churn(int flag) {
    int ends[2], pair[2];
    const int made[] = {dup(0), epoll_create1(flag), open("/dev/null", O_RDONLY | flag),
                        fcntl(1, flag ? F_DUPFD_CLOEXEC : F_DUPFD, 0)};
    if (pipe2(ends, flag) == 0) close(ends[0]), close(ends[1]);
    if (socketpair(AF_UNIX, SOCK_STREAM | (flag ? SOCK_CLOEXEC : 0), 0, pair) == 0)
        close(pair[0]), close(pair[1]);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (made[i] >= 0) close(made[i]);
}

static bool is_over(void) { return __atomic_load_n(&stop, __ATOMIC_RELAXED); }

static void *churn_on(void *argument) {
    while (!is_over()) churn(0), churn(O_CLOEXEC);
    return argument;
}

struct crowd {
    pthread_t threads[CROWD_MAX];
    unsigned count;
};

static void crowd_begin(struct crowd *crowd, unsigned count, void *(*run)(void *)) {
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    crowd->count = count;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_create(&crowd->threads[i], 0, run, 0), 0);
}

static void crowd_end(struct crowd *crowd) {
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < crowd->count; i++) pthread_join(crowd->threads[i], 0);
}

static char *const surplus[] = {(char *)(uintptr_t) "child", (char *)(uintptr_t) "surplus",
                                (char *)(uintptr_t) "0", 0};

static int way_of_parents;
static unsigned long to_start, found;

static int surplus_of_one(const struct hp_spawn_plan *plan) {
    struct hp_process process;
    struct hp_exit exit;
    assert_int_equal(hp_spawn(&process, plan, 0), 0);
    assert_int_equal(hp_process_wait(&process, &exit, HP_FOREVER), 0);
    assert_int_equal(exit.signal, 0);
    hp_process_close(&process);
    return exit.code;
}

static int surplus_by_posix_spawn(void) {
    pid_t pid;
    int status;
    assert_int_equal(posix_spawn(&pid, SPAWN_CHILD, 0, 0, surplus, 0), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void *be_parent(void *argument) {
    static const struct hp_spawn_fd zero = {0, HP_SPAWN_NULL};
    struct hp_spawn_plan plan = {
        .path = SPAWN_CHILD, .argv = surplus, .fds = &zero, .fd_count = 1, .kept = ~0ull};
    if (way_of_parents) go_by(&plan, way_of_parents);
    while ((long)__atomic_fetch_sub(&to_start, 1, __ATOMIC_RELAXED) > 0) {
        const int more = way_of_parents ? surplus_of_one(&plan) : surplus_by_posix_spawn();
        __atomic_fetch_add(&found, (unsigned long)more, __ATOMIC_RELAXED);
    }
    return argument;
}

/* What children by this way have besides their 0, in sum; 0 is posix_spawn. */
static unsigned long surplus_by(int way, unsigned long children) {
    pthread_t parents[STARTERS];
    found = 0;
    to_start = children;
    way_of_parents = way;
    for (int i = 0; i < STARTERS; i++) pthread_create(&parents[i], 0, be_parent, 0);
    for (int i = 0; i < STARTERS; i++) pthread_join(parents[i], 0);
    return found;
}

static void no_child_has_a_surplus(void **state) {
    const char *given = getenv("HP_CHILDREN");
    const unsigned long children = given ? strtoul(given, 0, 0) : 900;
    struct crowd crowd;
    (void)state;
    the_bay();
    the_launcher();
    const unsigned long strays = surplus_by(0, 1);
    crowd_begin(&crowd, CHURNERS, churn_on);
    const unsigned long here = surplus_by(HP_SPAWN_HERE, children / 3);
    const unsigned long bay = surplus_by(HP_SPAWN_BAY, children / 3);
    const unsigned long launcher = surplus_by(HP_SPAWN_LAUNCHER, children - children / 3 * 2);
    const unsigned long control = surplus_by(0, CONTROL);
    crowd_end(&crowd);
    print_message("%lu children: %lu %lu %lu surplus descriptors; %d by posix_spawn: %lu\n",
                  children, here, bay, launcher, CONTROL, control);
    assert_int_equal(here + bay + launcher, 0);
    assert_true(control > strays * CONTROL);
}

/* What posix_spawn leaves open is hit by chance: 11 times in 480 starts, and once not at all. */
enum { CONTROLS_MOST = 20 };

/* ---- Ghosts and late ends of files ----------------------------------------------------------- */

static int way_of_starters;
static unsigned long started;

static void *start_on(void *argument) {
    static char *const argv[] = {(char *)(uintptr_t) "child", (char *)(uintptr_t) "exit",
                                 (char *)(uintptr_t) "0", 0};
    struct hp_spawn_plan plan = {.path = SPAWN_CHILD, .argv = argv, .kept = ~0ull};
    if (way_of_starters) go_by(&plan, way_of_starters);
    while (!is_over()) {
        struct hp_process process;
        pid_t pid;
        if (!way_of_starters) {
            if (posix_spawn(&pid, SPAWN_CHILD, 0, 0, argv, 0) == 0) waitpid(pid, 0, 0);
        } else if (hp_spawn(&process, &plan, 0) == 0) {
            hp_process_wait(&process, 0, HP_FOREVER);
            hp_process_close(&process);
        }
        __atomic_fetch_add(&started, 1, __ATOMIC_RELAXED);
    }
    return argument;
}

struct sightings {
    unsigned long ghosts, late, starts;
};

/* A socket that is ready, watched, and closed without being taken from the poller: no event of it
 * may come any more, and its peer must be at the end of the file at once. */
static void look(int poller, struct sightings *seen) {
    struct epoll_event event = {.events = EPOLLIN};
    int pair[2];
    char byte = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(write(pair[1], &byte, 1), 1);
    assert_int_equal(epoll_ctl(poller, EPOLL_CTL_ADD, pair[0], &event), 0);
    close(pair[0]);
    seen->ghosts += epoll_wait(poller, &event, 1, 0) > 0;
    seen->late += recv(pair[1], &byte, 1, 0) < 0 && errno == EAGAIN;
    close(pair[1]);
}

static struct sightings watch_closes(int way, int closes) {
    struct sightings seen = {0, 0, 0};
    struct crowd crowd;
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    way_of_starters = way;
    started = 0;
    crowd_begin(&crowd, 2, start_on);
    for (int i = 0; i < closes || __atomic_load_n(&started, __ATOMIC_RELAXED) <= 100; i++)
        look(poller, &seen);
    crowd_end(&crowd);
    close(poller);
    seen.starts = started;
    print_message("way %d: %d closes, %lu starts, %lu ghost events, %lu late ends\n", way, closes,
                  seen.starts, seen.ghosts, seen.late);
    return seen;
}

static void nothing_closed_lives_on_in_a_child(void **state) {
    const char *given = getenv("HP_CLOSES");
    const int closes = given ? atoi(given) : 20000;
    (void)state;
    the_bay();
    the_launcher();
    for (int way = HP_SPAWN_BAY; way <= HP_SPAWN_LAUNCHER; way++) {
        const struct sightings seen = watch_closes(way, closes);
        assert_true(seen.starts > 100);
        assert_int_equal(seen.ghosts, 0);
        assert_int_equal(seen.late, 0);
    }
    struct sightings control = {0, 0, 0};
    for (int i = 0; i < CONTROLS_MOST && !(control.ghosts && control.late); i++)
        control = watch_closes(0, 20000);
    assert_true(control.ghosts > 0);
    assert_true(control.late > 0);
}

/* ---- A program that is written and executed -------------------------------------------------- */

enum { WRITERS = 8, PROGRAMS = 60 };

static int way_of_writers;
static unsigned long busy;

static void copy_program(const char *path) {
    enum { MOST = 1 << 21 };
    char *bytes = malloc(MOST);
    const int from = open(SPAWN_CHILD, O_RDONLY | O_CLOEXEC);
    const ssize_t length = pread(from, bytes, MOST, 0);
    const int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(from >= 0 && to >= 0 && length > 0);
    assert_int_equal(write(to, bytes, (size_t)length), length);
    close(to);
    close(from);
    free(bytes);
}

static int run_program(const char *path) {
    static char *const argv[] = {(char *)(uintptr_t) "child", (char *)(uintptr_t) "exit",
                                 (char *)(uintptr_t) "0", 0};
    struct hp_spawn_plan plan = {.path = path, .argv = argv, .kept = ~0ull};
    struct hp_process process;
    pid_t pid;
    if (!way_of_writers) {
        const int answer = posix_spawn(&pid, path, 0, 0, argv, 0);
        if (answer == 0) waitpid(pid, 0, 0);
        return -answer;
    }
    go_by(&plan, way_of_writers);
    const int answer = hp_spawn(&process, &plan, 0);
    if (answer < 0) return answer;
    hp_process_wait(&process, 0, HP_FOREVER);
    return hp_process_close(&process);
}

static void *write_and_run(void *argument) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/hp-busy-%d-%ld", getpid(), (long)hp_sys_gettid());
    for (int i = 0; i < PROGRAMS; i++) {
        copy_program(path);
        const int answer = run_program(path);
        assert_true(answer == 0 || answer == -ETXTBSY);
        if (answer) __atomic_fetch_add(&busy, 1, __ATOMIC_RELAXED);
    }
    unlink(path);
    return argument;
}

static unsigned long busy_by(int way) {
    struct crowd crowd;
    busy = 0;
    way_of_writers = way;
    crowd_begin(&crowd, WRITERS, write_and_run);
    crowd_end(&crowd);
    print_message("way %d: %d programs written and executed, %lu were busy\n", way,
                  WRITERS * PROGRAMS, busy);
    return busy;
}

static void a_program_that_was_written_is_not_busy(void **state) {
    (void)state;
    the_bay();
    the_launcher();
    assert_int_equal(busy_by(HP_SPAWN_BAY), 0);
    assert_int_equal(busy_by(HP_SPAWN_LAUNCHER), 0);
    unsigned long control = 0;
    for (int i = 0; i < CONTROLS_MOST && !control; i++) control = busy_by(0);
    assert_true(control > 0);
}

/* The bay first: what is opened before it is not under its numbers. */
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_child_has_a_surplus, fresh),
        cmocka_unit_test_setup(nothing_closed_lives_on_in_a_child, fresh),
        cmocka_unit_test_setup(a_program_that_was_written_is_not_busy, fresh),
    };
    the_bay();
    return cmocka_run_group_tests(tests, 0, 0);
}
