/* SPDX-License-Identifier: MIT */
/* The poll(2) back end, for where a sandbox has no epoll. One thread waits for all and the others
 * queue behind it. The set is made afresh from the slots for each call, which costs what the call
 * itself costs, so that nothing has to be kept in step; a change while the thread sleeps rings. */
#include <fcntl.h>
#include <hardpan/sys.h>
#include <poll.h>
#include <sys/stat.h>

#include "source.h"

_Static_assert(HP_POLL_READABLE == POLLIN && HP_POLL_PRIORITY == POLLPRI &&
                   HP_POLL_WRITABLE == POLLOUT && HP_POLL_ERROR == POLLERR &&
                   HP_POLL_CLOSED == POLLHUP && HP_POLL_READ_CLOSED == POLLRDHUP,
               "what is found is handed on as it is");

enum {
    READY = POLLIN | POLLPRI | POLLOUT | POLLRDHUP,
    FOUND = READY | POLLERR | POLLHUP,
    OWNERS_MOST = 1 << 26 /* numbers of descriptors: fs.nr_open is less */
};

static int open_set(struct hp_poller *poller) {
    struct hp_poll_set *set = &poller->set;
    const size_t most = (size_t)poller->capacity + 1;
    const size_t owners = OWNERS_MOST < most * 16 ? OWNERS_MOST : most * 16;
    const struct hp_arena_request entries = {.space = {.size = most * sizeof(struct pollfd)}},
                                  tokens = {.space = {.size = most * sizeof(hp_token)}},
                                  owned = {.space = {.size = owners * sizeof(uint32_t)}};
    *set = (struct hp_poll_set){.asleep = false};
    int answer = hp_arena_open(&set->entries, &entries);
    if (answer >= 0) answer = hp_arena_open(&set->tokens, &tokens);
    if (answer >= 0) answer = hp_arena_open(&set->owners, &owned);
    if (answer >= 0) {
        poller->fd = -1;
        hp_poll_count(&hp_poll_counters.opened_poll, 1);
        return 0;
    }
    if (set->entries.region.size) hp_arena_close(&set->entries);
    if (set->tokens.region.size) hp_arena_close(&set->tokens);
    return answer;
}

static void close_set(struct hp_poller *poller) {
    hp_arena_close(&poller->set.entries);
    hp_arena_close(&poller->set.tokens);
    hp_arena_close(&poller->set.owners);
}

/* ---- Changes: the poller is locked ----------------------------------------------------------- */

/* Files and directories are always ready, and epoll refuses them. Where the kernel does not tell
 * (before 4.11) they are taken. */
static int refuse_files(int fd) {
    struct statx kind;
    const int answer = hp_sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &kind);
    if (answer == -EBADF) return answer;
    return answer == 0 && (S_ISREG(kind.stx_mode) || S_ISDIR(kind.stx_mode)) ? -EPERM : 0;
}

static bool is_owner(const struct hp_poller *poller, uint32_t index, int fd) {
    const struct hp_slot *slot = &poller->slot[index];
    return hp_slot_is_live(slot) && slot->kind != HP_POLL_TIMER && slot->fd == fd;
}

/* Whose the descriptor is: one more than the slot, by its number; 0 for nobody's. */
static int owner_of(struct hp_poller *poller, int fd, uint32_t **owner) {
    struct hp_arena *owners = &poller->set.owners;
    const size_t have = hp_arena_mark(owners) / sizeof **owner;
    void *at;
    if ((size_t)fd >= have) {
        const size_t more = (size_t)fd + 1 - have > have ? (size_t)fd + 1 - have : have;
        const size_t left = owners->region.size / sizeof **owner - have;
        if ((size_t)fd + 1 - have > left) return -ENOSPC;
        const int answer = hp_arena_take(owners, (more < left ? more : left) * sizeof **owner,
                                         sizeof **owner, &at);
        if (answer < 0) return answer;
    }
    *owner = (uint32_t *)owners->region.base + fd;
    return 0;
}

static void ring_sleeper(struct hp_poller *poller) {
    if (poller->set.asleep) hp_poll_ring(poller, HP_WAKE_INTERNAL);
}

static int add(struct hp_poller *poller, struct hp_slot *slot, hp_token token) {
    uint32_t *owner;
    if (token == HP_POLL_WAKER) return 0;
    int answer = slot->kind == HP_POLL_DESCRIPTOR ? refuse_files(slot->fd) : 0;
    if (answer == 0) answer = owner_of(poller, slot->fd, &owner);
    if (answer < 0) return answer;
    if (*owner && is_owner(poller, *owner - 1, slot->fd)) return -EEXIST;
    *owner = hp_token_slot(token) + 1;
    ring_sleeper(poller);
    return 0;
}

