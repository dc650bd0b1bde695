/* SPDX-License-Identifier: MIT */
/* Stop and continue a call that waits. A kernel that restarts it through restart_syscall changes
 * the number register on aarch64 and riscv64, and a retry loop that kept the number there goes
 * on with the wrong call: sleeps are skipped without an error, or the loop never ends. hardpan's
 * way must come through, and the usual way, the register declared an input only, must be caught:
 * otherwise this program could not have failed.
 *
 * Plain main, no test library: it runs as a static program on other kernels too. A line per
 * case, `ok` or `bad`. */
#include <hardpan/sys.h>

#include <stdarg.h>
#include <sys/mman.h>

#include "input_only.h"
#include "subjects.h"
#include "syscall.h"
#include "watch.h"

enum { LOOPS = 6, LOOP_WAIT = SECOND / 5, LIVELOCK = 1000, TOGETHER = 16 };

/* Long enough for a busy machine to stop, continue and signal in the middle of it. */
static const int64_t ONE_WAIT = 2LL * SECOND;

/* What a child says, in memory that its watcher shares. */
struct board {
    struct watch_mark mark;
    long number; /* what the number register held afterwards */
    long answer;
    int64_t lasted;
    unsigned calls;
    bool impossible;
    const struct loops *loops;
};

struct report {
    char text[300];
    unsigned bad, absent;
};

typedef void child_function(struct board *board, const struct subject *subject);
typedef void judge_function(struct report *report, const struct subject *subject);

struct scenario {
    judge_function *judge;
    const struct subject *subject;
};

static void say(struct report *report, const char *format, ...) {
    va_list list;
    const size_t length = strlen(report->text);
    va_start(list, format);
    vsnprintf(report->text + length, sizeof report->text - length, format, list);
    va_end(list);
}

static void verdict(struct report *report, bool fine, const char *what) {
    if (!fine) report->bad++;
    say(report, " %s: %s;", what, fine ? "ok" : "bad");
}

static void *shared(size_t size) {
    void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) exit(2);
    return memory;
}

static void on_signal(int signal) { (void)signal; }

static pid_t start(child_function *function, struct board *board, const struct subject *subject) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    signal(SIGUSR1, on_signal);
    function(board, subject);
    __atomic_store_n(&board->mark.done, 1, __ATOMIC_RELEASE);
    _exit(0);
}

/* Stopped in the call and set going again. False when it was not caught in the call. */
static bool stop_and_continue(pid_t pid, const struct board *board) {
    int status;
    if (!watch_until_blocked(pid, &board->mark)) return false;
    kill(pid, SIGSTOP);
    if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status)) return false;
    kill(pid, SIGCONT);
    return true;
}

/* On a busy machine the stop may come when the wait is just over: again, until it strikes one. */
static bool stop_in_a_wait(pid_t pid, const struct board *board) {
    while (stop_and_continue(pid, board)) {
        if (!watch_until_blocked(pid, &board->mark)) return false;
        const long number = watch_number(pid);
        if (number == SYS_restart_syscall || number == WATCH_UNTOLD) return true;
    }
    return false;
}

static void finish(pid_t pid) {
    while (waitpid(pid, 0, 0) == -1 && errno == EINTR) {}
}

static void enter(struct board *board) {
    __atomic_store_n(&board->mark.entered, 1, __ATOMIC_RELEASE);
}

/* ---- One call, watched ----------------------------------------------------------------------- */

static void observe(struct board *board, const struct subject *subject) {
    long a[6] = {0};
    if (subject->number < 0 || !subject->prepare(a, ONE_WAIT)) {
        board->impossible = true;
        return;
    }
    const int64_t began = monotonic();
    board->number = subject->number;
    enter(board);
    board->answer = hp_sys_observe(&board->number, a);
    board->lasted = monotonic() - began;
    if (semaphores >= 0) semctl(semaphores, 0, IPC_RMID);
}

static long expected_register(const struct subject *subject, const struct board *board) {
    if (!INPUT_ONLY_EXISTS) return board->answer;
    return subject->restart == BY_RESTART_SYSCALL ? SYS_restart_syscall : subject->number;
}

/* An absolute time was taken before `began`, by the time that it took to get there. */
static bool lasted_enough(const struct subject *subject, const struct board *board) {
    return board->lasted >= ONE_WAIT - (subject->absolute ? ONE_WAIT / 10 : 0);
}

