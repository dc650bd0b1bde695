/* SPDX-License-Identifier: MIT */
/* hardpan/poll.h - waiting for many things at once, from many threads, and never for the dead.
 *
 *                add, add_timer, add_process, add_signal
 *      (nothing) --------------------------------------> registered --- wait ---> in a batch
 *          ^                                               |   ^                    | next
 *          |                  remove                       |   |  next, done, wait  v
 *          +-----------------------------------------------+   +------------- being delivered
 *                                                                             (pinned by its batch)
 *
 * A registration has a token: which slot of the poller, and which of the slot's lives. An event is
 * compared with it at the moment it is handed out (hp_batch_next), so one that was found before its
 * registration was removed is held back, also when the slot or the descriptor's number is another's
 * by then. Remove before you close: a kernel's poller holds what a descriptor stands for, and a
 * copy in another place (dup, a forked child) keeps that alive.
 *
 * For every function here, unless it says otherwise:
 *   answer   0 or a positive number, or -errno. After an error everything is as it was. A token
 *            that is no longer registered, or never was: -ESTALE.
 *   safety   any thread, several at once on one poller; a batch is one thread's at a time. Not for
 *            signal handlers, which may have interrupted the holder of the poller's lock, but for
 *            hp_poller_wake. Not after vfork.
 *   memory   slots and timers lie in space reserved by hardpan/vm.h, which grows and never moves;
 *            nothing else is kept. Descriptors stay the caller's.
 *   cost     "N calls" counts system calls; a lock that is held by another adds a futex call. More
 *            space is committed by 1 call each time that what is committed doubles.
 *   source   epoll(7), poll(2), pidfd_open(2), signalfd(2) of Linux.
 *   kqueue   of the BSDs and macOS: compile-checked and logic-checked, not run. PRIORITY is
 *            -EOPNOTSUPP there, a process or a signal is registered once (-EEXIST), a signal stays
 *            pending when it is found. 1 call more to open and to add, 2 to find an end.
 * What the kernel refuses is gone round, once, remembered, counted (hp_poll_stats), and can be
 * forced (hp_poll_force). */
#ifndef HARDPAN_POLL_H
#define HARDPAN_POLL_H

#include <hardpan/base.h>

HP_EXTERN_C_BEGIN

struct hp_batch;
struct hp_poller;

/* A slot and its generation. 0 is never one. A slot's generations begin again after 2^31 lives. */
typedef uint64_t hp_token;

/* What is waited for, and what was found. */
enum hp_poll_ready {
    HP_POLL_READABLE = 1 << 0, /* data, a connection, or the end: a read does not wait */
    HP_POLL_PRIORITY = 1 << 1, /* out-of-band data, a changed cgroup or sysfs file */
    HP_POLL_WRITABLE = 1 << 2, /* room, a connect that has ended, or an error */
    HP_POLL_ERROR = 1 << 3,    /* found, whatever was asked for: SO_ERROR says which; a pipe
                                  without a reader */
    HP_POLL_CLOSED = 1 << 4,   /* found, whatever was asked for: both directions are shut (hang-up)
                                */
    HP_POLL_READ_CLOSED = 1 << 13 /* the peer will send no more (half-close); READABLE includes it
                                   */
};

enum hp_poll_mode {
    HP_POLL_LEVEL = 0, /* found again by each wait for as long as it is so */
    /* found once for each change. Only where hp_poller_info.modes has it, -EOPNOTSUPP elsewhere */
    HP_POLL_EDGE = 1 << 26,
    HP_POLL_ONESHOT = 1 << 27, /* found once, by one thread; then hp_poller_modify arms it again */
    /* of many pollers that watch one thing not all are woken (Linux 4.5); a hint, elsewhere without
     * effect. Not with ONESHOT, PRIORITY or READ_CLOSED, and not to be modified: -EINVAL */
    HP_POLL_EXCLUSIVE = 1 << 28
};

enum hp_poll_kind {
    HP_POLL_DESCRIPTOR,
    HP_POLL_TIMER,   /* value: the deadline that it was armed for */
    HP_POLL_PROCESS, /* value: the number of the process, which has ended */
    HP_POLL_SIGNAL,  /* value: the signal's number; it has been taken */
    HP_POLL_WAKE     /* hp_poller_wake was called; no token, no data */
};

struct hp_event {
    hp_token token;
    void *data; /* what add was given */
    int64_t value;
    unsigned ready; /* enum hp_poll_ready, of a descriptor */
    int kind;       /* enum hp_poll_kind */
};

/* ---- What this system has -------------------------------------------------------------------- */

/* The bits of hp_poll_force. Each is found missing at its first use, by its refusal: ENOSYS, EPERM,
 * EINVAL, E2BIG. */
