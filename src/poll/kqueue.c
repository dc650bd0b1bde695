/* SPDX-License-Identifier: MIT */
/* The kqueue back end, for the BSDs and macOS on 64 bits: the kernel carries the token with each
 * event. A registration is up to two of the kernel's, one to read and one to write; what is found
 * of both becomes one event again, and a ONESHOT is found once, under the poller's lock.
 *
 * Compile-checked for four systems and logic-checked against a kevent that is played on Linux
 * (test/poll/fake_kqueue.c); not run on a BSD. */
#include "kqueue.h"

#include <hardpan/sys.h>
#include <string.h>

_Static_assert(sizeof(void *) == sizeof(hp_token), "the kernel keeps the token in a pointer");

enum {
    READY = HP_POLL_READABLE | HP_POLL_WRITABLE | HP_POLL_READ_CLOSED,
    FOUND_MOST = 32,        /* by one call: 2 KiB of stack on FreeBSD */
    WATCHED_MOST = 1 << 26, /* numbers of descriptors, processes and signals */
    GET_FLAGS = 3,          /* F_GETFL; like the rest the same number on all of these systems */
    ACCESS = 3,
    WRITES = 1,
    POLL_HUP = 0x10,
    KIND = 0170000,
    REGULAR = 0100000,
    DIRECTORY = 0040000
};

/* ---- Opening and closing --------------------------------------------------------------------- */

static int create_then_mark(void) {
    hp_lock(&hp_fork_lock);
    const int fd = hp_sys_kqueue();
    hp_unlock(&hp_fork_lock);
    return fd;
}

static int create(void) {
    if (hp_poll_has(HP_POLL_HAS_CREATE1)) {
        const int fd = hp_sys_kqueue1();
        if (!hp_poll_is_refusal(fd)) {
            if (fd >= 0) hp_poll_count(&hp_poll_counters.opened_create1, 1);
            return fd;
        }
        hp_poll_lack(HP_POLL_HAS_CREATE1);
    }
    const int fd = create_then_mark();
    if (fd >= 0) hp_poll_count(&hp_poll_counters.opened_create, 1);
    return fd;
}

static int open_kqueue(struct hp_poller *poller) {
    const struct hp_arena_request watched = {.space = {.size = WATCHED_MOST}};
    poller->fd = create();
    if (poller->fd < 0) return poller->fd;
    poller->maker = hp_sys_getpid();
    const int answer = hp_arena_open(&poller->set.watched, &watched);
    if (answer < 0) hp_sys_close(poller->fd);
    return answer < 0 ? answer : 0;
}

/* A forked child has no copy of it, and the number may be another's there by now. */
static void close_kqueue(struct hp_poller *poller) {
    if (poller->maker == hp_sys_getpid()) hp_sys_close(poller->fd);
    hp_arena_close(&poller->set.watched);
}

/* ---- What is armed --------------------------------------------------------------------------- */

int hp_kqueue_change(const struct hp_poller *poller, const struct hp_kevent *changes, int count) {
    const int answer = hp_sys_kevent(poller->fd, changes, count, 0, 0, HP_NOW);
    return answer < 0 ? answer : 0;
}

/* Who does not ask to read is told by the reading side when it ends, and waits for an edge there:
 * data that nobody reads would be found again and again. */
static unsigned reading_mode(unsigned interest) {
    if (!(interest & HP_POLL_READABLE)) return KEV_CLEAR;
    return (interest & HP_POLL_EDGE ? KEV_CLEAR : 0u) |
           (interest & HP_POLL_ONESHOT ? KEV_DISPATCH : 0u);
}

static unsigned writing_mode(unsigned interest) {
    return (interest & HP_POLL_EDGE ? KEV_CLEAR : 0u) |
           (interest & HP_POLL_ONESHOT ? KEV_DISPATCH : 0u);
}