static void judge_register(struct report *report, const struct subject *subject) {
    struct board *board = shared(sizeof *board);
    const pid_t pid = start(observe, board, subject);
    const bool stopped = stop_and_continue(pid, board);
    const long again = stopped && watch_until_blocked(pid, &board->mark) ? watch_number(pid) : -1;
    finish(pid);
    say(report, "%s:", subject->name);
    if (board->impossible) {
        report->absent++;
        say(report, " absent");
        return;
    }
    const bool by_caller = subject->restart == BY_CALLER;
    say(report, " number %ld, blocked again in %ld, register %ld, answer %ld;", subject->number,
        again, board->number, board->answer);
    verdict(report, stopped, "stopped");
    if (again >= 0)
        verdict(report,
                again == (subject->restart == BY_RESTART_SYSCALL ? SYS_restart_syscall
                                                                 : subject->number),
                "call");
    verdict(report, board->number == expected_register(subject, board), "register");
    verdict(report, board->answer == (by_caller ? -EINTR : subject->answer), "answer");
    if (!by_caller) verdict(report, lasted_enough(subject, board), "time");
}

/* ---- Loops: six waits, and do-while-EINTR ---------------------------------------------------- */

/* hardpan's own register declarations, inlined into the loops as the library inlines them. */
static unsigned in_and_out_each(long number, long all[][6], unsigned rounds) {
    unsigned interrupted = 0;
    for (unsigned i = 0; i < rounds; i++) {
        const long *a = all[i];
        interrupted += arch_call6(number, a[0], a[1], a[2], a[3], a[4], a[5]) == -EINTR;
    }
    return interrupted;
}

static unsigned in_and_out_until(long number, const long a[6], unsigned most, long *answer) {
    unsigned calls = 0;
    do {
        *answer = arch_call6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    } while (++calls < most && *answer == -EINTR);
    return calls;
}

static const struct loops {
    const char *name;
    unsigned (*each)(long number, long all[][6], unsigned rounds);
    unsigned (*until)(long number, const long a[6], unsigned most, long *answer);
    bool right;
} in_and_out = {"in/out", in_and_out_each, in_and_out_until, true},
  input_only = {"input only", input_only_each, input_only_until, false};

static void six_times(struct board *board, const struct subject *subject) {
    long all[LOOPS][6] = {{0}};
    const int64_t began = monotonic();
    for (int i = 0; i < LOOPS; i++)
        subject->prepare(all[i], (int64_t)LOOP_WAIT * (subject->absolute ? i + 1 : 1));
    enter(board);
    board->calls = board->loops->each(subject->number, all, LOOPS);
    board->lasted = monotonic() - began;
}

static void until_it_ends(struct board *board, const struct subject *subject) {
    long a[6] = {0};
    subject->prepare(a, ONE_WAIT);
    enter(board);
    board->calls = board->loops->until(subject->number, a, LIVELOCK, &board->answer);
}

static void six_waits(struct report *report, const struct subject *subject,
                      const struct loops *loops) {
    struct board *board = shared(sizeof *board);
    board->loops = loops;
    const pid_t pid = start(six_times, board, subject);
    const bool stopped = stop_in_a_wait(pid, board);
    finish(pid);
    const bool full = board->lasted >= (int64_t)LOOPS * LOOP_WAIT;
    say(report, "six x 0.2 s of %s, %s: %lld ms, %u EINTR;", subject->name, loops->name,
        (long long)(board->lasted / 1000000), board->calls);
    verdict(report, stopped, "stopped");
    verdict(report, full == loops->right, loops->right ? "none skipped" : "the skips are seen");
}

static void until_done(struct report *report, const struct subject *subject,
                       const struct loops *loops) {
    struct board *board = shared(sizeof *board);
    board->loops = loops;
    const pid_t pid = start(until_it_ends, board, subject);
    const bool stopped = stop_in_a_wait(pid, board);
    if (stopped) kill(pid, SIGUSR1);
    finish(pid);
    const bool ended = board->calls == 2 && board->answer == subject->answer;
    say(report, "stop, continue, signal in %s, %s: %u calls, answer %ld;", subject->name,
        loops->name, board->calls, board->answer);
    verdict(report, stopped, "stopped");
    verdict(report, loops->right ? ended : board->calls == LIVELOCK,
            loops->right ? "ended" : "the livelock is seen");
}

