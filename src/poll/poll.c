/* SPDX-License-Identifier: MIT */
/* The poll(2) back end, for where a sandbox has no epoll. One thread waits for all and the others
 * queue behind it. The set is made afresh for each call, which costs what the call itself costs, so
 * that nothing has to be kept in step; a change while the thread sleeps rings. */
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
    WATCHED_MOST = 1 << 26 /* numbers of descriptors: fs.nr_open is less */
};

static int reserve(struct hp_arena *arena, size_t count, size_t size) {
    const struct hp_arena_request request = {.space = {.size = count * size}};
    return hp_arena_open(arena, &request);
}

static void close_set(struct hp_poller *poller) {
    struct hp_poll_set *set = &poller->set;
    struct hp_arena *arenas[] = {&set->members, &set->watched, &set->entries, &set->tokens};
    for (size_t i = 0; i < HP_COUNT(arenas); i++)
        if (arenas[i]->region.size) hp_arena_close(arenas[i]);
}

static int open_set(struct hp_poller *poller) {
    struct hp_poll_set *set = &poller->set;
    const size_t most = (size_t)poller->capacity + 1;
    *set = (struct hp_poll_set){.asleep = false};
    poller->fd = -1;
    int answer = reserve(&set->members, most, sizeof(uint32_t));
    if (answer == 0) answer = reserve(&set->watched, WATCHED_MOST, 1);
    if (answer == 0) answer = reserve(&set->entries, most, sizeof(struct pollfd));
    if (answer == 0) answer = reserve(&set->tokens, most, sizeof(hp_token));
    if (answer < 0)
        close_set(poller);
    else
        hp_poll_count(&hp_poll_counters.opened_poll, 1);
    return answer;
}

/* ---- Changes: the poller is locked ----------------------------------------------------------- */

/* Files and directories are always ready, and epoll refuses them. Where the kernel does not tell
 * (before 4.11) they are taken. */
static int refuse_files(int fd) {
    union {
        uint16_t halves[128];
        uint64_t whole[32];
    } kind; /* struct statx, which a C library may be too old to name */
    enum { TYPE_ONLY = 1, MODE_AT = 14 };
    const int answer = hp_sys_statx(fd, "", AT_EMPTY_PATH, TYPE_ONLY, &kind);
    if (fd < 0 || answer == -EBADF) return -EBADF;
    const unsigned mode = kind.halves[MODE_AT];
    return answer == 0 && (S_ISREG(mode) || S_ISDIR(mode)) ? -EPERM : 0;
}

/* At least this much has been taken of the arena, whose memory reads zero. */
static int grow(struct hp_arena *arena, size_t size) {
    const size_t have = hp_arena_mark(arena);
    void *at;
    if (have >= size) return 0;
    const size_t most = arena->region.size - have, more = size - have > have ? size - have : have;
    const int answer = hp_arena_take(arena, more < most ? more : most, 0, &at);
    return answer < 0 ? answer : size > have + most ? -ENOSPC : 0;
}

static uint32_t *members_of(const struct hp_poller *poller) {
    return (uint32_t *)poller->set.members.region.base;
}

static unsigned char *watched(const struct hp_poller *poller, int fd) {
    return poller->set.watched.region.base + fd;
}

static void ring_sleeper(struct hp_poller *poller) {
    if (poller->set.asleep) hp_poll_ring(poller, HP_WAKE_INTERNAL);
}

static int add(struct hp_poller *poller, struct hp_slot *slot, hp_token token) {
    struct hp_poll_set *set = &poller->set;
    if (token == HP_POLL_WAKER) return 0;
    int answer = slot->kind == HP_POLL_DESCRIPTOR ? refuse_files(slot->fd) : 0;
    if (answer == 0) answer = grow(&set->watched, (size_t)slot->fd + 1);
    if (answer == 0) answer = grow(&set->members, ((size_t)set->count + 1) * sizeof(uint32_t));
    if (answer < 0) return answer;
    if (*watched(poller, slot->fd)) return -EEXIST;
    *watched(poller, slot->fd) = 1;
    slot->link = set->count;
    members_of(poller)[set->count++] = hp_token_slot(token);
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
    const uint32_t last = members_of(poller)[--poller->set.count];
    members_of(poller)[slot->link] = last;
    poller->slot[last].link = slot->link;
    *watched(poller, slot->fd) = 0;
    ring_sleeper(poller);
    return 0;
}

/* ---- Waiting: one thread at a time ----------------------------------------------------------- */

static short events_of(unsigned interest) {
    return (short)((interest & READY) | (interest & HP_POLL_READABLE ? POLLRDHUP : 0));
}

/* The waker is the first entry. How many, or an error. */
static int gather(struct hp_poller *poller) {
    struct hp_poll_set *set = &poller->set;
    const size_t most = (size_t)set->count + 1;
    int answer = grow(&set->entries, most * sizeof(struct pollfd));
    if (answer == 0) answer = grow(&set->tokens, most * sizeof(hp_token));
    if (answer < 0) return answer;
    struct pollfd *entries = (struct pollfd *)set->entries.region.base;
    hp_token *tokens = (hp_token *)set->tokens.region.base;
    int count = 0;
    entries[count] = (struct pollfd){poller->waker_slot.fd, POLLIN, 0};
    tokens[count++] = HP_POLL_WAKER;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct hp_slot *slot = &poller->slot[members_of(poller)[i]];
        if (slot->interest & HP_POLL_SPENT) continue;
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
        if (!slot || slot->interest & HP_POLL_SPENT) return;
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
