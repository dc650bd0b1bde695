/* SPDX-License-Identifier: MIT */
/* What the tests of this room share. HP_SPAWN_LACKS names what hardpan is to do without, by the
 * names of hp_spawn_has_name, parted by '+': so each test runs on each rung. HP_SPAWN_WAY is
 * "here", "bay" or "launcher". */
#ifndef SPAWN_TEST_H
#define SPAWN_TEST_H

#include "hp_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "spawn.h" /* src/spawn, by -iquote: <spawn.h> is the system's */

#define MILLISECOND ((int64_t)1000000)
#define SECOND (1000 * MILLISECOND)

/* Long enough for any machine; a test that needs it all has failed. */
static inline hp_deadline soon(void) { return hp_sys_after(20 * SECOND); }

static inline unsigned bits_of(const char *names) {
    unsigned bits = 0;
    for (const char *name = names; name && *name;) {
        const size_t length = strcspn(name, "+");
        for (unsigned bit = 1; hp_spawn_has_name(bit); bit <<= 1)
            if (strlen(hp_spawn_has_name(bit)) == length &&
                !strncmp(name, hp_spawn_has_name(bit), length))
                bits |= bit;
        name += length + (name[length] == '+');
    }
    return bits;
}

/* HP_SPAWN_REFUSED: what is not forced, but refused by a filter that the test runs under. */
static inline bool lacks(unsigned bit) {
    return (bits_of(getenv("HP_SPAWN_LACKS")) | bits_of(getenv("HP_SPAWN_REFUSED")) |
            hp_spawn_system.lacks) &
           bit;
}

/* The signals that the system has. */
static inline uint64_t known(uint64_t signals) {
    return CHILD_SIGNALS < 64 ? signals & (((uint64_t)1 << CHILD_SIGNALS % 64) - 1) : signals;
}

static inline bool is_darwin(void) {
    return hp_spawn_system.lacks & HP_SPAWN_HAS_PIDFD &&
           !(hp_spawn_system.lacks_flags & HP_SPAWN_SUSPENDED);
}

/* Off Linux, by the one rung that has a pipe in the child until the execution. */
static inline bool has_line(void) {
    const char *played = getenv("HP_PLAYED");
    const bool forced = bits_of(getenv("HP_SPAWN_LACKS")) & HP_SPAWN_HAS_VM;
    return played && (forced || strstr(played, "none"));
}

static inline int fresh(void **state) {
    (void)state;
    open_reset();
    hp_spawn_force(bits_of(getenv("HP_SPAWN_LACKS")));
    return 0;
}

static inline struct hp_spawn_totals totals(void) {
    struct hp_spawn_totals now;
    hp_spawn_stats(&now);
    return now;
}

/* A suspended child runs beside its parent, with that thread's own storage: where two sanitizers
 * keep what they know of a thread, under the feet of both. */
extern void __tsan_release(void *at) __attribute__((weak));
extern void __msan_unpoison(const volatile void *at, size_t size) __attribute__((weak));
static inline bool loses_the_suspended(void) { return __tsan_release || __msan_unpoison; }

/* Stray descriptors may be inherited: only differences mean something. */
static inline int descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* The bay and the launcher of this program, opened at the first use and not closed. */
static inline struct hp_bay *the_bay(void) {
    static struct hp_bay bay;
    if (!bay.reserved) assert_true(hp_bay_open(&bay) >= 0);
    return &bay;
}
static inline struct hp_launcher *the_launcher(void) {
    static struct hp_launcher launcher;
    if (!launcher.count) assert_int_equal(hp_launcher_open(&launcher, 2), 0);
    return &launcher;
}

static inline int way_of_environment(void) {
    const char *way = getenv("HP_SPAWN_WAY");
    if (!way) return HP_SPAWN_HERE;
    return !strcmp(way, "bay") ? HP_SPAWN_BAY : HP_SPAWN_LAUNCHER;
}

static inline void go_by(struct hp_spawn_plan *plan, int way) {
    plan->way = way;
    if (way == HP_SPAWN_BAY) plan->bay = the_bay();
    if (way == HP_SPAWN_LAUNCHER) plan->launcher = the_launcher();
}

/* A plan for test/spawn/child.c with these words, its 1 a pipe whose other end is `said`. */
struct script {
    struct hp_spawn_plan plan;
    struct hp_spawn_fd fds[16];
    char *argv[8];
    int said, tell;
};

static inline void script_open(struct script *script, const char *const *words) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *script = (struct script){.said = ends[0], .tell = ends[1]};
    script->argv[0] = (char *)(uintptr_t) "child";
    for (int i = 0; words[i]; i++) script->argv[i + 1] = (char *)(uintptr_t)words[i];
    script->fds[0] = (struct hp_spawn_fd){1, ends[1]};
    script->plan = (struct hp_spawn_plan){
        .path = SPAWN_CHILD, .argv = script->argv, .fds = script->fds, .fd_count = 1};
    go_by(&script->plan, way_of_environment());
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, 0})

static inline void script_close(struct script *script) {
    close(script->said);
    close(script->tell);
}

/* Starts it, reads all that it says, waits for its end. */
static inline struct hp_exit script_run(struct script *script, char *text, size_t capacity) {
    struct hp_process process;
    struct hp_spawn_error error = {0};
    struct hp_exit exit;
    if (hp_spawn(&process, &script->plan, &error) < 0) {
        char line[200];
        hp_spawn_error_text(&error, line, sizeof line);
        fail_msg("%s", line);
    }
    close(script->tell);
    script->tell = -1;
    size_t length = 0;
    for (ssize_t got; (got = read(script->said, text + length, capacity - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = 0;
    assert_int_equal(hp_process_wait(&process, &exit, soon()), 0);
    assert_int_equal(hp_process_close(&process), 0);
    return exit;
}

/* On a system that cannot do what a flag says, the plan is refused with it, and that is all. */
static inline bool is_refused(struct script *script, unsigned flag) {
    struct hp_process process;
    struct hp_spawn_error error = {0};
    if (!(hp_spawn_system.lacks_flags & flag)) return false;
    script->plan.flags |= flag;
    assert_int_equal(hp_spawn(&process, &script->plan, &error), -EOPNOTSUPP);
    assert_int_equal(error.stage, HP_SPAWN_AT_PLAN);
    assert_int_equal(error.error, EOPNOTSUPP);
    script_close(script);
    return true;
}

/* What the child says of itself. */
#define assert_says(script, wanted)                                                                \
    do {                                                                                           \
        char text_[4096];                                                                          \
        const struct hp_exit exit_ = script_run(script, text_, sizeof text_);                      \
        assert_int_equal(exit_.signal, 0);                                                         \
        assert_int_equal(exit_.code, 0);                                                           \
        assert_string_equal(text_, wanted);                                                        \
        script_close(script);                                                                      \
    } while (0)

#endif
