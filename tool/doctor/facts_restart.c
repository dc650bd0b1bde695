/* SPDX-License-Identifier: MIT */
/* What a signal does to a call that waits: which calls come back in spite of SA_RESTART, and
 * whether those that the kernel enters again keep their arguments. Calls go in by number, because
 * the named ones hide EINTR. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "stopped.h"
#include "storm.h"

struct trial {
    const char *name;
    struct storm storm;
    bool restarts; /* by signal(7), when the handler has SA_RESTART */
};

/* Answers beside the call's own: LOST + n, it lost its argument n; it never came back. */
enum { LOST = 1000, NEVER = 2000 };

/* 0 with an answer, or -errno when nothing could be tried: of that the call is not to blame. glibc
 * 2.36 starts no thread where clone3 is answered with EPERM. A call that ended before all signals
 * had come is tried again, and after three times it is -EAGAIN. */
static int in_storm(const struct trial *trial, long *answer) {
    enum { TRIES = 3 };
    for (int i = 0; i < TRIES; i++) {
        unsigned struck;
        const int code = storm_run(&trial->storm, answer, &struck);
        if (code == -ETIMEDOUT) return *answer = NEVER, 0;
        if (code) return code;
        const bool by_itself = *answer < 0 && *answer != -ETIMEDOUT;
        if (by_itself || struck >= STORM_FEEDS) return 0;
    }
    return -EAGAIN;
}

static void add_failure(struct list *list, const char *name, long answer) {
    if (answer == NEVER)
        list_add(list, "%s never came back", name);
    else if (answer > LOST)
        list_add(list, "%s lost argument %ld", name, answer - LOST);
    else
        list_add(list, "%s: %s", name, error_word((int)answer));
}

/* ---- restart.args: answers that only right arguments give ---- */

enum { EVERY_CHILD = 0x40000000, CHILD_SAYS = 7 };

/* The pipe or pair that is waited for: [0] is read, the handler writes into [1]. */
static int channel[2];
static int file = -1;
static const char meal[] = "hardpan";

static void feed_channel(void) { hp_sys_write(channel[1], meal, sizeof meal); }

/* recvfrom(fd, buffer, length, flags, address, &length). What is peeked at stays in the queue; a
 * sender without a name has an address of no length. */
static long recvfrom_waits(void) {
    struct sockaddr_storage from;
    unsigned length = sizeof from;
    char got[sizeof meal] = "", again[sizeof meal] = "";
    const long answer = hp_sys_call(call_number("recvfrom"), channel[0], (long)got, sizeof got,
                                    MSG_PEEK, (long)&from, (long)&length);
    if (answer < 0) return answer;
    if (answer != sizeof got || memcmp(got, meal, sizeof got)) return LOST + 2;
    if (hp_sys_recvfrom(channel[0], again, sizeof again, MSG_DONTWAIT, 0, 0) != sizeof again)
        return LOST + 4;
    return length == sizeof from ? LOST + 6 : 0;
}

/* splice(pipe, NULL, file, &offset, length, flags): 3 bytes to offset 4096, which moves on by 3. */
static long splice_waits(void) {
    enum { FROM = 4096, TAKEN = 3 };
    int64_t offset = FROM;
    char got[sizeof meal] = "";
    const long answer = hp_sys_call(SYS_splice, channel[0], 0, file, (long)&offset, TAKEN, 0);
    if (answer < 0) return answer;
    if (answer != TAKEN) return LOST + 5;
    if (offset != FROM + TAKEN || hp_sys_lseek(file, FROM, SEEK_SET) != FROM) return LOST + 4;
    return hp_sys_read(file, got, sizeof got) == TAKEN && !memcmp(got, meal, TAKEN) ? 0 : LOST + 3;
}

/* Lives until the handler feeds the channel, or until there is nobody left who could. */
static void fed_child(void) {
    char got[sizeof meal];
    hp_sys_close(channel[1]);
    hp_sys_read(channel[0], got, sizeof got);
    hp_sys_exit(CHILD_SAYS);
}

/* wait4(child, &status, options, &usage): the call that FreeBSD answered with "Bad address", its
 * fourth argument lost. */
static long wait4_waits(void) {
    long usage[64];
    int status = 0;
    memset(usage, 0x5a, sizeof usage);
    const int child = hp_sys_fork(0, 0);
    if (child < 0) return child;
    if (!child) fed_child();
    const long answer =
        hp_sys_call(call_number("wait4"), child, (long)&status, EVERY_CHILD, (long)usage, 0, 0);
    if (answer != child) {
        feed_channel();
        hp_sys_wait4(child, 0, EVERY_CHILD, 0);
    }
    if (answer < 0) return answer;
    if (answer != child || WEXITSTATUS(status) != CHILD_SAYS) return LOST + 2;
    return usage[0] == usage[63] ? LOST + 4 : 0;
}

