/* SPDX-License-Identifier: MIT */
/* Every row of the table of calls, through the function that enters it: which registers it
 * loads, that each errno comes back unchanged, and what EINTR becomes, by the row's class. A row
 * without a case here fails. */
#include "hp_test.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "error.h"
#include "flags.h"
#include "nr.h"
#include "sys.h"

enum { ANY = 0x7ffffff1, ERRNO_LAST = 133 }; /* ANY: an address on the wrapper's own stack */

static uint64_t clone_arguments[11];
static jmp_buf out_of_exit;

/* Addresses that are only looked at as numbers, in a way that no compiler sees through. */
static volatile uintptr_t nowhere;
#define P(n) ((void *)(nowhere + (n)))

/* clang-format off */
static long by_read(void) { return hp_sys_read(1, P(2), 3); }
static long by_write(void) { return hp_sys_write(1, P(2), 3); }
static long by_openat(void) { return hp_sys_openat(1, P(2), 4, 5); }
static long by_close(void) { return hp_sys_close(1); }
static long by_lseek(void) { return (long)hp_sys_lseek(1, 2, 3); }
static long by_llseek(void) { return by_lseek(); }
static long by_getdents64(void) { return hp_sys_getdents64(1, P(2), 3); }
static long by_readlinkat(void) { return hp_sys_readlinkat(1, P(2), P(3), 4); }
static long by_unlinkat(void) { return hp_sys_unlinkat(1, P(2), 3); }
static long by_ftruncate(void) { return hp_sys_ftruncate(1, 2); }
static long by_ioctl(void) { return hp_sys_ioctl(1, 2, P(3)); }
static long by_fcntl(void) { return hp_sys_fcntl(1, 2, 3); }
static long by_dup(void) { return hp_sys_dup_leaky(1); }
static long by_dup3(void) { return hp_sys_dup3(1, 2); }
static long by_pipe2(void) { return hp_sys_pipe2(P(1), 2); }
static long by_close_range(void) { return hp_sys_close_range(1, 2, 3); }
static long by_fstat(void) { return hp_sys_fstat(1, P(2)); }
static long by_statx(void) { return hp_sys_statx(1, P(2), 3, 4, P(5)); }
static long by_memfd_create(void) { return hp_sys_memfd_create(P(1), 2); }
static long by_mmap(void) { void *at; return hp_sys_mmap(P(1), 2, 3, 4, 5, 1 << 20, &at); }
static long by_munmap(void) { return hp_sys_munmap(P(1), 2); }
static long by_mprotect(void) { return hp_sys_mprotect(P(1), 2, 3); }
static long by_madvise(void) { return hp_sys_madvise(P(1), 2, 3); }
static long by_process_madvise(void) { return hp_sys_process_madvise(1, P(2), 3, 4, 5); }
static long by_mincore(void) { return hp_sys_mincore(P(1), 2, P(3)); }
static long by_mremap(void) { void *at; return hp_sys_mremap(P(1), 2, 3, 4, P(5), &at); }
static long by_mlock(void) { return hp_sys_mlock(P(1), 2); }
static long by_munlock(void) { return hp_sys_munlock(P(1), 2); }
static long by_mseal(void) { return hp_sys_mseal(P(1), 2, 3); }
static long by_mbind(void) { return hp_sys_mbind(P(1), 2, 3, P(4), 5, 6); }
static long by_shmget(void) { return hp_sys_shmget(1, 2, 3); }
static long by_shmat(void) { void *at; return hp_sys_shmat(1, P(2), 3, &at); }
static long by_shmdt(void) { return hp_sys_shmdt(P(1)); }
static long by_shmctl(void) { return hp_sys_shmctl(1, 2, P(3)); }
static long by_epoll_create1(void) { return hp_sys_epoll_create1(1); }
static long by_epoll_create(void) { return hp_sys_epoll_create(1); }
static long by_epoll_ctl(void) { return hp_sys_epoll_ctl(1, 2, 3, P(4)); }
static long by_epoll_pwait2(void) { return hp_sys_epoll_wait(1, P(2), 3, HP_NOW); }
static long by_ppoll(void) { return hp_sys_poll(P(1), 2, HP_NOW); }
static long by_eventfd2(void) { return hp_sys_eventfd(1, 2); }
static long by_timerfd_create(void) { return hp_sys_timerfd_create(1, 2); }
static long by_signalfd4(void) { return hp_sys_signalfd(1, P(2), 3, 4); }
static long by_inotify_init1(void) { return hp_sys_inotify_init(1); }
static long by_userfaultfd(void) { return hp_sys_userfaultfd(1); }
static long by_io_uring_setup(void) { return hp_sys_io_uring_setup(1, P(2)); }
static long by_kqueue(void) { return hp_sys_kqueue(); }
static long by_kqueue1(void) { return hp_sys_kqueue1(); }
static long by_kevent(void) { return hp_sys_kevent(1, P(2), 3, P(4), 5, HP_FOREVER); }
static long by_socket(void) { return hp_sys_socket(1, 2, 3); }
static long by_socketpair(void) { return hp_sys_socketpair(1, 2, 3, P(4)); }
static char no_local_socket[3];
static long by_connect(void) { return hp_sys_connect(1, (void *)no_local_socket, 3); }
static long by_accept4(void) { return hp_sys_accept4(1, P(2), P(3), 4); }
static long by_sendto(void) { return hp_sys_sendto(1, P(2), 3, 4, P(5), 6); }
static long by_recvfrom(void) { return hp_sys_recvfrom(1, P(2), 3, 4, P(5), P(6)); }
static long by_sendmsg(void) { return hp_sys_sendmsg(1, P(2), 3); }
static long by_recvmsg(void) { return hp_sys_recvmsg(1, P(2), 3); }
static long by_clock_gettime(void) { return (long)hp_sys_now(); }
static long by_clock_nanosleep(void) { return hp_sys_sleep(1); }
static long by_futex(void) { return hp_sys_futex_wait(P(4), 2, HP_FOREVER); }
static long by_membarrier(void) { return hp_sys_membarrier(1); }
static long by_getpid(void) { return hp_sys_getpid(); }
static long by_getppid(void) { return hp_sys_getppid(); }
static long by_gettid(void) { return hp_sys_gettid(); }
static long by_sched_yield(void) { return hp_sys_sched_yield(); }
static long by_clone(void) { return hp_sys_fork(SIGCHLD, P(2)); }
static long by_clone3(void) { return hp_sys_clone3(clone_arguments, 8); }
static long by_wait4(void) { return hp_sys_wait4(1, P(2), 3, P(4)); }
static long by_waitid(void) { return hp_sys_waitid(1, 2, P(3), 4, P(5)); }
static long by_kill(void) { return hp_sys_kill(1, 2); }
static long by_tgkill(void) { return hp_sys_tgkill(1, 2, 3); }
static long by_pidfd_open(void) { return hp_sys_pidfd_open(1, 2); }
static long by_pidfd_send_signal(void) { return hp_sys_pidfd_send_signal(1, 2, P(3), 4); }
static long by_prctl(void) { return hp_sys_prctl(1, 2, 3, 4, 5); }
static long by_prlimit64(void) { return hp_sys_prlimit(1, 2, P(3), P(4)); }
static long by_personality(void) { return hp_sys_personality(1); }
static long by_unshare(void) { return hp_sys_unshare(1); }
static long by_uname(void) { return hp_sys_uname(P(1)); }
static long by_getrandom(void) { return hp_sys_getrandom(P(1), 2, 3); }
/* clang-format on */
#include "faults_child.h"

