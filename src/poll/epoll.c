/* SPDX-License-Identifier: MIT */
/* The epoll back end: the kernel carries the token with each event. epoll_create1, and where a
 * filter knows only the call before it, epoll_create under the fork lock. */
#include <fcntl.h>
#include <hardpan/sys.h>
#include <string.h>
#include <sys/epoll.h>

#include "poll.h"
#include "source.h"

#define IS(ours, theirs) ((int)(ours) == (int)(theirs))
_Static_assert(IS(HP_POLL_READABLE, EPOLLIN) && IS(HP_POLL_PRIORITY, EPOLLPRI) &&
                   IS(HP_POLL_WRITABLE, EPOLLOUT) && IS(HP_POLL_ERROR, EPOLLERR) &&
                   IS(HP_POLL_CLOSED, EPOLLHUP) && IS(HP_POLL_READ_CLOSED, EPOLLRDHUP),
               "what is found is handed on as it is");
_Static_assert(sizeof(struct epoll_event) <= sizeof(struct hp_event), "the kernel's fit in ours");

enum { READY = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP };

static int create_then_mark(void) {
    hp_lock(&hp_fork_lock);
    int fd = hp_sys_epoll_create(1);
    const int answer = fd < 0 ? fd : hp_sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (fd >= 0 && answer < 0) {
        hp_sys_close(fd);
        fd = answer;
    }
    hp_unlock(&hp_fork_lock);
    return fd;
}

static int create(void) {
    if (hp_poll_has(HP_POLL_HAS_CREATE1)) {
        const int fd = hp_sys_epoll_create1(0);
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

static int open_epoll(struct hp_poller *poller) {
    if (!hp_poll_has(HP_POLL_HAS_EPOLL)) return -ENOSYS;
    poller->fd = create();
    if (hp_poll_is_refusal(poller->fd)) hp_poll_lack(HP_POLL_HAS_EPOLL);
    return poller->fd < 0 ? poller->fd : 0;
}

static void close_epoll(struct hp_poller *poller) { hp_sys_close(poller->fd); }

/* Half-close comes with the interest in reading, where the kernel takes it along. */
static uint32_t events_of(unsigned interest) {
    uint32_t events = interest & READY;
    if (interest & HP_POLL_READABLE && !(interest & HP_POLL_EXCLUSIVE)) events |= EPOLLRDHUP;
    if (interest & HP_POLL_EDGE) events |= EPOLLET;
    if (interest & HP_POLL_ONESHOT) events |= EPOLLONESHOT;
    if (interest & HP_POLL_EXCLUSIVE) events |= EPOLLEXCLUSIVE;
    return events;
}

static int control(const struct hp_poller *poller, int operation, int fd, unsigned interest,
                   hp_token token) {
    struct epoll_event event = {.events = events_of(interest), .data.u64 = token};
    return hp_sys_epoll_ctl(poller->fd, operation, fd, &event);
}

static int add(struct hp_poller *poller, struct hp_slot *slot, hp_token token) {
    return control(poller, EPOLL_CTL_ADD, slot->fd, slot->interest, token);
}

static int modify(struct hp_poller *poller, struct hp_slot *slot, hp_token token,
                  unsigned interest) {
    return control(poller, EPOLL_CTL_MOD, slot->fd, interest, token);
}

static int remove(struct hp_poller *poller, struct hp_slot *slot) {
    return control(poller, EPOLL_CTL_DEL, slot->fd, 0, 0);
}

/* The kernel writes its own events at the end of the room, and they become ours from the front:
 * none is written over before it is read, for ours are no smaller. */
static int wait(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    const unsigned room = batch->capacity - batch->count;
    const char *at = (char *)(batch->room + batch->capacity) - room * sizeof(struct epoll_event);
    const int found = hp_sys_epoll_wait(poller->fd, (struct epoll_event *)at, (int)room, deadline);
    for (int i = 0; i < found; i++) {
        struct epoll_event event;
        memcpy(&event, at + (size_t)i * sizeof event, sizeof event);
        hp_batch_put(batch, event.data.u64, event.events);
    }
    return found < 0 ? found : 0;
}

const struct hp_poll_backend hp_poll_epoll = {
    .name = "epoll",
    .modes = HP_POLL_EDGE | HP_POLL_ONESHOT | HP_POLL_EXCLUSIVE,
    .open = open_epoll,
    .close = close_epoll,
    .source = hp_source_open,
    .take = hp_source_take,
    .add = add,
    .modify = modify,
    .remove = remove,
    .wait = wait,
};
