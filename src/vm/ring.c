/* SPDX-License-Identifier: MIT */
/* Both halves are put over a reservation of one's own, so no other thread's mapping can come
 * between them, and none is ever replaced. */
#include <hardpan/ring.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "vm.h"

enum { RING_FLAGS = HP_VM_NO_DUMP | HP_VM_NO_FORK, READ_WRITE = PROT_READ | PROT_WRITE };

/* MAP_FIXED over [at, at + size) answered this. */
static int compare(int answer, const void *got, const void *at, size_t size) {
    if (answer < 0 || got == at) return answer;
    hp_sys_munmap((void *)(uintptr_t)got, size);
    return HP_EELSEWHERE;
}

static int map(unsigned char *at, size_t size, int flags, int fd) {
    void *got;
    const int answer =
        hp_sys_mmap(at, size, READ_WRITE, MAP_SHARED | MAP_FIXED | flags, fd, 0, &got);
    return compare(answer, got, at, size);
}

/* No descriptor is needed to name the pages twice: an old size of 0 leaves what was mapped. */
static int by_remap(unsigned char *base, size_t size, const char *name) {
    (void)name;
    void *got, *const second = base + size;
    int answer = map(base, size, MAP_ANONYMOUS, -1);
    if (answer < 0) return answer;
    answer = hp_sys_mremap(base, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, second, &got);
    return compare(answer, got, second, size);
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

static int by_memfd(unsigned char *base, size_t size, const char *name) {
    const int fd = create(name);
    if (fd < 0) return fd;
    int answer = grow(fd, size);
    if (answer == 0) answer = map(base, size, 0, fd);
    if (answer == 0) answer = map(base + size, size, 0, fd);
    hp_sys_close(fd);
    if (answer == 0) hp_vm_count(&hp_vm_counters.rings_memfd, 1);
    return answer;
}

static int attach(int id, unsigned char *at, size_t size) {
    void *got;
    const int answer = hp_sys_shmat(id, at, SHM_REMAP, &got);
    return compare(answer, got, at, size);
}

static int by_shm(unsigned char *base, size_t size, const char *name) {
    (void)name;
    const int id = hp_sys_shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    if (id < 0) return id;
    int answer = attach(id, base, size);
    if (answer == 0) answer = attach(id, base + size, size);
    hp_sys_shmctl(id, IPC_RMID, 0);
    if (answer == 0) hp_vm_count(&hp_vm_counters.rings_shm, 1);
    return answer;
}

static const struct way {
    unsigned feature;
    int way;
    int (*try)(unsigned char *base, size_t size, const char *name);
} ways[] = {
    {HP_VM_HAS_REMAP, HP_RING_REMAP, by_remap},
    {HP_VM_HAS_MEMFD, HP_RING_MEMFD, by_memfd},
    {HP_VM_HAS_SHM, HP_RING_SHM, by_shm},
};

/* A MAP_FIXED that failed may have unmapped its half (mainline up to 6.1): no longer ours. */
static void give_back(unsigned char *base, size_t size) {
    for (int half = 0; half < 2; half++, base += size)
        if (hp_vm_is_all(0, (uintptr_t)base, size, 1) != 0) hp_sys_munmap(base, size);
}

/* Each way starts from a fresh reservation, whatever the one before has left. */
static int open_by(const struct way *way, size_t size, const char *name, uintptr_t *base) {
    if (!(hp_vm_features() & way->feature)) return -ENOSYS;
    int answer = hp_vm_map(2 * size, base);
    if (answer < 0) return answer;
    answer = way->try((unsigned char *)*base, size, name);
    if (answer < 0) give_back((unsigned char *)*base, size);
    return answer;
}

int hp_ring_open(struct hp_ring *ring, size_t size, unsigned flags, const char *name) {
    const struct hp_vm_request request = {.flags = flags, .name = name};
    size_t both;
    uintptr_t base = 0;
    if (!size || !hp_is_aligned(size, hp_vm_page()) || !hp_mul(size, 2, &both)) return -EINVAL;
    if (flags & ~(unsigned)RING_FLAGS) return -EINVAL;
    int answer = -ENOSYS;
    size_t i = 0;
    for (; i < HP_COUNT(ways); i++)
        if ((answer = open_by(&ways[i], size, name, &base)) == 0) break;
    if (answer < 0) return answer;
    ring->size = size;
    ring->way = ways[i].way;
    hp_vm_hold(both);
    return hp_vm_take(&ring->region, base, both, &request, HP_VM_ANYWHERE);
}

int hp_ring_close(struct hp_ring *ring) {
    const int answer = hp_vm_release(&ring->region);
    if (answer == 0) ring->size = 0;
    return answer;
}