/* Only where the kernel has no epoll_pwait2. */
static long by_epoll_pwait(void) {
    open_fail(HP_CALL_epoll_pwait2, 1, ENOSYS, true);
    return hp_sys_epoll_wait(1, P(2), 3, HP_FOREVER);
}

/* Does not come back: what was asked for a second time is what a failure led to. */
static long exits;
static long exit_double(const long a[6]) {
    exits++;
    if (exits == 2) longjmp(out_of_exit, (int)a[0]);
    return -EIO;
}

static const struct fault_case {
    long (*invoke)(void);
    long registers[6];
} cases[HP_CALL_COUNT] = {
#define ROW(name, ...) [HP_CALL_##name] = {by_##name, {__VA_ARGS__}}
    ROW(read, 1, 2, 3),
    ROW(write, 1, 2, 3),
    ROW(openat, 1, 2, 4 | FLAG_CLOEXEC, 5),
    ROW(close, 1),
    ROW(lseek, 1, 2, 3),
    ROW(llseek, 1, 0, 2, ANY, 3),
    ROW(getdents64, 1, 2, 3),
    ROW(readlinkat, 1, 2, 3, 4),
    ROW(unlinkat, 1, 2, 3),
    ROW(ftruncate, 1, 2, 0),
    ROW(ioctl, 1, 2, 3),
    ROW(fcntl, 1, 2, 3),
    ROW(dup, 1),
    ROW(dup3, 1, 2, FLAG_CLOEXEC),
    ROW(pipe2, 1, 2 | FLAG_CLOEXEC),
    ROW(close_range, 1, 2, 3),
    ROW(statx, 1, 2, 3, 4, 5),
    ROW(fstat, 1, 2),
    ROW(memfd_create, 1, 2 | FLAG_MFD_CLOEXEC),
    ROW(mmap, 1, 2, 3, 4, 5, (1 << 20) >> HP_MMAP_SHIFT),
    ROW(munmap, 1, 2),
    ROW(mprotect, 1, 2, 3),
    ROW(madvise, 1, 2, 3),
    ROW(process_madvise, 1, 2, 3, 4, 5),
    ROW(mincore, 1, 2, 3),
    ROW(mremap, 1, 2, 3, 4, 5),
    ROW(mlock, 1, 2),
    ROW(munlock, 1, 2),
    ROW(mseal, 1, 2, 3),
    ROW(mbind, 1, 2, 3, 4, 5, 6),
    ROW(shmget, 1, 2, 3),
    ROW(shmat, 1, 2, 3),
    ROW(shmdt, 1),
    ROW(shmctl, 1, 2, 3),
    ROW(epoll_create1, 1 | FLAG_CLOEXEC),
    ROW(epoll_create, 1),
    ROW(epoll_ctl, 1, 2, 3, 4),
    ROW(epoll_pwait, 1, 2, 3, -1, 0, KERNEL_SIGSET_BYTES),
    ROW(epoll_pwait2, 1, 2, 3, ANY, 0, KERNEL_SIGSET_BYTES),
    ROW(ppoll, 1, 2, ANY, 0, KERNEL_SIGSET_BYTES),
    ROW(eventfd2, 1, 2 | FLAG_CLOEXEC),
    ROW(timerfd_create, 1, 2 | FLAG_CLOEXEC),
    ROW(signalfd4, 1, 2, 3, 4 | FLAG_CLOEXEC),
    ROW(inotify_init1, 1 | FLAG_CLOEXEC),
    ROW(userfaultfd, 1 | FLAG_CLOEXEC),
    ROW(io_uring_setup, 1, 2),
    ROW(kqueue),
    ROW(kqueue1, FLAG_KQUEUE_CLOEXEC),
    ROW(kevent, 1, 2, 3, 4, 5, 0),
    ROW(socket, 1, 2 | FLAG_SOCK_CLOEXEC, 3),
    ROW(socketpair, 1, 2 | FLAG_SOCK_CLOEXEC, 3, 4),
    ROW(connect, 1, ANY, 3),
    ROW(accept4, 1, 2, 3, 4 | FLAG_SOCK_CLOEXEC),
    ROW(sendto, 1, 2, 3, 4, 5, 6),
    ROW(recvfrom, 1, 2, 3, 4, 5, 6),
    ROW(sendmsg, 1, 2, 3),
    ROW(recvmsg, 1, 2, 3 | FLAG_CMSG_CLOEXEC),
    ROW(clock_gettime, FLAG_CLOCK_MONOTONIC, ANY),
    ROW(clock_nanosleep, FLAG_CLOCK_MONOTONIC, FLAG_TIMER_ABSTIME, ANY, 0),
    ROW(futex, 4, FLAG_FUTEX_WAIT_BITSET, 2, 0, 0, FLAG_FUTEX_ANY),
    ROW(membarrier, 1, 0),
    ROW(getpid),
    ROW(getppid),
    ROW(gettid),
    ROW(sched_yield),
    ROW(clone, SIGCHLD, 0, 2, 0, 0),
    ROW(clone3, ANY, 8),
    ROW(wait4, 1, 2, 3, 4),
    ROW(waitid, 1, 2, 3, 4, 5),
    ROW(kill, 1, 2),
    ROW(tgkill, 1, 2, 3),
    ROW(pidfd_open, 1, 2),
    ROW(pidfd_send_signal, 1, 2, 3, 4),
    ROW(prctl, 1, 2, 3, 4, 5),
    ROW(prlimit64, 1, 2, 3, 4),
    ROW(personality, 1),
    ROW(unshare, 1),
    ROW(uname, 1),
    ROW(getrandom, 1, 2, 3),
    CHILD_ROWS,
};

