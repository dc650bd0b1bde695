/* SPDX-License-Identifier: MIT */
/* jemalloc on hardpan: client_jemalloc one|many WITHOUT
 *
 *   one   the hooks of example/jemalloc_hooks.h, on one reservation
 *   many  a region for each extent jemalloc asks for, placed where it wants it, split and released
 *         in parts as it frees them
 * Before a hook does anything, what jemalloc asks is compared with a byte for each page that says
 * what state the page is in: a commit of what is committed would be seen here. */
#include "client.h"

#include "../../example/jemalloc_hooks.h"

#define WINDOW ((size_t)64 << 30)
enum { CHUNKS = 16384, NONE = 0, RESERVED = 1, READY = 2, REFUSE_EVERY = 8, KEEP_EVERY = 16 };

static struct heap heap; /* of "one"; of "many", its region is where chunks may lie */
static bool many, ending;
static unsigned arena;
static unsigned char *states; /* of the window's pages */

static struct {
    uint64_t alloc, dalloc, commit, decommit, purge_lazy, purge_forced_only, split, merge, kept;
} calls;
#define COUNT(what) __atomic_add_fetch(&calls.what, 1, __ATOMIC_RELAXED)

/* ---- What state each page is in ---- */

static bool within(const void *at, size_t size) {
    const uintptr_t offset = (uintptr_t)at - (uintptr_t)heap.region.base;
    return offset < WINDOW && size <= WINDOW - offset && size;
}

static bool all_are(const void *at, size_t size, int state) {
    const size_t first = (uintptr_t)((const unsigned char *)at - heap.region.base) / page();
    if (!within(at, size)) return false;
    for (size_t i = 0; i < size / page(); i++)
        if (states[first + i] != state) return false;
    return true;
}

static void set(const void *at, size_t size, int state) {
    const size_t first = (uintptr_t)((const unsigned char *)at - heap.region.base) / page();
    memset(states + first, state, size / page());
}

/* ---- "many": a table of regions. Verbs run at once; what moves a region's ends runs alone ---- */

static struct hp_vm_region chunks[CHUNKS];
static size_t chunk_count;
static pthread_rwlock_t chunk_lock = PTHREAD_RWLOCK_INITIALIZER;

static struct hp_vm_region *chunk_of(const void *at) {
    for (size_t i = 0; i < chunk_count; i++)
        if ((uintptr_t)at - (uintptr_t)chunks[i].base < chunks[i].size) return &chunks[i];
    return 0;
}

static struct hp_vm_region *free_chunk(void) {
    for (size_t i = 0; i < chunk_count; i++)
        if (!chunks[i].size) return &chunks[i];
    MUST(chunk_count < CHUNKS);
    return &chunks[chunk_count++];
}

static void add_chunk(const struct hp_vm_region *region) {
    pthread_rwlock_wrlock(&chunk_lock);
    *free_chunk() = *region;
    pthread_rwlock_unlock(&chunk_lock);
}

/* A verb's range lies in one region: two extents in a row can be one when their regions are. */
static bool join_chunks(const void *a, const void *b) {
    pthread_rwlock_wrlock(&chunk_lock);
    struct hp_vm_region *first = chunk_of(a), *second = chunk_of(b);
    const bool failed = !first || !second || (first != second && hp_vm_join(first, second) < 0);
    pthread_rwlock_unlock(&chunk_lock);
    return failed;
}

/* Cuts [at, at + size) out of its region and releases it. */
static int release(unsigned char *at, size_t size) {
    struct hp_vm_region *chunk = chunk_of(at), part, rest;
    if (!chunk || size > chunk->size - (size_t)(at - chunk->base)) return -EFAULT;
    if (at == chunk->base) {
        part = *chunk;
        *chunk = (struct hp_vm_region){0};
    } else {
        RIGHT(hp_vm_split(chunk, (size_t)(at - chunk->base), &part) == 0);
    }
    if (size < part.size) {
        RIGHT(hp_vm_split(&part, size, &rest) == 0);
        *free_chunk() = rest;
    }
    return hp_vm_release(&part);
}

