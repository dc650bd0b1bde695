/* SPDX-License-Identifier: MIT */
/* The few structures and flags that the room declares for itself, against the system's headers.
 * Compiling is the test; running it asks the kernel for what these headers are too old to know. */
#include "hp_test.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/time_types.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include "error.h"
#include "flags.h"
#include "sys.h"

#define SAME(ours, theirs) _Static_assert((long)(ours) == (long)(theirs), #ours)

SAME(sizeof(struct hp_kernel_time), sizeof(struct __kernel_timespec));
SAME(offsetof(struct hp_kernel_time, nsec), offsetof(struct __kernel_timespec, tv_nsec));
SAME(KERNEL_SIGSET_BYTES, _NSIG / 8);

SAME(FLAG_CLOEXEC, O_CLOEXEC);
SAME(FLAG_CLOEXEC, EPOLL_CLOEXEC);
SAME(FLAG_CLOEXEC, EFD_CLOEXEC);
SAME(FLAG_CLOEXEC, TFD_CLOEXEC);
SAME(FLAG_CLOEXEC, SFD_CLOEXEC);
SAME(FLAG_CLOEXEC, IN_CLOEXEC);
SAME(FLAG_SOCK_CLOEXEC, SOCK_CLOEXEC);
SAME(FLAG_MFD_CLOEXEC, MFD_CLOEXEC);
SAME(FLAG_CMSG_CLOEXEC, MSG_CMSG_CLOEXEC);
SAME(FLAG_CLOCK_MONOTONIC, CLOCK_MONOTONIC);
SAME(FLAG_TIMER_ABSTIME, TIMER_ABSTIME);
SAME(FLAG_FUTEX_WAIT_BITSET, FUTEX_WAIT_BITSET_PRIVATE);
SAME(FLAG_FUTEX_WAKE, FUTEX_WAKE_PRIVATE);
SAME(FLAG_FUTEX_ANY, (int)FUTEX_BITSET_MATCH_ANY);
SAME(FLAG_CLONE_VM, CLONE_VM);
SAME(FLAG_SETFD, F_SETFD);
SAME(FLAG_FD_CLOEXEC, FD_CLOEXEC);
SAME(HP_EINTR, EINTR);
SAME(HP_ENOSYS, ENOSYS);
SAME(HP_EAGAIN, EAGAIN);

static void times_are_split_at_the_second(void **state) {
    (void)state;
    const struct hp_kernel_time time = hp_kernel_time(INT64_MAX);
    assert_int_equal(time.sec, INT64_MAX / 1000000000);
    assert_int_equal(time.nsec, INT64_MAX % 1000000000);
    assert_int_equal(hp_kernel_time(999999999).sec, 0);
    assert_int_equal(hp_kernel_time(1000000000).nsec, 0);
}

/* mseal is newer than every header to compare it with: a sealed page refuses to be unmapped. */
static void mseal_is_the_call_that_seals(void **state) {
    (void)state;
    void *page;
    assert_int_equal(hp_sys_mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &page), 0);
    const int answer = hp_sys_mseal(page, 4096, 0);
    if (answer == -ENOSYS) SKIP("mseal: this kernel is older than Linux 6.10");
    assert_int_equal(answer, 0);
    assert_int_equal(hp_sys_munmap(page, 4096), -EPERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_split_at_the_second),
        cmocka_unit_test(mseal_is_the_call_that_seals),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
