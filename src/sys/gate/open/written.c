/* SPDX-License-Identifier: MIT */
/* Which call writes what, as a table: a row that is missing here is a false report by the
 * sanitizer. */
#include "written.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>

/* The sanitizer's own function; NULL where its runtime is not linked in. */
extern void __msan_unpoison(const volatile void *at, size_t size) __attribute__((weak));

enum { ANSWER = 6, ONCE = 7, PR_GET_AUXV = 0x41555856, IOCTL_READ = 1u << 31, PAGE = 4096 };

/* At pointer argument `at`: `unit` bytes times the argument `times`, or the answer, or one. */
static const struct row {
    enum hp_call call;
    unsigned char at, times;
    unsigned short unit;
} rows[] = {
    {HP_CALL_read, 1, ANSWER, 1},
    {HP_CALL_getdents64, 1, ANSWER, 1},
    {HP_CALL_readlinkat, 2, ANSWER, 1},
    {HP_CALL_pipe2, 0, ONCE, 2 * sizeof(int)},
    {HP_CALL_epoll_pwait, 1, ANSWER, sizeof(struct epoll_event)},
    {HP_CALL_epoll_pwait2, 1, ANSWER, sizeof(struct epoll_event)},
    {HP_CALL_ppoll, 0, 1, 8},
    {HP_CALL_socketpair, 3, ONCE, 2 * sizeof(int)},
    {HP_CALL_recvfrom, 1, ANSWER, 1},
    {HP_CALL_clock_gettime, 1, ONCE, 16},
    {HP_CALL_wait4, 1, ONCE, sizeof(int)},
    {HP_CALL_wait4, 3, ONCE, sizeof(struct rusage)},
    {HP_CALL_waitid, 2, ONCE, 128},
    {HP_CALL_waitid, 4, ONCE, sizeof(struct rusage)},
    {HP_CALL_statx, 4, ONCE, 256},
    {HP_CALL_rt_sigaction, 2, ONCE, 2 * sizeof(long)},
    {HP_CALL_rt_sigprocmask, 2, ONCE, 8},
    {HP_CALL_getresgid, 0, ONCE, sizeof(int)},
    {HP_CALL_getresgid, 1, ONCE, sizeof(int)},
    {HP_CALL_getresgid, 2, ONCE, sizeof(int)},
    {HP_CALL_getresuid, 0, ONCE, sizeof(int)},
    {HP_CALL_getresuid, 1, ONCE, sizeof(int)},
    {HP_CALL_getresuid, 2, ONCE, sizeof(int)},
    {HP_CALL_prlimit64, 3, ONCE, 16},
    {HP_CALL_uname, 0, ONCE, sizeof(struct utsname)},
    {HP_CALL_getrandom, 0, ANSWER, 1},
};

static void tell(long at, size_t size) {
    if (at) __msan_unpoison((const void *)at, size);
}

/* One piece, as all messages here have. */
static void tell_message(struct msghdr *message, long answer) {
    tell((long)message, sizeof *message);
    tell((long)message->msg_iov->iov_base, (size_t)answer);
    tell((long)message->msg_control, message->msg_controllen);
}

/* Those whose length is no argument and no answer. */
static void tell_odd(enum hp_call call, const long a[6], long answer) {
    if (call == HP_CALL_mincore) tell(a[2], ((size_t)a[1] + PAGE - 1) / PAGE);
    if (call == HP_CALL_ioctl && (unsigned long)a[1] & IOCTL_READ)
        tell(a[2], (size_t)a[1] >> 16 & 0x3fff);
    if (call == HP_CALL_recvmsg) tell_message((struct msghdr *)a[1], answer);
    if (call == HP_CALL_prctl && a[0] == PR_GET_AUXV)
        tell(a[1], (size_t)(answer < a[2] ? answer : a[2]));
}

void written_tell(enum hp_call call, const long a[6], long answer) {
    if (!__msan_unpoison || answer < 0) return;
    for (size_t i = 0; i < HP_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        if (row->call != call) continue;
        const long times = row->times == ONCE ? 1 : row->times == ANSWER ? answer : a[row->times];
        tell(a[row->at], row->unit * (size_t)times);
    }
    tell_odd(call, a, answer);
}
