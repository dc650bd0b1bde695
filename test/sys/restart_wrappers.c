/* SPDX-License-Identifier: MIT */
/* Every typed wrapper that can be made to block, under signals without SA_RESTART: a call of class
 * RETRY blocks again after each and answers in the end, a wait of class DEADLINE lasts its full
 * time, connect goes on without the caller. And every row of the table whose class makes a promise
 * is either tried here or listed with the reason why nothing can make it block.
 *
 * Plain main, no test library: it runs as a static program on other kernels too. */
#include <hardpan/sys.h>

#include "restart_rows.h"

enum { SECOND = 1000000000 };

typedef long wrapper_function(const long a[6]);

static long by_read(const long a[6]) { return hp_sys_read((int)a[0], (void *)a[1], (size_t)a[2]); }
static long by_write(const long a[6]) {
    return hp_sys_write((int)a[0], (const void *)a[1], (size_t)a[2]);
}
static long by_openat(const long a[6]) {
    return hp_sys_openat((int)a[0], (const char *)a[1], (int)a[2], 0);
}
static long by_fcntl(const long a[6]) { return hp_sys_fcntl((int)a[0], (int)a[1], a[2]); }
static long by_recvfrom(const long a[6]) {
    return hp_sys_recvfrom((int)a[0], (void *)a[1], (size_t)a[2], 0, 0, 0);
}
static long by_recvmsg(const long a[6]) { return hp_sys_recvmsg((int)a[0], &message, (int)a[2]); }
static long by_sendto(const long a[6]) {
    return hp_sys_sendto((int)a[0], (const void *)a[1], (size_t)a[2], 0, 0, 0);
}
static long by_sendmsg(const long a[6]) { return hp_sys_sendmsg((int)a[0], &message, (int)a[2]); }
static long by_accept4(const long a[6]) { return hp_sys_accept4((int)a[0], 0, 0, 0); }

static long begin_to_connect(const long a[6]) {
    return hp_sys_connect((int)a[0], (const struct sockaddr *)a[1], (unsigned)a[2]);
}

static short writable(const long a[6]) {
    struct pollfd waiting = {(int)a[0], POLLOUT, 0};
    return hp_sys_poll(&waiting, 1, HP_FOREVER) == 1 ? waiting.revents : 0;
}

static long pending_error(const long a[6]) {
    int error = -1;
    socklen_t size = sizeof error;
    getsockopt((int)a[0], SOL_SOCKET, SO_ERROR, &error, &size);
    return -error;
}

/* As the header says: it is under way, wait until the socket is writable, ask for its error. */
static long by_connect_tcp(const long a[6]) {
    if (begin_to_connect(a) != -EINPROGRESS) return -EPROTO;
    return writable(a) == POLLOUT ? pending_error(a) : -ENOTCONN;
}

/* Linux does not go on with a local socket, so the wrapper does: it comes back connected. */
static long by_connect_unix(const long a[6]) { return begin_to_connect(a); }
static long by_wait4(const long a[6]) { return hp_sys_wait4((int)a[0], 0, 0, 0); }
static long by_waitid(const long a[6]) {
    return hp_sys_waitid((int)a[0], (int)a[1], (void *)a[2], (int)a[3], 0);
}

static long by_sleep(const long a[6]) { return hp_sys_sleep(*(const hp_deadline *)a[0]); }
static long by_poll(const long a[6]) { return hp_sys_poll(0, 0, *(const hp_deadline *)a[0]); }
static long by_epoll_wait(const long a[6]) {
    return hp_sys_epoll_wait(hp_sys_epoll_create1(0), &event, 1, *(const hp_deadline *)a[0]);
}
static long by_futex_wait(const long a[6]) {
    const uint32_t word = 0;
    return hp_sys_futex_wait(&word, 0, *(const hp_deadline *)a[0]);
}

static const struct wrapper {
    const char *call; /* in the table of calls */
    const char *row;  /* of the matrix; NULL: a wait until a deadline */
    wrapper_function *function;
    int answer; /* of a wait until a deadline */
} wrappers[] = {
    {"read", "read, pipe", by_read, 0},
    {"read", "read, eventfd", by_read, 0},
    {"write", "write, pipe", by_write, 0},
    {"openat", "openat, FIFO", by_openat, 0},
    {"fcntl", "fcntl, F_OFD_SETLKW", by_fcntl, 0},
    {"recvfrom", "recvfrom", by_recvfrom, 0},
    {"recvmsg", "recvmsg", by_recvmsg, 0},
    {"sendto", "sendto", by_sendto, 0},
    {"sendmsg", "sendmsg", by_sendmsg, 0},
    {"accept4", "accept4", by_accept4, 0},
    {"accept4", "accept4, SO_RCVTIMEO", by_accept4, 0},
    {"connect", "connect, tcp", by_connect_tcp, 0},
    {"connect", "connect, unix", by_connect_unix, 0},
    {"wait4", "wait4", by_wait4, 0},
    {"waitid", "waitid", by_waitid, 0},
    {"clock_nanosleep", 0, by_sleep, 0},
    {"ppoll", 0, by_poll, 0},
    {"epoll_pwait2", 0, by_epoll_wait, 0},
    {"futex", 0, by_futex_wait, -ETIMEDOUT},
};