static const struct trial argument_trials[] = {
    {"recvfrom", {recvfrom_waits, feed_channel}, true},
    {"splice", {splice_waits, feed_channel}, true},
    {"wait4", {wait4_waits, feed_channel}, true},
};

static int open_pair(void) { return hp_sys_socketpair(AF_UNIX, SOCK_DGRAM, 0, channel); }
static int open_pipe(void) { return hp_sys_pipe2(channel, 0); }

static void close_channel(void) {
    hp_sys_close(channel[0]);
    hp_sys_close(channel[1]);
}

/* What a trial waits on: made before it, gone after it. */
static int open_for(const struct trial *trial) {
    if (trial->storm.wait == recvfrom_waits) return open_pair();
    const int code = open_pipe();
    if (code) return code;
    file = hp_sys_memfd_create("hardpan", 0);
    return 0;
}

static void close_all(void) {
    close_channel();
    if (file >= 0) hp_sys_close(file);
    file = -1;
}

struct arguments {
    struct list kept, lost;
};

/* Where there is no memfd, splice has nothing to write into that leaves no trace, and is left
 * out. */
static int try_arguments(struct arguments *arguments, const struct trial *trial) {
    long answer = 0;
    int code = open_for(trial);
    if (code) return code;
    const bool possible = trial->storm.wait != splice_waits || file >= 0;
    if (possible) code = in_storm(trial, &answer);
    close_all();
    if (!possible || code) return code;
    if (answer)
        add_failure(&arguments->lost, trial->name, answer);
    else
        list_add(&arguments->kept, "%s", trial->name);
    return code;
}

static void args(struct finding *f) {
    struct arguments arguments = {.kept = {.count = 0}};
    int code = 0;
    for (size_t i = 0; i < COUNT(argument_trials) && !code; i++)
        code = try_arguments(&arguments, &argument_trials[i]);
    if (code && !arguments.lost.count) return blind(f, "the thread or pipe for the trial", code);
    if (!arguments.lost.count)
        return found(f, STATUS_OK, "arguments 4 to 6 live through restarts: %s",
                     arguments.kept.text);
    found(f, STATUS_WRONG, "after a restart: %s", arguments.lost.text);
    todo(f, "Install handlers without SA_RESTART and call again by hand; on FreeBSD/amd64 before "
            "10.0 enter by INT $0x80.");
}

/* ---- restart.number: see stopped.h ----------------------------------------------------------- */

static void cut_short(struct finding *f, const struct stopped *seen) {
    const long long asked = seen->length / 1000000, slept = seen->slept / 1000;
    if (seen->answer)
        found(f, STATUS_WRONG, "a sleep of %lld ms, stopped and continued, answered %s", asked,
              error_word((int)seen->answer));
    else
        found(f, STATUS_WRONG, "a sleep of %lld ms, stopped and continued, ended after %lld us",
              asked, slept);
    todo(f, "Sleep until an absolute time, and again until it has come.");
}

static void judge_number(struct finding *f, const struct stopped *seen) {
    static const char lasts[] = "stopped and continued, a sleep lasts its time";
    if (seen->answer || seen->slept < seen->length) return cut_short(f, seen);
    if (!strcmp(hp_sys_door(), "libc"))
        return found(f, STATUS_OK, "%s; the libc door does not show the register", lasts);
    if (seen->number == seen->asked) return found(f, STATUS_OK, "%s; the number stays", lasts);
    if (seen->number == seen->answer)
        return found(f, STATUS_OK, "%s; number and answer are one register here", lasts);
    found(f, STATUS_NOTE, "%s, but the register then holds %ld (restart_syscall), not %ld", lasts,
          seen->number, seen->asked);
    todo(f, "Load the number at every entry, as hp_sys_call does: a loop that keeps it in the "
            "register calls "
            "restart_syscall from then on.");
}

/* On a busy machine the stop may come when the sleep is over; then with a longer one. */
static void number(struct finding *f) {
    static const int64_t lengths[] = {10000000, 30000000, 90000000};
    struct stopped seen;
    int code = -EAGAIN;
    for (size_t i = 0; i < COUNT(lengths) && code == -EAGAIN; i++)
        code = stop_a_sleep(lengths[i], &seen);
    if (code) return blind(f, "stopping a child that sleeps", code);
    judge_number(f, &seen);
}

/* ---- restart.eintr --------------------------------------------------------------------------- */

enum { WAIT = 0, WAKE = 1, BRIEF = 40000000 };
static const struct kernel_time brief = {0, BRIEF};
static _Atomic uint32_t word;