static void judge_six_ours(struct report *report, const struct subject *subject) {
    six_waits(report, subject, &in_and_out);
}
static void judge_six_theirs(struct report *report, const struct subject *subject) {
    six_waits(report, subject, &input_only);
}
static void judge_until_ours(struct report *report, const struct subject *subject) {
    until_done(report, subject, &in_and_out);
}
static void judge_until_theirs(struct report *report, const struct subject *subject) {
    until_done(report, subject, &input_only);
}

/* ---- The library's own waits ----------------------------------------------------------------- */

static int by_sleep(hp_deadline deadline) { return hp_sys_sleep(deadline); }
static int by_poll(hp_deadline deadline) { return hp_sys_poll(0, 0, deadline); }
static int by_futex(hp_deadline deadline) { return hp_sys_futex_wait(&word, 0, deadline); }
static int by_epoll(hp_deadline deadline) {
    return hp_sys_epoll_wait(hp_sys_epoll_create1(0), events, 1, deadline);
}

static const struct wait {
    struct subject subject; /* its name and its answer */
    int (*wait)(hp_deadline deadline);
} waits[] = {
    {{.name = "hp_sys_sleep"}, by_sleep},
    {{.name = "hp_sys_poll"}, by_poll},
    {{.name = "hp_sys_epoll_wait"}, by_epoll},
    {{.name = "hp_sys_futex_wait", .answer = -ETIMEDOUT}, by_futex},
};

enum { WAITS = sizeof waits / sizeof *waits };

static void wait_until(struct board *board, const struct subject *subject) {
    const struct wait *wait = (const struct wait *)subject; /* its first member */
    const hp_deadline deadline = hp_sys_after(ONE_WAIT);
    enter(board);
    board->answer = wait->wait(deadline);
    board->lasted = hp_sys_now() - deadline;
}

static void judge_wait(struct report *report, const struct subject *subject) {
    struct board *board = shared(sizeof *board);
    const pid_t pid = start(wait_until, board, subject);
    const bool stopped = stop_and_continue(pid, board);
    if (stopped && watch_until_blocked(pid, &board->mark)) kill(pid, SIGUSR1);
    finish(pid);
    say(report, "stop, continue, signal in %s: answer %ld;", subject->name, board->answer);
    verdict(report, stopped, "stopped");
    verdict(report, board->answer == subject->answer, "answer");
    verdict(report, board->lasted >= 0, "full time");
}

/* ---- All of it ------------------------------------------------------------------------------- */

static size_t list_scenarios(struct scenario list[], size_t count) {
    for (int i = 0; i < SUBJECTS; i++)
        list[count++] = (struct scenario){judge_register, &subjects[i]};
    for (int i = 0; i < SUBJECTS; i++) {
        if (!subjects[i].in_a_loop || subjects[i].number < 0) continue;
        list[count++] = (struct scenario){judge_six_ours, &subjects[i]};
        list[count++] = (struct scenario){judge_until_ours, &subjects[i]};
        if (!INPUT_ONLY_EXISTS) continue;
        list[count++] = (struct scenario){judge_six_theirs, &subjects[i]};
        list[count++] = (struct scenario){judge_until_theirs, &subjects[i]};
    }
    for (int i = 0; i < WAITS; i++)
        list[count++] = (struct scenario){judge_wait, &waits[i].subject};
    return count;
}

/* They do little but wait, so several wait at a time. */
static void run_all(const struct scenario list[], struct report reports[], size_t count) {
    size_t running = 0;
    for (size_t i = 0; i < count; i++) {
        if (running == TOGETHER && wait(0) > 0) running--;
        if (fork() == 0) {
            list[i].judge(&reports[i], list[i].subject);
            _exit(0);
        }
        running++;
    }
    while (wait(0) > 0) {}
}

int main(void) {
    struct scenario list[SUBJECTS * 5 + WAITS];
    const size_t count = list_scenarios(list, 0);
    struct report *reports = shared(count * sizeof *reports);
    unsigned bad = 0, absent = 0;
    setvbuf(stdout, 0, _IOLBF, 0);
    run_all(list, reports, count);
    for (size_t i = 0; i < count; i++) {
        if (!reports[i].text[0])
            reports[i].bad++, say(&reports[i], "case %zu ended without a word", i);
        printf("%s %s\n", reports[i].bad ? "bad" : "ok ", reports[i].text);
        bad += reports[i].bad > 0;
        absent += reports[i].absent;
    }
    if (!INPUT_ONLY_EXISTS)
        puts("number and answer are one register here: there is no input-only variant");
    printf("stop: %zu cases, %u bad, %u absent\n", count, bad, absent);
    return bad ? 1 : 0;
}