static const char *name_of(int call) { return hp_sys_call_row((size_t)call)->name; }

/* exit_group has a test of its own; a system uses one of the two seeks. */
static bool is_swept(int call) {
    const int unused = HP_NR_llseek < 0 ? HP_CALL_llseek : HP_CALL_lseek;
    return call != HP_CALL_exit_group && call != unused;
}

static void every_row_has_a_case(void **state) {
    (void)state;
    for (int call = 0; call < HP_CALL_COUNT; call++)
        if (is_swept(call) && !cases[call].invoke) fail_msg("no case for %s", name_of(call));
}

static long seen[4][6];
static unsigned entries;
static long answers[4];
static long recorder(const long a[6]) {
    const unsigned n = entries++;
    assert_true(n < 4);
    memcpy(seen[n], a, sizeof seen[n]);
    return answers[n];
}

static long recorded(int call, long first, long second, long third) {
    const long all[4] = {first, second, third, -EIO};
    open_reset();
    memcpy(answers, all, sizeof all);
    entries = 0;
    open_replace((enum hp_call)call, recorder);
    return cases[call].invoke();
}

static void check_registers(int call, unsigned entry, bool changes) {
    const unsigned count = hp_sys_call_row((size_t)call)->registers;
    for (unsigned i = 0; i < 6; i++) {
        const bool dropped = !changes && (i == 1 || i == 2);
        const long wanted = dropped ? 0 : cases[call].registers[i];
        if (wanted == ANY) continue;
        if (seen[entry][i] != wanted)
            fail_msg("%s, entry %u: argument %u is %ld", name_of(call), entry, i, seen[entry][i]);
        if (wanted && i >= count) fail_msg("%s: argument %u is not loaded", name_of(call), i);
    }
}