static void feed_word(void) {
    atomic_store(&word, 1);
    hp_sys_call(call_number("futex"), (long)&word, WAKE, 1, 0, 0, 0);
}

static long futex_waits(const struct kernel_time *timeout) {
    const long number = call_number("futex");
    atomic_store(&word, 0);
    for (;;) {
        const long answer = hp_sys_call(number, (long)&word, WAIT, 0, (long)timeout, 0, 0);
        if (answer || atomic_load(&word)) return answer == -EAGAIN ? 0 : answer;
    }
}

static long read_waits(void) {
    char got[sizeof meal];
    return hp_sys_call(call_number("read"), channel[0], (long)got, sizeof got, 0, 0, 0);
}
static long futex_forever(void) { return futex_waits(0); }
static long futex_timed(void) { return futex_waits(&brief); }
static long ppoll_waits(void) {
    struct pollfd none = {.fd = channel[0], .events = POLLIN};
    struct kernel_time left = brief;
    return hp_sys_call(call_number("ppoll"), (long)&none, 1, (long)&left, 0, 8, 0);
}
static long epoll_waits(void) {
    struct epoll_event event;
    const int epoll = hp_sys_epoll_create1(0);
    if (epoll < 0) return epoll;
    const long answer =
        hp_sys_call(call_number("epoll_pwait"), epoll, (long)&event, 1, BRIEF / 1000000, 0, 8);
    hp_sys_close(epoll);
    return answer;
}
static long sleep_waits(void) {
    return hp_sys_call(call_number("clock_nanosleep"), CLOCK_MONOTONIC, 0, (long)&brief, 0, 0, 0);
}

static const struct trial eintr_trials[] = {
    {"read", {read_waits, feed_channel}, true},   {"wait4", {wait4_waits, feed_channel}, true},
    {"futex", {futex_forever, feed_word}, true},  {"futex with a timeout", {futex_timed, 0}, true},
    {"ppoll", {ppoll_waits, 0}, false},           {"epoll_pwait", {epoll_waits, 0}, false},
    {"clock_nanosleep", {sleep_waits, 0}, false},
};

struct answers {
    struct list came_back, went_on, unlike, failed;
};

static void sort_answer(struct answers *answers, const struct trial *trial, long answer) {
    const bool came_back = answer == -EINTR;
    if (answer > LOST || (answer < 0 && !came_back && answer != -ETIMEDOUT))
        return add_failure(&answers->failed, trial->name, answer);
    list_add(came_back ? &answers->came_back : &answers->went_on, "%s", trial->name);
    if (came_back == trial->restarts) list_add(&answers->unlike, "%s", trial->name);
}

static void judge_eintr(struct finding *f, const struct answers *answers) {
    if (answers->failed.count) {
        found(f, STATUS_WRONG, "interrupted: %s", answers->failed.text);
        return todo(f, "Look at the call with strace.");
    }
    found(f, answers->unlike.count ? STATUS_NOTE : STATUS_OK, "EINTR from %s; restarted: %s%s%s",
          answers->came_back.text, answers->went_on.text,
          answers->unlike.count ? ". Unlike signal(7): " : "", answers->unlike.text);
    if (answers->unlike.count)
        todo(f, "Expect EINTR from whatever has a timeout, SA_RESTART or not, and wait on by "
                "deadline.");
}

static int try_eintr(struct answers *answers, const struct trial *trial) {
    long answer = 0;
    const int code = in_storm(trial, &answer);
    if (!code) sort_answer(answers, trial, answer);
    return code;
}

static void eintr(struct finding *f) {
    struct answers answers = {.failed = {.count = 0}};
    int code = open_pipe();
    if (code) return blind(f, "pipe2", code);
    for (size_t i = 0; i < COUNT(eintr_trials) && !code; i++)
        code = try_eintr(&answers, &eintr_trials[i]);
    close_channel();
    if (code)
        blind(f, "a thread to send signals", code);
    else
        judge_eintr(f, &answers);
}

static const struct fact rows[] = {
    {"restart.args",
     "recvfrom, splice and wait4, each interrupted at least three times by a handler with "
     "SA_RESTART.",
     "The kernel enters the call again with what is in the registers. FreeBSD/amd64 once lost "
     "arguments there, and waits "
     "failed with EFAULT, at random.",
     args},
    {"restart.number",
     "What the register of the call's number holds after a sleep was stopped and continued.",
     "On aarch64 and riscv64 it comes back holding restart_syscall: a loop that keeps the number "
     "in the register then "
     "skips its sleeps or spins for ever.",
     number},
    {"restart.eintr", "Seven calls that wait, interrupted by a handler with SA_RESTART.",
     "Which calls need a loop in spite of SA_RESTART; the manual is not exact about it.", eintr},
};

FAMILY(restart, "what a signal does to a waiting call");