static int locked_release(unsigned char *at, size_t size) {
    pthread_rwlock_wrlock(&chunk_lock);
    const int answer = release(at, size);
    pthread_rwlock_unlock(&chunk_lock);
    return answer;
}

static unsigned no_rung(void) {
    return has() & (HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM) ? 0 : HP_VM_RACE_OK;
}

/* Without the text of /proc/self/maps a gap is looked for a page at a time, in 16 million pages:
 * then the next place in a row is asked for. */
static void *next_place(void *wish, size_t size, size_t align) {
    bool zero, none = false;
    if (wish || has() & HP_VM_HAS_MAPS) return wish;
    return heap_alloc(&heap.hooks, 0, size, align, &zero, &none, 0);
}

/* HP_VM_RACE_OK means what it says: without this lock two threads were seen to get one place. */
static pthread_mutex_t one_racer = PTHREAD_MUTEX_INITIALIZER;

static int reserve_or_place(const struct hp_vm_request *request, void *wish,
                            struct hp_vm_region *region) {
    if (request->flags) pthread_mutex_lock(&one_racer);
    const int answer = wish ? hp_vm_place(wish, request->size, request->flags, region)
                            : hp_vm_reserve(request, region);
    if (request->flags) pthread_mutex_unlock(&one_racer);
    return answer;
}

static void *reserve_chunk(void *wish, size_t size, size_t align) {
    const uintptr_t low = (uintptr_t)heap.region.base;
    const struct hp_vm_request request = {
        .size = size, .align = align, .low = low, .high = low + WINDOW, .flags = no_rung()};
    struct hp_vm_region region;
    if (wish && !within(wish, size)) return 0;
    wish = next_place(wish, size, align);
    const int answer = reserve_or_place(&request, wish, &region);
    RIGHT(answer == 0 || (wish && answer == -EEXIST));
    if (answer < 0) return 0;
    RIGHT(region.size == size && (!wish || region.base == wish) && within(region.base, size));
    add_chunk(&region);
    return region.base;
}

/* ---- The hooks, watched ---- */

typedef int vm_verb(struct hp_vm_region *region, void *at, size_t size);

static int commit(struct hp_vm_region *region, void *at, size_t size) {
    return hp_vm_commit(region, at, size, 0);
}

static int decommit(struct hp_vm_region *region, void *at, size_t size) {
    return hp_vm_decommit(region, at, size, HP_VM_HARD);
}

static int purge(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_decommit(region, at, size, 0);
    return answer < 0 ? answer : hp_vm_commit(region, at, size, 0);
}

static bool run(vm_verb *verb, void *at, size_t size) {
    pthread_rwlock_rdlock(&chunk_lock);
    struct hp_vm_region *region = chunk_of(at);
    const bool failed = !region || verb(region, at, size) < 0;
    pthread_rwlock_unlock(&chunk_lock);
    return failed;
}

/* The hook of the example, or the verb on the region of the table. */
#define WATCHED(name, hook, verb, from, to, refuse)                                                \
    static bool watched_##name(extent_hooks_t *hooks, void *extent, size_t size, size_t offset,    \
                               size_t length, unsigned index) {                                    \
        unsigned char *at = (unsigned char *)extent + offset;                                      \
        RIGHT(offset + length <= size && all_are(at, length, from));                               \
        if (COUNT(name) % (refuse) == 0) return true;                                              \
        RIGHT(!(many ? run(verb, at, length) : hook(hooks, extent, size, offset, length, index))); \
        set(at, length, to);                                                                       \
        return false;                                                                              \
    }
WATCHED(commit, heap_commit, commit, RESERVED, READY, UINT64_MAX)
WATCHED(decommit, heap_decommit, decommit, READY, RESERVED, REFUSE_EVERY)
WATCHED(purge_lazy, heap_purge_lazy, hp_vm_discard, READY, READY, UINT64_MAX)
WATCHED(purge_forced_only, heap_purge_forced, purge, READY, READY, UINT64_MAX)