/* One or two changes, each with the action. */
static int put_changes(struct hp_kevent *changes, const struct hp_slot *slot, unsigned interest,
                       unsigned action, hp_token token) {
    const uintptr_t fd = (uintptr_t)slot->fd;
    int count = 0;
    if (interest & HP_POLL_WRITABLE)
        changes[count++] = hp_kevent(fd, KEV_WRITE, action | writing_mode(interest), 0, token);
    if (interest & (HP_POLL_READABLE | HP_POLL_READ_CLOSED) || !count)
        changes[count++] = hp_kevent(fd, KEV_READ, action | reading_mode(interest), 0, token);
    return count;
}

/* Both, also when the first is gone. */
static int disarm(const struct hp_poller *poller, const struct hp_slot *slot) {
    struct hp_kevent changes[2];
    const int count = put_changes(changes, slot, slot->interest, KEV_DELETE, 0);
    const int answer = hp_kqueue_change(poller, changes, count);
    if (answer < 0 && count > 1) hp_kqueue_change(poller, changes + 1, 1);
    return answer;
}

static int arm(const struct hp_poller *poller, const struct hp_slot *slot, hp_token token) {
    struct hp_kevent changes[2];
    const int count = put_changes(changes, slot, slot->interest, KEV_ADD, token);
    const int answer = hp_kqueue_change(poller, changes, count);
    if (answer < 0 && count > 1) disarm(poller, slot);
    return answer;
}

/* Taken away and given anew: of what is there already some systems change the mode and some do not,
 * and all of them look again at what is new. ENOENT: closed, and the number another's by now. */
static int modify(struct hp_poller *poller, struct hp_slot *slot, hp_token token,
                  unsigned interest) {
    struct hp_kevent changes[4];
    if (interest & HP_POLL_PRIORITY) return -EOPNOTSUPP;
    int count = put_changes(changes, slot, slot->interest, KEV_DELETE, 0);
    count += put_changes(changes + count, slot, interest, KEV_ADD, token);
    const int answer = hp_kqueue_change(poller, changes, count);
    if (answer < 0 && answer != -ENOENT) arm(poller, slot, token);
    return answer;
}

/* ---- Processes and signals ------------------------------------------------------------------- */

enum { ENDED_AFTER = 1 /* ms: the least that every system takes */ };

static struct hp_kevent process_ended(const struct hp_poller *poller, const struct hp_slot *slot,
                                      unsigned flags, hp_token token) {
    struct hp_kevent change =
        hp_kevent((uintptr_t)(slot - poller->slot), KEV_TIMER, flags, 0, token);
    change.data = ENDED_AFTER;
    return change;
}

/* A child that has ended and is not yet reaped is ESRCH on macOS (seen by libuv, 3451 and 3521),
 * though it can still be signalled: what is found is then a timer. */
static int arm_process(const struct hp_poller *poller, const struct hp_slot *slot, hp_token token) {
    const struct hp_kevent exits = hp_kevent((uintptr_t)slot->number, KEV_PROC,
                                             KEV_ADD | KEV_ONESHOT, KEV_NOTE_EXIT, token),
                           ended = process_ended(poller, slot, KEV_ADD | KEV_ONESHOT, token);
    const int answer = hp_kqueue_change(poller, &exits, 1);
    if (answer != -ESRCH || hp_sys_kill(slot->number, 0) == -ESRCH) return answer;
    return hp_kqueue_change(poller, &ended, 1);
}

/* Whichever it was; both may be gone. */
static void disarm_process(const struct hp_poller *poller, const struct hp_slot *slot) {
    const struct hp_kevent exits = hp_kevent((uintptr_t)slot->number, KEV_PROC, KEV_DELETE, 0, 0),
                           ended = process_ended(poller, slot, KEV_DELETE, 0);
    if (hp_kqueue_change(poller, &exits, 1) < 0) hp_kqueue_change(poller, &ended, 1);
}

/* It is found when it is sent, whether it is blocked or ignored, and stays pending. */
static int change_signal(const struct hp_poller *poller, const struct hp_slot *slot,
                         unsigned action, hp_token token) {
    const struct hp_kevent change =
        hp_kevent((uintptr_t)slot->number, KEV_SIGNAL, action, 0, token);
    return hp_kqueue_change(poller, &change, 1);
}