static void every_argument_arrives(void **state) {
    (void)state;
    for (int call = 0; call < HP_CALL_COUNT; call++) {
        if (!is_swept(call)) continue;
        assert_int_equal(recorded(call, -EIO, 0, 0), -EIO);
        assert_int_equal(entries, 1);
        check_registers(call, 0, true);
    }
}

/* What the function makes of an error, where it is not the error itself; 1: a further rung is
 * tried. */
static long meaning(int call, int error) {
    if (call == HP_CALL_futex && error == EAGAIN) return 0; /* the word had changed */
    if (call == HP_CALL_epoll_pwait2 &&
        (error == ENOSYS || error == EPERM || error == EINVAL || error == E2BIG))
        return 1;
    return -error;
}

static void every_errno_comes_back(void **state) {
    (void)state;
    for (int call = 0; call < HP_CALL_COUNT; call++) {
        for (int error = 1; is_swept(call) && error <= ERRNO_LAST; error++) {
            if (!hp_error_name(error) || error == EINTR || meaning(call, error) == 1) continue;
            open_reset();
            open_fail((enum hp_call)call, 1, error, false);
            const long answer = cases[call].invoke();
            if (answer != meaning(call, error))
                fail_msg("%s: %s became %ld", name_of(call), hp_error_name(error), answer);
            if (open_count((enum hp_call)call) != 1) fail_msg("%s: entered again", name_of(call));
        }
    }
}

static uint64_t retries(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    return totals.retries;
}

