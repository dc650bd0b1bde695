/* SPDX-License-Identifier: MIT */
/* The first half is mapped where the kernel likes, with the place of the second behind it, so that
 * nothing of another's is ever replaced, nor unmapped when a step fails. */
#include <hardpan/ring.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "fresh.h"

enum { RING_FLAGS = HP_VM_NO_DUMP | HP_VM_NO_FORK, READ_WRITE = PROT_READ | PROT_WRITE };
enum { TRIES_MAX = 16, SHM_ALIGN_PAGES = 4 /* the most that a kernel keeps to, 32-bit arm */ };

/* A call that names its place answered this. */
static int compare(int answer, void *got, const void *at, size_t size) {
    if (answer < 0 || got == at) return answer;
    hp_sys_munmap(got, size);
    return HP_EELSEWHERE;
}

/* A MAP_FIXED that failed may have unmapped the second half (mainline up to 6.1), and a thread
 * may have mapped there since. Both halves in one mapping are proof that it has not: they are of an
 * object that nobody else has, and only mappings of one object are ever merged. */
static void give_back(unsigned char *base, size_t size) {
    struct hp_vm_span span;
    const bool whole = hp_vm_query(0, (uintptr_t)base, 2 * size, &span) == 0 && span.mapped &&
                       span.protection >= 0 && span.high == (uintptr_t)base + 2 * size;
    hp_sys_munmap(base, whole ? 2 * size : size);
}

/* What was to map the second half answered this. */
static int settle(int answer, void *got, unsigned char *base, size_t size) {
    answer = compare(answer, got, base + size, size);
    if (answer < 0) give_back(base, size);
    return answer;
}

/* Beyond the end of shared memory a mapping of it is a reservation: it has no pages there, and is
 * charged for none. */
static int map_and_grow(size_t size, void **base) {
    void *first;
    int answer = hp_sys_mmap(0, size, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0, &first);
    if (answer < 0) return answer;
    answer = hp_sys_mremap(first, size, 2 * size, MREMAP_MAYMOVE, 0, base);
    if (answer < 0) hp_sys_munmap(first, size);
    return answer;
}

/* No descriptor is needed to name the pages twice: an old size of 0 leaves what was mapped. */
static int by_remap(size_t size, const char *name, unsigned char **base) {
    (void)name;
    void *got, *at;
    int answer = map_and_grow(size, &at);
    if (answer < 0) return answer;
    *base = at;
    answer = hp_sys_mremap(at, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, *base + size, &got);
    return settle(answer, got, *base, size);
}

static int create(const char *name) {
    const int fd = hp_sys_memfd_create(name ? name : "ring", MEMFD_NOEXEC_SEAL);
    return fd == -EINVAL ? hp_sys_memfd_create(name ? name : "ring", 0) : fd;
}

/* A file grown past RLIMIT_FSIZE is a signal to the program, also where it lies in memory. */
static int grow(int fd, size_t size) {
    uint64_t limit[2];
    if (hp_sys_prlimit(0, RLIMIT_FSIZE, 0, limit) == 0 && limit[0] < size) return -EFBIG;
    return hp_sys_ftruncate(fd, (int64_t)size);
}

static int map_twice(int fd, size_t size, unsigned char **base) {
    void *got, *at;
    int answer = hp_sys_mmap(0, 2 * size, READ_WRITE, MAP_SHARED, fd, 0, &at);
    if (answer < 0) return answer;
    *base = at;
    answer = hp_sys_mmap(*base + size, size, READ_WRITE, MAP_SHARED | MAP_FIXED, fd, 0, &got);
    return settle(answer, got, *base, size);
}

static int by_memfd(size_t size, const char *name, unsigned char **base) {
    const int fd = create(name);
    if (fd < 0) return fd;
    int answer = grow(fd, size);
    if (answer == 0) answer = map_twice(fd, size, base);
    hp_sys_close(fd);
    if (answer == 0) hp_vm_count(&hp_vm_counters.rings_memfd, 1);
    return answer;
}

static int attach(int id, unsigned char *at, size_t size) {
    void *got;
    const int answer = hp_sys_shmat(id, at, 0, &got);
    return compare(answer, got, at, size);
}

/* Where there was room for both a moment ago. Without SHM_REMAP shmat replaces nothing: it is
 * -EINVAL when somebody was quicker. */
static int attach_twice(int id, size_t size, unsigned char **base) {
    const size_t granule = SHM_ALIGN_PAGES * hp_vm_page(), total = 2 * size + granule;
    uintptr_t room, at;
    int answer = hp_vm_map(total, &room);
    if (answer == 0) answer = hp_sys_munmap((void *)room, total);
    if (answer < 0) return answer;
    hp_align_up(room, granule, &at);
    *base = (unsigned char *)at;
    answer = attach(id, *base, size);
    if (answer < 0) return answer;
    answer = attach(id, *base + size, size);
    if (answer < 0) hp_sys_munmap(*base, size);
    return answer;
}

static int by_shm(size_t size, const char *name, unsigned char **base) {
    (void)name;
    const int id = hp_sys_shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    if (id < 0) return id;
    int answer = -EINVAL;
    for (int i = 0; i < TRIES_MAX && answer == -EINVAL; i++) answer = attach_twice(id, size, base);
    hp_sys_shmctl(id, IPC_RMID, 0);
    if (answer == 0) hp_vm_count(&hp_vm_counters.rings_shm, 1);
    return answer;
}

static const struct way {
    unsigned feature;
    int way;
    int (*try)(size_t size, const char *name, unsigned char **base);
} ways[] = {
    {HP_VM_HAS_REMAP, HP_RING_REMAP, by_remap},
    {HP_VM_HAS_MEMFD, HP_RING_MEMFD, by_memfd},
    {HP_VM_HAS_SHM, HP_RING_SHM, by_shm},
};

static int open_by_any(size_t size, const char *name, unsigned char **base, int *way) {
    int answer = -ENOSYS;
    for (size_t i = 0; i < HP_COUNT(ways) && answer != 0; i++) {
        if (!(hp_vm_features() & ways[i].feature)) continue;
        answer = ways[i].try(size, name, base);
        *way = ways[i].way;
    }
    return answer;
}

int hp_ring_open(struct hp_ring *ring, size_t size, unsigned flags, const char *name) {
    const struct hp_vm_request request = {.flags = flags, .name = name};
    size_t both, most;
    unsigned char *base = 0;
    if (!size || !hp_is_aligned(size, hp_vm_page()) || !hp_mul(size, 2, &both)) return -EINVAL;
    if (!hp_add(both, SHM_ALIGN_PAGES * hp_vm_page(), &most)) return -EINVAL;
    if (flags & ~(unsigned)RING_FLAGS) return -EINVAL;
    int answer = open_by_any(size, name, &base, &ring->way);
    if (answer < 0) return answer;
    ring->size = size;
    hp_vm_hold(both);
    answer = hp_vm_take(&ring->region, (uintptr_t)base, both, &request, HP_VM_ANYWHERE);
    hp_vm_use(&ring->region, (uintptr_t)base, (uintptr_t)base + both); /* guards keep contents */
    return answer;
}

int hp_ring_close(struct hp_ring *ring) {
    const int answer = hp_vm_release(&ring->region);
    if (answer == 0) ring->size = 0;
    return answer;
}
