/* SPDX-License-Identifier: MIT */
/* The kqueue of kqueue(2) as far as src/poll/kqueue.c uses it, over three epolls: one for what is
 * read, one for what is written, and one for signals, processes, timers and what is triggered. It
 * stands behind the table of calls, so that the wrappers with their retries run too. A fork does
 * not hand it on, a change is made before EINTR is answered, and a regular file is taken. */
#include "fake_kqueue.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "hp_test.h"
#include "kevent.h"
#include "lock.h"

enum { SIDES = 3, READS = 0, WRITES = 1, OTHERS = 2, NUMBERS = 1 << 17, ADDED_MOST = 64 };

struct note {
    bool used;
    struct hp_kevent event;
    int source; /* what the epoll watches; of the third side our own */
};

struct queue {
    int fd, maker;
    int epolls[SIDES];
    bool has_user;
    unsigned turn;
    struct note *notes[SIDES];
};

struct fake_orders fake_orders;
struct fake_counts fake_counts;
static struct queue queues[ADDED_MOST];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Signals stay away while the lock here or the one of the table is held, and come in the sleep. */
static _Thread_local sigset_t outer;

/* ---- Kqueues --------------------------------------------------------------------------------- */

static struct queue *find(long fd) {
    for (size_t i = 0; i < ADDED_MOST; i++)
        if (queues[i].maker == getpid() && queues[i].fd == fd) return &queues[i];
    return 0;
}

static int size_of_side(int side) { return side == OTHERS ? 4096 : NUMBERS; }

static void close_sources(struct queue *queue) {
    for (int i = 0; i < size_of_side(OTHERS); i++)
        if (queue->notes[OTHERS][i].used) close(queue->notes[OTHERS][i].source);
}

static void end(struct queue *queue) {
    close_sources(queue);
    for (int side = 0; side < SIDES; side++) close(queue->epolls[side]);
    *queue = (struct queue){.maker = 0};
}

static void end_and_free(struct queue *queue) {
    struct note *const notes[SIDES] = {queue->notes[0], queue->notes[1], queue->notes[2]};
    end(queue);
    for (int side = 0; side < SIDES; side++) free(notes[side]);
}

/* The parent's are gone in the child. Nothing is freed: a handler of fork may find the allocator
 * locked (clang's sanitizers hold a lock of theirs over it, and free waited for ever). */
static void forked(void) {
    for (size_t i = 0; i < ADDED_MOST; i++) {
        if (!queues[i].maker) continue;
        close(queues[i].fd);
        end(&queues[i]);
    }
    pthread_mutex_init(&lock, 0);
}

static long make(int flags) {
    static bool is_watched;
    struct queue *queue = queues;
    while (queue->maker) queue++;
    if (!is_watched) pthread_atfork(0, 0, forked);
    is_watched = true;
    const int fd = eventfd(0, flags);
    if (fd < 0) return -errno;
    *queue = (struct queue){.fd = fd, .maker = getpid(), .has_user = !fake_orders.unborn};
    if (fake_orders.unborn) fake_orders.unborn--;
    for (int side = 0; side < SIDES; side++) {
        queue->epolls[side] = epoll_create1(EPOLL_CLOEXEC);
        queue->notes[side] = calloc((size_t)size_of_side(side), sizeof *queue->notes[side]);
    }
    fake_counts.made++;
    fake_counts.locked += hp_fork_lock.word != 0;
    fake_counts.marked += flags & EFD_CLOEXEC ? 1 : 0;
    return fd;
}

static long fake_kqueue(const long a[6]) {
    (void)a;
    pthread_mutex_lock(&lock);
    const long answer = make(0);
    pthread_mutex_unlock(&lock);
    return answer;
}

static long fake_kqueue1(const long a[6]) {
    (void)a;
    pthread_mutex_lock(&lock);
    const long answer = make(EFD_CLOEXEC);
    pthread_mutex_unlock(&lock);
    return answer;
}

static long fake_close(const long a[6]) {
    pthread_mutex_lock(&lock);
    struct queue *queue = find(a[0]);
    if (queue) end_and_free(queue);
    pthread_mutex_unlock(&lock);
    return open_real(HP_CALL_close, a);
}

/* ---- Changes --------------------------------------------------------------------------------- */

static int side_of(const struct hp_kevent *change) {
    if (change->filter == (hp_kevent_filter)KEV_READ) return READS;
    return change->filter == (hp_kevent_filter)KEV_WRITE ? WRITES : OTHERS;
}

/* By its number, or the one that is it among the others, or a free one. */
static struct note *note_of(struct queue *queue, const struct hp_kevent *change) {
    const int side = side_of(change);
    struct note *free_one = 0, *notes = queue->notes[side];
    if (side != OTHERS) return change->ident < NUMBERS ? &notes[change->ident] : 0;
    for (int i = 0; i < size_of_side(OTHERS); i++) {
        struct note *note = &notes[i];
        if (!note->used && !free_one) free_one = note;
        if (note->used && note->event.ident == change->ident &&
            note->event.filter == change->filter)
            return note;
    }
    return free_one;
}