enum { WRAPPERS = sizeof wrappers / sizeof *wrappers };

static const char *const not_blocked[][2] = {
    {"chdir", "waits on file systems of a network or of another process only"},
    {"fchdir", "waits on file systems of a network or of another process only"},
    {"execve", "waits on file systems of a network or of another process only"},
    {"execveat", "waits on file systems of a network or of another process only"},
    {"ioctl", "whether it waits is its driver's affair"},
    {"ftruncate", "waits for the storage only"},
    {"lseek", "waits on file systems of a network or of another process only"},
    {"llseek", "waits on file systems of a network or of another process only"},
    {"getdents64", "waits on file systems of a network or of another process only"},
    {"readlinkat", "waits on file systems of a network or of another process only"},
    {"statx", "waits on file systems of a network or of another process only"},
    {"fstat", "not on this system"},
    {"unlinkat", "waits on file systems of a network or of another process only"},
    {"dup3", "dup(2) lists EINTR, nothing was found that brings it about"},
    {"getrandom", "waits for the first entropy after the machine was started"},
    {"epoll_pwait", "takes the place of epoll_pwait2, in test/sys/wait.c"},
    {"close", "EINTR comes from the flush of a network file"},
    {"kevent", "not on this system"},
};

static struct trial *trials;
static const struct wrapper *tried;

static uint64_t retries(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    return totals.retries;
}

static void through_the_wrapper(struct trial *trial, struct call *call, const struct row *row) {
    const hp_deadline deadline = hp_sys_after(SECOND);
    (void)row;
    if (!tried->row) call->a[0] = (long)&deadline;
    const uint64_t before = retries();
    trial->answer = tried->function(call->a);
    trial->late = hp_sys_now() - deadline;
    trial->retries = retries() - before;
}

static const struct row *find_row(const char *name) {
    static const struct row waits = {"wait", 0, for_pause, 0, nothing_to_end, false};
    for (int i = 0; name && i < ROWS; i++)
        if (!strcmp(rows[i].name, name)) return &rows[i];
    return name ? 0 : &waits;
}

static void try_one(size_t index) {
    tried = &wrappers[index];
    run_trial(&trials[index], find_row(tried->row), 0, through_the_wrapper);
}

/* Each signal was met by one entry more, and the answer is the event's. */
static bool retried(const struct trial *trial) {
    return trial->blocked && trial->signals == SIGNALS && trial->retries == SIGNALS &&
           trial->answer >= 0;
}

/* On a busy machine the time may be over before the last signal: one of them is enough. */
static bool lasted(const struct trial *trial, int answer) {
    return trial->signals > 0 && trial->retries == (uint64_t)trial->signals && trial->late >= 0 &&
           trial->answer == answer;
}

/* The connect over the network is not entered again: only the wait after it is. */
static bool went_on(const struct trial *trial) {
    return trial->blocked && trial->signals == SIGNALS && trial->retries < SIGNALS &&
           trial->answer == 0;
}

static bool report(const struct wrapper *wrapper, const struct trial *trial) {
    const bool connects = wrapper->function == by_connect_tcp;
    const bool fine = trial->absent || (connects       ? went_on(trial)
                                        : wrapper->row ? retried(trial)
                                                       : lasted(trial, wrapper->answer));
    printf("%s %s (%s): %d signals, %llu retries, answer %ld%s\n", fine ? "ok " : "bad",
           wrapper->call, wrapper->row ? wrapper->row : "until a deadline", trial->signals,
           (unsigned long long)trial->retries, trial->answer, trial->absent ? ", absent" : "");
    return fine;
}

static bool is_accounted_for(const char *call) {
    for (int i = 0; i < WRAPPERS; i++)
        if (!strcmp(wrappers[i].call, call)) return true;
    for (size_t i = 0; i < sizeof not_blocked / sizeof *not_blocked; i++)
        if (!strcmp(not_blocked[i][0], call)) return true;
    return false;
}

static unsigned unaccounted_calls(void) {
    unsigned unaccounted = 0;
    const struct hp_call_row *call;
    for (size_t i = 0; (call = hp_sys_call_row(i)) != 0; i++) {
        if (call->eintr == HP_EINTR_NONE || is_accounted_for(call->name)) continue;
        printf("bad %s is of class %s and nobody tries it\n", call->name,
               hp_sys_eintr_name(call->eintr));
        unaccounted++;
    }
    return unaccounted;
}

int main(void) {
    trials = shared_memory(WRAPPERS * sizeof *trials);
    run_processes(WRAPPERS, try_one);
    unsigned bad = unaccounted_calls();
    for (int i = 0; i < WRAPPERS; i++) bad += !report(&wrappers[i], &trials[i]);
    printf("wrappers: %d tried, %u bad\n", (int)WRAPPERS, bad);
    return bad ? 1 : 0;
}