static int modify(struct hp_poller *poller, struct hp_slot *slot, hp_token token,
                  unsigned interest) {
    (void)slot, (void)token, (void)interest;
    ring_sleeper(poller);
    return 0;
}

static int remove(struct hp_poller *poller, struct hp_slot *slot) {
    ((uint32_t *)poller->set.owners.region.base)[slot->fd] = 0;
    ring_sleeper(poller);
    return 0;
}

/* ---- Waiting: one thread at a time ----------------------------------------------------------- */

static int grow(struct hp_arena *arena, size_t size) {
    const size_t have = hp_arena_mark(arena);
    void *at;
    if (have >= size) return 0;
    const size_t more = size - have;
    const int answer = hp_arena_take(arena, more, 0, &at);
    return answer < 0 ? answer : 0;
}

static short events_of(unsigned interest) {
    return (short)((interest & READY) | (interest & HP_POLL_READABLE ? POLLRDHUP : 0));
}

static bool is_armed(const struct hp_slot *slot) {
    return hp_slot_is_live(slot) && slot->kind != HP_POLL_TIMER &&
           !(slot->interest & HP_POLL_SPENT);
}

/* The waker is the first entry. How many, or an error. */
static int gather(struct hp_poller *poller) {
    struct hp_poll_set *set = &poller->set;
    const size_t most = (size_t)poller->registered + 1;
    int answer = grow(&set->entries, most * sizeof(struct pollfd));
    if (answer == 0) answer = grow(&set->tokens, most * sizeof(hp_token));
    if (answer < 0) return answer;
    struct pollfd *entries = (struct pollfd *)set->entries.region.base;
    hp_token *tokens = (hp_token *)set->tokens.region.base;
    int count = 0;
    entries[count] = (struct pollfd){poller->waker_slot.fd, POLLIN, 0};
    tokens[count++] = HP_POLL_WAKER;
    for (uint32_t i = 0; i < poller->slots; i++) {
        const struct hp_slot *slot = &poller->slot[i];
        if (!is_armed(slot)) continue;
        entries[count] = (struct pollfd){slot->fd, events_of(slot->interest), 0};
        tokens[count++] = hp_slot_token(poller, slot);
    }
    set->asleep = true;
    return count;
}

/* A ONESHOT is spent here, while no other thread can find it too. POLLNVAL, of a descriptor that
 * was closed and not removed, is nothing, as it is to epoll. */
static void harvest(struct hp_poller *poller, struct hp_batch *batch, uint32_t index) {
    const struct pollfd *entry = (struct pollfd *)poller->set.entries.region.base + index;
    const hp_token token = ((hp_token *)poller->set.tokens.region.base)[index];
    if (!(entry->revents & FOUND)) return;
    if (token != HP_POLL_WAKER) {
        struct hp_slot *slot = hp_slot_find(poller, token);
        if (!slot || !is_armed(slot)) return;
        if (slot->interest & HP_POLL_ONESHOT) slot->interest |= HP_POLL_SPENT;
    }
    hp_batch_put(batch, token, (unsigned)entry->revents & FOUND);
}

static void harvest_all(struct hp_poller *poller, struct hp_batch *batch, uint32_t count) {
    const uint32_t start = poller->set.start < count ? poller->set.start : 0;
    for (uint32_t n = 0; n < count && batch->count < batch->capacity; n++) {
        const uint32_t index = (start + n) % count;
        harvest(poller, batch, index);
        poller->set.start = index + 1;
    }
}

static int gather_locked(struct hp_poller *poller) {
    hp_lock(&poller->lock);
    const int count = gather(poller);
    hp_unlock(&poller->lock);
    return count;
}

static int wait_for_all(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    const int count = gather_locked(poller);
    if (count < 0) return count;
    struct pollfd *entries = (struct pollfd *)poller->set.entries.region.base;
    const int found = hp_sys_poll(entries, (size_t)count, deadline);
    hp_lock(&poller->lock);
    poller->set.asleep = false;
    if (found > 0) harvest_all(poller, batch, (uint32_t)count);
    hp_unlock(&poller->lock);
    return found < 0 ? found : 0;
}

static int wait(struct hp_poller *poller, struct hp_batch *batch, hp_deadline deadline) {
    if (!hp_lock_until(&poller->set.turn, deadline)) return 0;
    const int answer = wait_for_all(poller, batch, deadline);
    hp_unlock(&poller->set.turn);
    return answer;
}

const struct hp_poll_backend hp_poll_poll = {
    .name = "poll",
    .modes = HP_POLL_ONESHOT | HP_POLL_EXCLUSIVE,
    .open = open_set,
    .close = close_set,
    .source = hp_source_open,
    .take = hp_source_take,
    .add = add,
    .modify = modify,
    .remove = remove,
    .wait = wait,
};