static bool is_zombie(int pid) {
    char path[32], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = 0;
    const char *close = strrchr(text, ')');
    return close && close[1] && close[2] == 'Z';
}

static int process_source(int pid) {
    if (fake_orders.zombies_are_gone && is_zombie(pid)) return -ESRCH;
    const long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? (errno == EINVAL ? -ESRCH : -errno) : (int)fd;
}

static int timer_source(int64_t milliseconds) {
    const struct itimerspec once = {
        .it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000}};
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return timerfd_settime(fd, 0, &once, 0) ? -errno : fd;
}

static int signal_source(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int source_of(const struct queue *queue, const struct hp_kevent *change) {
    const int number = (int)change->ident, filter = (int)change->filter;
    if (side_of(change) != OTHERS) return number;
    if (filter == KEV_PROC) return process_source(number);
    if (filter == KEV_TIMER) return timer_source(change->data);
    if (filter == KEV_SIGNAL) return signal_source(number);
    if (filter == KEV_USER && queue->has_user) return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return -EINVAL;
}

static uint32_t events_of(const struct hp_kevent *change) {
    const uint32_t events =
        side_of(change) == WRITES ? EPOLLOUT : EPOLLIN | EPOLLRDHUP; /* ends come unasked */
    return events | (change->flags & KEV_CLEAR ? EPOLLET : 0u) |
           (change->flags & KEV_DISPATCH ? EPOLLONESHOT : 0u);
}

static long enter(struct queue *queue, struct note *note, const struct hp_kevent *change) {
    const int side = side_of(change);
    struct epoll_event event = {.events = events_of(change),
                                .data.u64 = (uint64_t)(note - queue->notes[side])};
    int source = note->used ? note->source : source_of(queue, change);
    if (source < 0) return source;
    int operation = note->used ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int failed = epoll_ctl(queue->epolls[side], operation, source, &event);
    if (failed && operation == EPOLL_CTL_MOD && errno == ENOENT) /* the number is another's now */
        failed = epoll_ctl(queue->epolls[side], EPOLL_CTL_ADD, source, &event);
    if (failed && errno != EPERM) {
        const int error = errno;
        if (side == OTHERS) close(source);
        return -error;
    }
    *note = (struct note){true, *change, source};
    fake_counts.added++;
    return 0;
}

static long leave(struct queue *queue, struct note *note) {
    if (!note->used) return -ENOENT;
    const int side = side_of(&note->event);
    const int failed = epoll_ctl(queue->epolls[side], EPOLL_CTL_DEL, note->source, 0);
    const int error = errno;
    if (side == OTHERS) close(note->source);
    note->used = false;
    fake_counts.deleted++;
    return failed ? -error : 0;
}

static long trigger(const struct note *note, const struct hp_kevent *change) {
    const uint64_t one = 1;
    if (!note->used) return -ENOENT;
    if (!(change->fflags & KEV_NOTE_TRIGGER)) return 0;
    return write(note->source, &one, sizeof one) == sizeof one ? 0 : -errno;
}

static long change_one(struct queue *queue, const struct hp_kevent *change) {
    struct note *note = note_of(queue, change);
    long answer = -EBADF;
    if (fake_orders.refusal && --fake_orders.refusal == 0) return -ENOMEM;
    if (note && change->flags & KEV_ADD) answer = enter(queue, note, change);
    if (note && change->flags & KEV_DELETE) answer = leave(queue, note);
    if (note && !(change->flags & (KEV_ADD | KEV_DELETE))) answer = trigger(note, change);
    if (answer < 0) fake_counts.refused++;
    return answer;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void consume(const struct note *note) {
    char bytes[256];
    if (note->event.filter == (hp_kevent_filter)KEV_SIGNAL)
        while (read(note->source, bytes, sizeof bytes) > 0) continue;
}

static bool is_socket(int fd) {
    struct stat kind = {.st_mode = 0};
    return fstat(fd, &kind) == 0 && S_ISSOCK(kind.st_mode);
}

static void hand_out(struct queue *queue, struct note *note, uint32_t found,
                     struct hp_kevent *event) {
    const bool is_pidfd = note->event.filter == (hp_kevent_filter)KEV_PROC;
    *event = note->event;
    event->fflags = 0;
    if (found & (EPOLLHUP | EPOLLERR | EPOLLRDHUP) && side_of(event) == READS)
        event->flags |= KEV_EOF;
    if (found & (EPOLLHUP | EPOLLERR) && side_of(event) == WRITES) event->flags |= KEV_EOF;
    if (found & EPOLLERR && is_socket(note->source)) event->fflags = 54; /* ECONNRESET */
    consume(note);
    if (is_pidfd || note->event.flags & KEV_ONESHOT) leave(queue, note);
    fake_counts.fetched++;
}

static int collect_side(struct queue *queue, int side, struct hp_kevent *events, int room) {
    struct epoll_event found[64];
    const int most = room < 64 ? room : 64;
    const int count = most > 0 ? epoll_wait(queue->epolls[side], found, most, 0) : 0;
    int kept = 0;
    for (int i = 0; i < count; i++) {
        struct note *note = &queue->notes[side][found[i].data.u64];
        if (note->used) hand_out(queue, note, found[i].events, &events[kept++]);
    }
    return kept;
}

static int collect(struct queue *queue, struct hp_kevent *events, int room) {
    int count = 0;
    const unsigned first = queue->turn++;
    for (unsigned i = 0; i < SIDES; i++)
        count += collect_side(queue, (int)((first + i) % SIDES), events + count, room - count);
    return count;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static int sleep_until(const int epolls[SIDES], int64_t until) {
    struct pollfd entries[SIDES];
    for (int side = 0; side < SIDES; side++)
        entries[side] = (struct pollfd){epolls[side], POLLIN, 0};
    int64_t left = until - now();
    if (left < 0) left = 0;
    const struct timespec time = {left / 1000000000, left % 1000000000};
    return ppoll(entries, SIDES, until == INT64_MAX ? 0 : &time, &outer) < 0 ? -errno : 0;
}

static long wait_for(long fd, struct hp_kevent *events, int room, int64_t until) {
    for (;;) {
        pthread_mutex_lock(&lock);
        struct queue *queue = find(fd);
        if (!queue) {
            pthread_mutex_unlock(&lock);
            return -EBADF;
        }
        int epolls[SIDES];
        memcpy(epolls, queue->epolls, sizeof epolls);
        const int count = collect(queue, events, room);
        pthread_mutex_unlock(&lock);
        if (count > 0 || until <= now()) return count;
        const int slept = sleep_until(epolls, until);
        if (slept < 0) return slept;
    }
}

static int64_t until_of(const int64_t *timeout) {
    if (!timeout) return INT64_MAX;
    const int64_t length = timeout[0] * 1000000000 + timeout[1];
    return length ? now() + length : 0;
}

static bool is_interrupted(void) {
    if (!fake_orders.interrupts) return false;
    fake_orders.interrupts--;
    return true;
}

/* int kevent(kqueue, changes, how many, events, room, time to wait) */
static long fake_kevent(const long a[6]) {
    const struct hp_kevent *changes = (const struct hp_kevent *)a[1];
    long answer = 0;
    pthread_mutex_lock(&lock);
    struct queue *queue = find(a[0]);
    if (!queue) answer = -EBADF;
    for (long i = 0; i < a[2] && answer == 0; i++) answer = change_one(queue, &changes[i]);
    if (answer == 0 && is_interrupted()) answer = -EINTR;
    pthread_mutex_unlock(&lock);
    if (answer < 0 || a[4] == 0) return answer;
    return wait_for(a[0], (struct hp_kevent *)a[3], (int)a[4], until_of((const int64_t *)a[5]));
}

static long fake_fstat(const long a[6]) {
    struct stat real = {.st_mode = 0}; /* the memory sanitizer of clang 14 does not know fstat */
    unsigned char *kind = (unsigned char *)a[1];
    if (fstat((int)a[0], &real)) return -errno;
    const hp_kevent_mode mode = (hp_kevent_mode)real.st_mode;
    memset(kind, 0xee, KEV_STAT_BYTES);
    memcpy(kind + KEV_STAT_MODE, &mode, sizeof mode);
    return 0;
}

/* ---- In the place of the calls: by the linker's --wrap --------------------------------------- */

void __real_open_reset(void);
void __wrap_open_reset(void);
void __wrap_open_reset(void) {
    __real_open_reset();
    open_replace(HP_CALL_kqueue, fake_kqueue);
    open_replace(HP_CALL_kqueue1, fake_kqueue1);
    open_replace(HP_CALL_kevent, fake_kevent);
    open_replace(HP_CALL_fstat, fake_fstat);
    open_replace(HP_CALL_close, fake_close);
}

static bool is_ours(enum hp_call call) {
    return call == HP_CALL_kqueue || call == HP_CALL_kqueue1 || call == HP_CALL_kevent ||
           call == HP_CALL_fstat || call == HP_CALL_close;
}

long __real_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f);
long __wrap_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f);
long __wrap_gate_enter(enum hp_call call, long a, long b, long c, long d, long e, long f) {
    sigset_t all, before;
    if (!is_ours(call)) return __real_gate_enter(call, a, b, c, d, e, f);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    outer = before;
    const long answer = __real_gate_enter(call, a, b, c, d, e, f);
    pthread_sigmask(SIG_SETMASK, &before, 0);
    return answer;
}