static void again(int call, bool changes) {
    const uint64_t before = retries();
    if (recorded(call, -EINTR, -EINTR, -ENXIO) != -ENXIO)
        fail_msg("%s: not retried", name_of(call));
    assert_int_equal(entries, 3);
    assert_int_equal(retries() - before, 2);
    for (unsigned entry = 1; entry < 3; entry++) check_registers(call, entry, changes);
}

static void once(int call, long wanted) {
    const uint64_t before = retries();
    const long answer = recorded(call, -EINTR, -ENXIO, -ENXIO);
    if (answer != wanted) fail_msg("%s: EINTR became %ld", name_of(call), answer);
    assert_int_equal(entries, 1);
    assert_int_equal(retries(), before);
}

static void exercise(int call) {
    switch (hp_sys_call_row((size_t)call)->eintr) {
    case HP_EINTR_RETRY: again(call, true); break;
    case HP_EINTR_DEADLINE: again(call, true); break;
    case HP_EINTR_NOCHANGES: again(call, false); break;
    case HP_EINTR_NEVER: once(call, 0); break;
    case HP_EINTR_BACKGROUND: once(call, -EINPROGRESS); break;
    case HP_EINTR_NONE: once(call, -EINTR); break; /* no kernel answers so */
    default: fail_msg("%s: an unknown class", name_of(call));
    }
}

static void eintr_becomes_what_the_class_says(void **state) {
    (void)state;
    for (int call = 0; call < HP_CALL_COUNT; call++)
        if (is_swept(call)) exercise(call);
}

/* The classes that a caller's data depends on, by name: a slip in calls.def would otherwise move
 * the expectation along. */
static void the_dangerous_classes_are_these(void **state) {
    (void)state;
    const struct {
        int call, class;
    } known[] = {{HP_CALL_close, HP_EINTR_NEVER},          {HP_CALL_connect, HP_EINTR_BACKGROUND},
                 {HP_CALL_kevent, HP_EINTR_NOCHANGES},     {HP_CALL_read, HP_EINTR_RETRY},
                 {HP_CALL_wait4, HP_EINTR_RETRY},          {HP_CALL_getdents64, HP_EINTR_RETRY},
                 {HP_CALL_futex, HP_EINTR_DEADLINE},       {HP_CALL_ppoll, HP_EINTR_DEADLINE},
                 {HP_CALL_epoll_pwait2, HP_EINTR_DEADLINE}};
    for (size_t i = 0; i < HP_COUNT(known); i++)
        assert_int_equal(hp_sys_call_row((size_t)known[i].call)->eintr, known[i].class);
}

static void exit_is_asked_for_until_it_happens(void **state) {
    (void)state;
    open_reset();
    exits = 0;
    open_replace(HP_CALL_exit_group, exit_double);
    const int status = setjmp(out_of_exit);
    if (!status) hp_sys_exit(9);
    assert_int_equal(status, 9);
    assert_int_equal(exits, 2);
    open_reset();
}

static void futex_wake_has_its_own_registers(void **state) {
    static const long wanted[6] = {4, FLAG_FUTEX_WAKE, 3, 0, 0, 0};
    (void)state;
    open_reset();
    entries = 0;
    answers[0] = 2;
    open_replace(HP_CALL_futex, recorder);
    assert_int_equal(hp_sys_futex_wake(P(4), 3), 2);
    assert_memory_equal(seen[0], wanted, sizeof wanted);
    open_reset();
}

/* So that the clock's call is entered too: this process finds no vDSO. */
static void hide_the_vdso(void) {
    open_fail(HP_CALL_prctl, 1, EINVAL, true);
    open_fail(HP_CALL_openat, 1, ENOENT, true);
    hp_sys_now();
    open_reset();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_case),
        cmocka_unit_test(every_argument_arrives),
        cmocka_unit_test(every_errno_comes_back),
        cmocka_unit_test(eintr_becomes_what_the_class_says),
        cmocka_unit_test(the_dangerous_classes_are_these),
        cmocka_unit_test(exit_is_asked_for_until_it_happens),
        cmocka_unit_test(futex_wake_has_its_own_registers),
    };
    hide_the_vdso();
    return cmocka_run_group_tests(tests, 0, 0);
}