static bool watched_purge_forced(extent_hooks_t *hooks, void *extent, size_t size, size_t offset,
                                 size_t length, unsigned index) {
    const unsigned char *at = (unsigned char *)extent + offset;
    const bool failed = watched_purge_forced_only(hooks, extent, size, offset, length, index);
    RIGHT(at[0] == 0 && at[length / 2] == 0 && at[length - 1] == 0);
    return failed;
}

static void *watched_alloc(extent_hooks_t *hooks, void *wish, size_t size, size_t align, bool *zero,
                           bool *commit, unsigned index) {
    bool none = false;
    COUNT(alloc);
    void *at = many ? reserve_chunk(wish, size, align)
                    : heap_alloc(hooks, wish, size, align, zero, &none, index);
    if (!at) return 0;
    RIGHT((uintptr_t)at % align == 0 && all_are(at, size, NONE));
    set(at, size, RESERVED);
    *zero = true;
    if (*commit) watched_commit(hooks, at, size, 0, size, index);
    return at;
}

static bool watched_dalloc(extent_hooks_t *hooks, void *at, size_t size, bool committed,
                           unsigned index) {
    (void)hooks, (void)index;
    RIGHT(all_are(at, size, committed ? READY : RESERVED));
    if (!many || (!ending && COUNT(kept) % KEEP_EVERY == 0)) return true;
    COUNT(dalloc);
    set(at, size, NONE);
    RIGHT(locked_release(at, size) == 0);
    return false;
}

static void watched_destroy(extent_hooks_t *hooks, void *at, size_t size, bool committed,
                            unsigned index) {
    RIGHT(ending);
    if (many) watched_dalloc(hooks, at, size, committed, index);
}

static bool watched_split(extent_hooks_t *hooks, void *at, size_t size, size_t head, size_t tail,
                          bool committed, unsigned index) {
    COUNT(split);
    RIGHT(head + tail == size && all_are(at, size, committed ? READY : RESERVED));
    return heap_split(hooks, at, size, head, tail, committed, index);
}

static bool watched_merge(extent_hooks_t *hooks, void *a, size_t a_size, void *b, size_t b_size,
                          bool committed, unsigned index) {
    COUNT(merge);
    RIGHT((unsigned char *)a + a_size == b);
    RIGHT(all_are(a, a_size + b_size, committed ? READY : RESERVED));
    if (many) RIGHT(!join_chunks(a, b));
    return heap_merge(hooks, a, a_size, b, b_size, committed, index);
}

static const extent_hooks_t watched_hooks = {
    watched_alloc,      watched_dalloc,       watched_destroy, watched_commit, watched_decommit,
    watched_purge_lazy, watched_purge_forced, watched_split,   watched_merge};

/* ---- The client ---- */

static void control(const char *what, void *value, size_t size) {
    char name[64];
    snprintf(name, sizeof name, what, arena);
    if (mallctl(name, 0, 0, value, size)) wrong(name);
}

static void use_arena(unsigned which) { control("thread.arena", &which, sizeof which); }

static void enter(void) { use_arena(arena); }
static void leave(void) {
    control("thread.tcache.flush", 0, 0);
    use_arena(0);
}

static void rest(void) {
    control("thread.tcache.flush", 0, 0);
    control("arena.%u.decay", 0, 0);
}

static void *take(size_t size) { return mallocx(size, 0); }
static void give(void *block) { dallocx(block, 0); }
static bool is_ours(const void *block) { return within(block, 1); }

static void create_arena(void) {
    extent_hooks_t *hooks = &heap.hooks;
    size_t size = sizeof arena;
    ssize_t soon = 1; /* milliseconds */
    heap.hooks = watched_hooks;
    MUST(mallctl("arenas.create", &arena, &size, &hooks, sizeof hooks) == 0);
    control("arena.%u.dirty_decay_ms", &soon, sizeof soon);
    control("arena.%u.muzzy_decay_ms", &soon, sizeof soon);
}