enum hp_poll_has {
    HP_POLL_HAS_EPOLL = 1 << 0,   /* else poll(2) */
    HP_POLL_HAS_CREATE1 = 1 << 1, /* epoll_create1 (2.6.27), kqueue1; else FD_CLOEXEC after */
    HP_POLL_HAS_PWAIT2 =
        1 << 2, /* epoll_pwait2 (5.11); else epoll_pwait, to the next millisecond */
    HP_POLL_HAS_EVENTFD = 1 << 3, /* else a pipe */
    HP_POLL_HAS_USER = 1 << 4,    /* EVFILT_USER of a kqueue; else a pipe */
    /* membarrier (4.14); else each delivery and each wait has a locked store, which otherwise only
     * pollers with several batches have, and waits of those with timers */
    HP_POLL_HAS_MEMBARRIER = 1 << 5
};

/* From now on what is in `missing` counts as absent for pollers opened or rebuilt after: how a
 * program tests itself on the kernel it does not have. 0 takes it back, and what was found missing
 * is tried again. Not to be called while other threads are in this room. No call. */
HP_API void hp_poll_force(unsigned missing);

/* The name of one bit of hp_poll_has ("create1"), NULL for another number. */
HP_API const char *hp_poll_has_name(unsigned bit);

/* What this room did since the program began. */
struct hp_poll_totals {
    uint64_t opened_create1, opened_create, opened_poll; /* pollers, by what they stand on */
    uint64_t wakers_eventfd, wakers_pipe, wakers_user;
    uint64_t wakes, wake_writes; /* calls of hp_poller_wake; writes, those for timers included */
    uint64_t stale;              /* events that were held back: their registration was removed */
    uint64_t awaited;            /* removals that waited until a delivery had ended */
    uint64_t barriers;           /* calls of membarrier: what the only batch says is looked at */
    uint64_t timer_steps;        /* levels that timers moved up and down in the heap */
};

/* How often this room did what, since the program began. Relaxed counters, never reset. No call. */
HP_API void hp_poll_stats(struct hp_poll_totals *totals);

/* ---- Pollers --------------------------------------------------------------------------------- */

struct hp_poller_request {
    /* registrations at most, timers included; 0: 4,194,304, on 32 bits 262,144. 32 bytes of address
     * space each, reserved and not committed; halved while that is refused, down to 1,024 */
    size_t capacity;
};

struct hp_poller_info {
    const char *backend; /* "epoll", "poll" or "kqueue" */
    const char *waker;   /* "eventfd", "pipe" or "user" */
    unsigned modes;      /* HP_POLL_EDGE, HP_POLL_ONESHOT, HP_POLL_EXCLUSIVE: those that it has */
    size_t capacity, registered;
};

/* Opens a poller: 7 calls and 2 descriptors, close-on-exec (a pipe is 1 more); 2 regions of
 * hardpan/vm.h; with poll(2) 9 calls and 6 regions. `request` may be NULL. Where epoll_create1 is
 * refused the flag is set by a second call, under a lock that keeps hardpan's own forks away and
 * cannot keep away others. -EMFILE, -ENFILE, -ENOMEM, -EINVAL. */
HP_API int hp_poller_open(struct hp_poller **poller, const struct hp_poller_request *request);

/* Closes a poller, with all its registrations and batches. No thread may be in it, or come. At
 * most 6 calls, and 1 for each process and signal. */
HP_API void hp_poller_close(struct hp_poller *poller);

/* Tells what a poller stands on, and how full it is. No call. */
HP_API void hp_poller_info(const struct hp_poller *poller, struct hp_poller_info *info);

/* In a forked child, before any other function on this poller: the kernel's side of it is made
 * anew, and every registration is entered there under its old token. Without that the child shares
 * the parent's: what it adds and removes would be the parent's, and it would take its events.
 * Timers go on; batches are closed; a ONESHOT is armed. The answer is how many registrations were
 * lost: their descriptors are not open here. -EBUSY: the process was forked while another thread
 * changed this poller; all that is left is to close it. After another error it is as if closed
 * until a second try. As hp_poller_open, and 1 call a registration. */
HP_API int hp_poller_after_fork(struct hp_poller *poller);

/* Wakes one thread that waits, or the next that will: it finds an event HP_POLL_WAKE. Wakes before
 * that are one, and cost one write. Async-signal-safe. 1 call, or none. */
HP_API int hp_poller_wake(struct hp_poller *poller);

/* ---- Registrations --------------------------------------------------------------------------- */

/* Registers a descriptor for what is in `interest`: bits of hp_poll_ready and of hp_poll_mode.
 * `data` comes back with each event, maybe in another thread before this has answered. 1 call.
 * -EPERM: a regular file or a directory, which are always ready; with poll(2) that takes a call
 * more to see (statx, 4.11). -EEXIST: registered here already; where the back end is not epoll,
 * also if that was closed and not removed. -EBADF, -EINVAL, -EOPNOTSUPP. -ENOSPC: the poller is
 * full, or fs.epoll.max_user_watches. -ENOMEM. */
HP_API int hp_poller_add(struct hp_poller *poller, int fd, unsigned interest, void *data,
                         hp_token *token);

/* Changes what is waited for, and arms a ONESHOT again. `interest` 0 leaves ERROR and CLOSED. What
 * was found before may still be delivered. 1 call; with poll(2) 1 if a thread waits. -EINVAL: no
 * descriptor, or EXCLUSIVE. */
HP_API int hp_poller_modify(struct hp_poller *poller, hp_token token, unsigned interest);