/* ---- Changes: the poller is locked ----------------------------------------------------------- */

static size_t number_of(const struct hp_slot *slot) {
    return (size_t)(slot->kind == HP_POLL_DESCRIPTOR ? slot->fd : slot->number);
}

static unsigned char *watched(const struct hp_poller *poller, const struct hp_slot *slot) {
    return poller->set.watched.region.base + number_of(slot);
}

/* A byte for each number, a bit in it for each kind. A second registration of one would take the
 * place of the first without a word. */
static int claim(struct hp_poller *poller, const struct hp_slot *slot) {
    struct hp_arena *arena = &poller->set.watched;
    const size_t have = hp_arena_mark(arena), wanted = number_of(slot) + 1;
    void *at;
    if (wanted > WATCHED_MOST) return -EBADF;
    if (wanted > have) {
        const size_t more = wanted > 2 * have ? wanted - have : have;
        const int answer =
            hp_arena_take(arena, more < WATCHED_MOST - have ? more : WATCHED_MOST - have, 0, &at);
        if (answer < 0) return answer;
    }
    if (*watched(poller, slot) & 1u << slot->kind) return -EEXIST;
    *watched(poller, slot) |= (unsigned char)(1u << slot->kind);
    return 0;
}

static void give_back(const struct hp_poller *poller, const struct hp_slot *slot) {
    *watched(poller, slot) &= (unsigned char)~(1u << slot->kind);
}

/* Files and directories are always ready, and epoll refuses them. */
static int refuse_descriptor(const struct hp_slot *slot) {
    unsigned char kind[KEV_STAT_BYTES] __attribute__((aligned(8)));
    hp_kevent_mode mode = 0;
    if (slot->interest & HP_POLL_PRIORITY) return -EOPNOTSUPP;
    const int answer = slot->fd < 0 ? -EBADF : hp_sys_fstat(slot->fd, kind);
    if (answer < 0) return answer;
    memcpy(&mode, kind + KEV_STAT_MODE, sizeof mode);
    return (mode & KIND) == REGULAR || (mode & KIND) == DIRECTORY ? -EPERM : 0;
}

static int refuse(const struct hp_slot *slot) {
    const int number = slot->number;
    if (slot->kind == HP_POLL_DESCRIPTOR) return refuse_descriptor(slot);
    if (slot->kind == HP_POLL_PROCESS) return number < 1 ? -ESRCH : 0;
    const bool taken = number == KEV_SIGKILL || number == KEV_SIGSTOP;
    return number < 1 || number > KEV_SIGNALS || taken ? -EINVAL : 0;
}

static int arm_any(struct hp_poller *poller, const struct hp_slot *slot, hp_token token) {
    switch (slot->kind) {
    case HP_POLL_PROCESS: return arm_process(poller, slot, token);
    case HP_POLL_SIGNAL: return change_signal(poller, slot, KEV_ADD | KEV_CLEAR, token);
    default: return arm(poller, slot, token);
    }
}

static int add(struct hp_poller *poller, struct hp_slot *slot, hp_token token) {
    if (token == HP_POLL_WAKER) return slot->fd < 0 ? 0 : arm(poller, slot, token);
    int answer = refuse(slot);
    if (answer == 0) answer = claim(poller, slot);
    if (answer < 0) return answer;
    answer = arm_any(poller, slot, token);
    if (answer < 0) give_back(poller, slot);
    return answer;
}

static int remove(struct hp_poller *poller, struct hp_slot *slot) {
    give_back(poller, slot);
    if (slot->kind == HP_POLL_DESCRIPTOR) return disarm(poller, slot);
    if (slot->kind == HP_POLL_SIGNAL) return change_signal(poller, slot, KEV_DELETE, 0);
    disarm_process(poller, slot);
    return 0;
}

/* ---- What is found: the poller is locked ----------------------------------------------------- */

static bool is_hung_up(int fd) {
    struct {
        int fd;
        short events, found;
    } entry = {fd, 0, 0};
    return hp_sys_poll((struct pollfd *)&entry, 1, HP_NOW) > 0 && entry.found & POLL_HUP;
}