/* In "many" the window is given back at once: it was only to find a place that is free, and where
 * nobody else's mappings come to lie. */
static void open_window(void) {
    const struct hp_vm_request request = {.size = WINDOW, .low = WINDOW, .high = 64 * WINDOW};
    hp_vm_force(0);
    MUST(hp_vm_reserve(&request, &heap.region) == 0);
    hp_vm_force(client_lack);
    struct hp_vm_region window = heap.region;
    heap.next = (uintptr_t)window.base;
    if (many) MUST(hp_vm_release(&window) == 0);
    states = mmap(0, WINDOW / page(), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    MUST(states != MAP_FAILED);
}

static void report(void) {
    printf(
        "%llu operations; hooks: alloc %llu, dalloc %llu, commit %llu, decommit %llu, lazy %llu, "
        "forced %llu, split %llu, merge %llu\n",
        (unsigned long long)client_done, (unsigned long long)calls.alloc,
        (unsigned long long)calls.dalloc, (unsigned long long)calls.commit,
        (unsigned long long)calls.decommit, (unsigned long long)calls.purge_lazy,
        (unsigned long long)calls.purge_forced_only, (unsigned long long)calls.split,
        (unsigned long long)calls.merge);
    RIGHT(calls.alloc && calls.commit && calls.decommit && calls.purge_lazy && calls.split);
    RIGHT(calls.merge && calls.purge_forced_only && (calls.dalloc || !many));
    fflush(stdout);
}

static void rungs(const struct hp_vm_totals *was) {
    const struct hp_vm_totals now = totals();
    const unsigned shm = HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT, racy = shm | HP_VM_HAS_SHM;
    if (many && client_lack == HP_VM_HAS_NOREPLACE) RIGHT(now.placed_hint > was->placed_hint);
    if (many && (client_lack & racy) == shm) RIGHT(now.placed_shm > was->placed_shm);
    if (many && (client_lack & racy) == racy) RIGHT(now.placed_racy > was->placed_racy);
    if (many && client_lack == HP_VM_HAS_QUERY) RIGHT(now.query_maps > was->query_maps);
    if (client_lack & HP_VM_HAS_ZEROING)
        RIGHT(now.decommit_remapped > was->decommit_remapped);
    else if (client_lack & HP_VM_HAS_GUARD)
        RIGHT(now.decommit_protected > was->decommit_protected);
    if (client_lack & HP_VM_HAS_FREE) RIGHT(now.discard_eager > was->discard_eager);
}

/* Unless it is told before it starts, jemalloc counts on dalloc being refused: it asks for more and
 * more at a time, and what is left between holes is never used again. */
static void begin_without_retain(char **arguments) {
    if (!many || getenv("MALLOC_CONF")) return;
    setenv("MALLOC_CONF", "retain:false", 1);
    execv("/proc/self/exe", arguments);
}

int main(int count, char **arguments) {
    static const struct client jemalloc = {take, give, is_ours, enter, leave, rest};
    MUST(count == 3);
    many = !strcmp(arguments[1], "many");
    begin_without_retain(arguments);
    const uint64_t operations = client_begin(arguments[2]);
    const struct hp_vm_totals before = totals();
    open_window();
    create_arena();
    client_stress(&jemalloc, operations);
    control("thread.tcache.flush", 0, 0);
    ending = true;
    control("arena.%u.destroy", 0, 0);
    report();
    rungs(&before);
    const unsigned char *window = heap.region.base;
    if (many)
        RIGHT(all_are(heap.region.base, WINDOW, NONE));
    else
        RIGHT(hp_vm_release(&heap.region) == 0);
    RIGHT(totals().reserved == before.reserved && totals().regions == before.regions);
    RIGHT(mappings_of(window, WINDOW) == 0);
    return client_wrong ? 1 : 0;
}