/* Positive answer of hp_poller_remove and hp_poller_settle. */
enum { HP_POLL_DELIVERING = 1 };

/* Ends a registration of any kind. From here on no event of it is handed out, and once this has
 * answered 0 no other thread is between the hp_batch_next that handed one out and its next call on
 * that batch: the data may be freed, the descriptor closed. A delivery by `own`, the caller's own
 * batch (or NULL), is not waited for. HP_POLL_DELIVERING: removed, but at the deadline another
 * thread was still delivering: do not free yet, see hp_poller_settle. With HP_NOW it never waits;
 * two deliveries that remove each other's registration must not both wait for ever. Another error
 * than -ESTALE is the kernel's about a descriptor that was closed first: removed all the same, but
 * if a copy is still open elsewhere, the kernel goes on reporting what is held back here, and waits
 * spin. Who is told -ESTALE has not removed it, and must not close. 1 call; for a process or signal
 * 2, for a timer none; and 1 more (membarrier) to look at the poller's only batch, if that is not
 * `own`. */
HP_API int hp_poller_remove(struct hp_poller *poller, hp_token token, const struct hp_batch *own,
                            hp_deadline deadline);

/* Waits until no batch but `own` delivers the registration any more, which has been removed: 0, or
 * HP_POLL_DELIVERING at the deadline. No call, unless it waits. */
HP_API int hp_poller_settle(struct hp_poller *poller, hp_token token, const struct hp_batch *own,
                            hp_deadline deadline);

/* Registers a timer, which fires once at the deadline; HP_FOREVER: not before it is set. No
 * descriptor and no call: all timers share the timeout of the wait. If all threads that wait would
 * sleep longer, one is woken (1 call). A poller's first timer, when it has one batch: 1 call
 * (membarrier). -ENOSPC, -ENOMEM. */
HP_API int hp_poller_add_timer(struct hp_poller *poller, hp_deadline deadline, void *data,
                               hp_token *token);

/* Sets a timer to another deadline, whether it fired or not; HP_FOREVER disarms. An event that was
 * found for the deadline before is held back. Cost as hp_poller_add_timer. -EINVAL: no timer. */
HP_API int hp_poller_set_timer(struct hp_poller *poller, hp_token token, hp_deadline deadline);

/* Registers a process of which the end is found, once; reaping it is the caller's. A descriptor of
 * the poller's own (pidfd_open, Linux 5.3: -ENOSYS before, -EPERM in a sandbox). Whoever has a
 * pidfd already may add that as a descriptor. 2 calls. -ESRCH: there is none. */
HP_API int hp_poller_add_process(struct hp_poller *poller, int pid, void *data, hp_token *token);

/* Registers a signal. It must be blocked in every thread of the process, or its handler or default
 * action runs instead. Each one that is pending is taken by one delivery; of the standard signals
 * several that came together are one. A descriptor of the poller's own (signalfd). 2 calls to
 * register, 1 for each delivery. -EINVAL: no signal's number, or SIGKILL, SIGSTOP. */
HP_API int hp_poller_add_signal(struct hp_poller *poller, int signal, void *data, hp_token *token);

/* ---- Waiting --------------------------------------------------------------------------------- */

/* One thread's place to find events in. The caller's memory, and so is `room`; both stay where they
 * are until the batch is closed. The fields are not to be written. */
struct hp_batch {
    struct hp_poller *poller;
    struct hp_event *room;
    unsigned capacity, count, next; /* events: most, found, handed out */
    struct hp_batch *later;         /* the poller's list of batches */
    /* the registration being delivered, 0 for none */
    uint64_t pinned __attribute__((aligned(8)));
    /* asleep until then; 0: awake */
    int64_t until __attribute__((aligned(8)));
};

/* Makes a batch that waits on the poller, with room for `capacity` events, 2 or more. -EINVAL. No
 * call; 1 (membarrier) for a poller's second. */
HP_API int hp_batch_open(struct hp_batch *batch, struct hp_poller *poller, struct hp_event *room,
                         unsigned capacity);

/* Ends a batch, which is no longer waited with; what it held is dropped. No call. */
HP_API void hp_batch_close(struct hp_batch *batch);

/* Waits until something is found: how many events, 0 at the deadline. Any deadline that has passed
 * only looks. What the batch held is dropped: fetch all of it first, an edge does not come back.
 * 1 call; 1 more where a wake comes through a pipe or to poll(2). The clock is read where there is
 * a deadline or a timer. With poll(2) one thread waits for all, and the others queue behind it. */
HP_API int hp_batch_wait(struct hp_batch *batch, hp_deadline deadline);

/* Hands out the next event that is still somebody's: 1, and *event until the next call on this
 * batch, or 0. Until then the registration is being delivered. No call; 1 for a signal, and 1 when
 * another thread waits in hp_poller_remove. */
HP_API int hp_batch_next(struct hp_batch *batch, const struct hp_event **event);

/* The delivery has ended, before the next call on this batch says so. */
HP_API void hp_batch_done(struct hp_batch *batch);

HP_EXTERN_C_END

#endif