/* EV_EOF is half-close, hang-up and a pipe without a reader in one: an end comes once in a
 * descriptor's life, and is asked about. */
static unsigned end_of(const struct hp_slot *slot, const struct hp_kevent *event) {
    const int access = hp_sys_fcntl(slot->fd, GET_FLAGS, 0) & ACCESS;
    if (access == WRITES) return HP_POLL_ERROR;
    const unsigned error = event->fflags ? HP_POLL_ERROR : 0;
    const unsigned half = event->filter == KEV_READ ? HP_POLL_READ_CLOSED : 0;
    return error | half | (is_hung_up(slot->fd) ? HP_POLL_CLOSED : 0u);
}

static unsigned ready_of(const struct hp_slot *slot, const struct hp_kevent *event) {
    if (slot->kind != HP_POLL_DESCRIPTOR) return HP_POLL_READABLE;
    const unsigned asked =
        (slot->interest & READY) | (slot->interest & HP_POLL_READABLE ? HP_POLL_READ_CLOSED : 0u);
    const unsigned plain = event->filter == KEV_WRITE ? HP_POLL_WRITABLE : HP_POLL_READABLE;
    const unsigned ended = event->flags & KEV_EOF ? end_of(slot, event) : 0;
    return (plain | ended) & (asked | HP_POLL_ERROR | HP_POLL_CLOSED);
}

/* An end stays an end: on an edge that stands for a level it is looked for again. */
static void keep_level(const struct hp_poller *poller, const struct hp_slot *slot,
                       const struct hp_kevent *event) {
    const unsigned modes = HP_POLL_EDGE | HP_POLL_ONESHOT | HP_POLL_READABLE;
    if (slot->kind != HP_POLL_DESCRIPTOR || slot->interest & modes) return;
    if (event->filter != KEV_READ || !(event->flags & KEV_EOF)) return;
    arm(poller, slot, event->udata);
}

/* slot->link says where in a batch the other half may be. */
static void put(struct hp_batch *batch, struct hp_slot *slot, hp_token token, unsigned ready) {
    if (slot->link < batch->count && batch->room[slot->link].token == token) {
        batch->room[slot->link].ready |= ready;
        return;
    }
    if (slot->interest & HP_POLL_SPENT) return;
    if (slot->interest & HP_POLL_ONESHOT) slot->interest |= HP_POLL_SPENT;
    slot->link = batch->count;
    hp_batch_put(batch, token, ready);
    batch->room[slot->link].value = slot->number;
}

static void harvest(struct hp_poller *poller, struct hp_batch *batch,
                    const struct hp_kevent *event) {
    if (event->udata == HP_POLL_WAKER) {
        hp_batch_put_wake(batch);
        return;
    }
    struct hp_slot *slot = hp_slot_find(poller, event->udata);
    if (!slot) {
        hp_poll_count(&hp_poll_counters.stale, 1);
        return;
    }
    const unsigned ready = ready_of(slot, event);
    if (!ready) return;
    keep_level(poller, slot, event);
    put(batch, slot, event->udata, ready);
}

static int wait(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    struct hp_kevent events[FOUND_MOST];
    const unsigned room = batch->capacity - batch->count;
    const int most = room < FOUND_MOST ? (int)room : FOUND_MOST;
    const int found = hp_sys_kevent(poller->fd, 0, 0, events, most, deadline);
    if (found <= 0) return found;
    hp_lock(&poller->lock);
    for (int i = 0; i < found; i++) harvest(poller, batch, &events[i]);
    hp_unlock(&poller->lock);
    return 0;
}

const struct hp_poll_backend hp_poll_kqueue = {
    .name = "kqueue",
    .modes = HP_POLL_EDGE | HP_POLL_ONESHOT | HP_POLL_EXCLUSIVE,
    .open = open_kqueue,
    .close = close_kqueue,
    .source = 0,
    .take = 0,
    .add = add,
    .modify = modify,
    .remove = remove,
    .wait = wait,
};
