/* SPDX-License-Identifier: MIT */
/* What is done to an allocator that stands on hardpan: threads allocate blocks of all sizes into
 * one table and free what lay there, most of it another thread's; each block is checked at both
 * ends. */
#ifndef CLIENT_H
#define CLIENT_H

#include "vm_test.h"

#include <pthread.h>

enum { CLIENT_THREADS = 4, CLIENT_SLOTS = 8192, CLIENT_BLOCK_LEAST = 24, CLIENT_PAUSE = 1 << 15 };

struct client {
    void *(*take)(size_t size);
    void (*give)(void *block);
    bool (*is_ours)(const void *block);
    void (*enter)(void); /* a thread begins, ends, and from time to time while it runs */
    void (*leave)(void);
    void (*rest)(void);
};

static const struct client *client;
static unsigned char *client_blocks[CLIENT_SLOTS];
static unsigned client_lack;
static uint64_t client_seed, client_share, client_done, client_wrong;

/* An allocator's hooks may not allocate: no stdio here. */
static inline void wrong(const char *what) {
    char line[160];
    if (__atomic_add_fetch(&client_wrong, 1, __ATOMIC_RELAXED) > 10) return;
    const int length = snprintf(line, sizeof line, "wrong: %s\n", what);
    if (write(1, line, (size_t)length) < 0) _exit(2);
}
#define RIGHT(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) wrong(#condition);                                                       \
    } while (0)

static inline uint64_t client_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* Most are small, some are pages, few are large enough to be mapped alone. */
static inline size_t client_size(uint64_t random) {
    const uint64_t kind = random % 512, size = random >> 9;
    if (kind == 0) return CLIENT_BLOCK_LEAST + size % (2 * MIB);
    return CLIENT_BLOCK_LEAST + size % (kind < 16 ? 32 * KIB : 512);
}

/* size, mark, ..., ~mark */
static inline void client_mark(unsigned char *block, uint64_t size) {
    const uint64_t mark = (size ^ (uintptr_t)block) * 0x9e3779b97f4a7c15u, end = ~mark;
    memcpy(block, &size, 8);
    memcpy(block + 8, &mark, 8);
    memcpy(block + size - 8, &end, 8);
}

static inline void client_drop(unsigned char *block) {
    uint64_t size, mark, end;
    memcpy(&size, block, 8);
    memcpy(&mark, block + 8, 8);
    RIGHT(mark == (size ^ (uintptr_t)block) * 0x9e3779b97f4a7c15u);
    if (mark != (size ^ (uintptr_t)block) * 0x9e3779b97f4a7c15u) return;
    memcpy(&end, block + size - 8, 8);
    RIGHT(end == ~mark);
    client->give(block);
}

static inline unsigned char *client_make(size_t size) {
    unsigned char *block = client->take(size);
    RIGHT(block && client->is_ours(block) && client->is_ours(block + size - 1));
    if (block) client_mark(block, size);
    return block;
}

/* One turn frees and, three times in four, allocates. */
static inline unsigned client_turn(uint64_t *seed) {
    const uint64_t random = client_random(seed);
    unsigned char *fresh = random & 3 ? client_make(client_size(client_random(seed))) : 0;
    unsigned char *old =
        __atomic_exchange_n(&client_blocks[(random >> 8) % CLIENT_SLOTS], fresh, __ATOMIC_ACQ_REL);
    if (old) client_drop(old);
    return (unsigned)(fresh != 0) + (unsigned)(old != 0);
}

static inline void *client_thread(void *argument) {
    uint64_t seed = client_seed * 2654435761u + (uintptr_t)argument, done = 0;
    client->enter();
    for (uint64_t turn = 1; done < client_share; turn++) {
        done += client_turn(&seed);
        if (turn % CLIENT_PAUSE == 0) client->rest();
    }
    client->leave();
    __atomic_fetch_add(&client_done, done, __ATOMIC_RELAXED);
    return 0;
}

/* Allocations and frees by all threads; the table is empty afterwards. */
static inline void client_stress(const struct client *on, uint64_t operations) {
    pthread_t threads[CLIENT_THREADS];
    client = on;
    client_share = operations / CLIENT_THREADS;
    for (uintptr_t i = 0; i < CLIENT_THREADS; i++)
        MUST(pthread_create(&threads[i], 0, client_thread, (void *)(i + 1)) == 0);
    for (size_t i = 0; i < CLIENT_THREADS; i++) pthread_join(threads[i], 0);
    for (size_t i = 0; i < CLIENT_SLOTS; i++)
        if (client_blocks[i]) client_drop(client_blocks[i]);
    memset(client_blocks, 0, sizeof client_blocks);
}

/* "none", or names of hp_vm_has_name with commas between: what this kernel is to lack. */
static inline unsigned client_lacks(const char *names) {
    unsigned lacks = 0;
    for (const char *name = names; strcmp(names, "none") != 0 && *name;) {
        const size_t length = strcspn(name, ",");
        unsigned bit = 1;
        while (hp_vm_has_name(bit) && (strlen(hp_vm_has_name(bit)) != length ||
                                       strncmp(hp_vm_has_name(bit), name, length) != 0))
            bit <<= 1;
        MUST(hp_vm_has_name(bit));
        lacks |= bit;
        name += length + (name[length] == ',');
    }
    return lacks;
}

/* HP_LONG=1: a hundred million; HP_SEED=n: that seed again. */
static inline uint64_t client_begin(const char *names) {
    const char *seed = getenv("HP_SEED");
    client_lack = client_lacks(names);
    client_seed = seed ? strtoull(seed, 0, 0) : (uint64_t)getpid() * 1000003u + 17;
    printf("without: %s; HP_SEED=%llu\n", names, (unsigned long long)client_seed);
    fflush(stdout);
    hp_vm_force(client_lack);
    return getenv("HP_LONG") ? 100000000 : 1000000;
}

#endif
