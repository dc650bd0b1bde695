/* SPDX-License-Identifier: MIT */
/* Every row of the table with arguments that no call accepts, through this program's door and
 * through the C library's syscall(): number, register order and error must be the same. */
#include "hp_test.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"

enum { UNTOUCHED = 12345 };

/* What ends, copies, signals, waits or changes this process with such arguments, or takes any size
 * above 0; and shmctl, whose buffer glibc looks into itself on i386. */
static bool is_left_out(const char *name) {
    static const char *const names[] = {
        "exit_group",  "clone",       "clone3",    "kill",      "tgkill",       "wait4",
        "waitid",      "personality", "mseal",     "ppoll",     "shmctl",       "close_range",
        "unshare",     "prctl",       "umask",     "setsid",    "setpgid",      "epoll_create",
        "setpriority", "setgroups",   "setresgid", "setresuid", "rt_sigaction", "rt_sigprocmask"};
    for (size_t i = 0; i < HP_COUNT(names); i++)
        if (!strcmp(names[i], name)) return true;
    return false;
}

static long by_the_library(int number, const long a[6]) {
    const long answer = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return answer == -1 ? -errno : answer;
}

/* The size of the signal set is epoll_pwait's sixth, and a C library's function has no say in */
static void ask(enum hp_call call, const long from[6]) {
    const long a[6] = {from[0], from[1], from[2],
                       from[3], from[4], call == HP_CALL_epoll_pwait ? 8 : from[5]};
    const struct hp_call_row *row = hp_sys_call_row(call);
    const long wanted = row->number < 0 ? -ENOSYS : by_the_library(row->number, a);
    errno = UNTOUCHED;
    const long answer = open_real(call, a);
    if (errno != UNTOUCHED) fail_msg("%s: errno became %d", row->name, errno);
    if (answer != wanted) fail_msg("%s: %ld, and %ld by syscall()", row->name, answer, wanted);
}

static void each_row_agrees(const long a[6], unsigned least) {
    unsigned asked = 0;
    for (int call = 0; call < HP_CALL_COUNT; call++) {
        if (is_left_out(hp_sys_call_row((size_t)call)->name)) continue;
        ask((enum hp_call)call, a);
        asked++;
    }
    assert_true(asked >= least);
}

static void all_minus_one(void **state) {
    static const long a[6] = {-1, -1, -1, -1, -1, -1};
    (void)state;
    each_row_agrees(a, 60);
}

/* Each argument is another: one that lands in the wrong register gives another error. */
static void all_different(void **state) {
    static const long a[6] = {1 << 20, 24, 1 << 28, 68, 1 << 27, 56};
    (void)state;
    each_row_agrees(a, 60);
}

static void rows_end_where_the_table_ends(void **state) {
    (void)state;
    assert_non_null(hp_sys_call_row(HP_CALL_COUNT - 1));
    assert_null(hp_sys_call_row(HP_CALL_COUNT));
    assert_null(hp_sys_call_row(SIZE_MAX));
    for (int class = HP_EINTR_NONE; class <= HP_EINTR_NOCHANGES; class ++)
        assert_non_null(hp_sys_eintr_name(class));
    assert_null(hp_sys_eintr_name(-1));
    assert_null(hp_sys_eintr_name(HP_EINTR_NOCHANGES + 1));
}

static void a_call_by_number_is_the_same_call(void **state) {
    const long none[6] = {0};
    long number = SYS_getppid;
    (void)state;
    errno = UNTOUCHED;
    assert_int_equal(hp_sys_call(SYS_getppid, 0, 0, 0, 0, 0, 0), getppid());
    assert_int_equal(hp_sys_observe(&number, none), getppid());
    assert_int_equal(hp_sys_call(SYS_close, -1, 0, 0, 0, 0, 0), -EBADF);
    assert_int_equal(hp_sys_call(100000, 0, 0, 0, 0, 0, 0), -ENOSYS);
    assert_int_equal(errno, UNTOUCHED);
}

static void the_door_says_its_name(void **state) {
    (void)state;
    assert_true(!strcmp(hp_sys_door(), "raw") || !strcmp(hp_sys_door(), "libc"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_minus_one),
        cmocka_unit_test(all_different),
        cmocka_unit_test(rows_end_where_the_table_ends),
        cmocka_unit_test(a_call_by_number_is_the_same_call),
        cmocka_unit_test(the_door_says_its_name),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
