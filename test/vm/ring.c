/* SPDX-License-Identifier: MIT */
/* hp_ring: one byte at two addresses, had in three ways, and nothing left behind by any of them. */
#include "vm_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* What is taken away for a way to be the one that is used. */
static const struct way {
    const char *name;
    unsigned missing;
    int way, calls;
} ways[] = {
    {"mremap", 0, HP_RING_REMAP, 3},
    {"memfd", HP_VM_HAS_REMAP, HP_RING_MEMFD, 6},
    {"shm", HP_VM_HAS_REMAP | HP_VM_HAS_MEMFD, HP_RING_SHM, 6},
};

/* MFD_NOEXEC_SEAL is refused before 6.3, and asked for first: one call more. */
static int seal_costs(int way) {
    const int fd = way == HP_RING_MEMFD ? (int)syscall(SYS_memfd_create, "seal", 8u | 1u) : -1;
    const bool older = way == HP_RING_MEMFD && fd < 0;
    if (fd >= 0) close(fd);
    return older;
}

/* Segments of this process: key, id, mode, size, the pid that made it. */
static int segments(void) {
    FILE *file = fopen("/proc/sysvipc/shm", "re");
    char line[512];
    int count = 0, pid;
    while (file && fgets(line, sizeof line, file))
        count += sscanf(line, "%*s %*s %*s %*s %d", &pid) == 1 && pid == getpid();
    if (file) fclose(file);
    return count;
}

static void holds_the_same_twice(const struct hp_ring *ring) {
    unsigned char *base = ring->region.base;
    const size_t size = ring->size;
    for (size_t i = 0; i < 2 * size; i += 509) assert_int_equal(base[i], 0);
    for (size_t i = 0; i < size; i++) base[i] = (unsigned char)(i * 7 + i / 251);
    assert_memory_equal(base, base + size, size);
    base[2 * size - 1] = 99;
    assert_int_equal(base[size - 1], 99);
    memset(base + size - 8, 5, 16); /* over the end */
    assert_int_equal(base[7], 5);
}

static void each_way_holds_the_same_twice_and_leaves_nothing(void **state) {
    (void)state;
    has();
    const int files = descriptors(), kept = segments(), mapped = mappings();
    for (size_t i = 0; i < HP_COUNT(ways); i++) {
        struct hp_ring ring;
        hp_vm_force(ways[i].missing);
        const struct mark start = mark();
        assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), 0);
        print_message("%s: %d calls\n", ways[i].name, calls_since(&start));
        assert_int_equal(ring.way, ways[i].way);
        assert_int_equal(calls_since(&start), ways[i].calls + seal_costs(ways[i].way));
        assert_int_equal(mappings_of(ring.region.base, ring.region.size), 2);
        assert_int_equal(descriptors(), files);
        holds_the_same_twice(&ring);
        const struct mark end = mark();
        assert_int_equal(hp_ring_close(&ring), 0);
        assert_int_equal(calls_since(&end), 1);
        assert_int_equal(hp_ring_close(&ring), -EINVAL);
        assert_int_equal(segments(), kept);
        assert_int_equal(mappings(), mapped);
    }
    assert_int_equal(totals().regions, 0);
}

static void the_ways_round_are_counted(void **state) {
    (void)state;
    for (size_t i = 0; i < HP_COUNT(ways); i++) {
        const struct hp_vm_totals before = totals();
        struct hp_ring ring;
        hp_vm_force(ways[i].missing);
        assert_int_equal(hp_ring_open(&ring, page(), 0, 0), 0);
        assert_int_equal(totals().rings_memfd - before.rings_memfd, i == 1);
        assert_int_equal(totals().rings_shm - before.rings_shm, i == 2);
        assert_int_equal(hp_ring_close(&ring), 0);
    }
}

static void a_kernel_that_refuses_moves_it_to_the_next_way(void **state) {
    (void)state;
    struct hp_ring ring;
    open_fail(HP_CALL_mremap, 1, EINVAL, true);
    assert_int_equal(hp_ring_open(&ring, page(), 0, 0), 0);
    assert_int_equal(ring.way, HP_RING_MEMFD);
    assert_int_equal(hp_ring_close(&ring), 0);
    open_fail(HP_CALL_memfd_create, 1, ENOSYS, true);
    assert_int_equal(hp_ring_open(&ring, page(), 0, 0), 0);
    assert_int_equal(ring.way, HP_RING_SHM);
    assert_int_equal(hp_ring_close(&ring), 0);
    open_fail(HP_CALL_shmget, 1, ENOSYS, true);
    assert_int_equal(hp_ring_open(&ring, page(), 0, 0), -ENOSYS);
}

/* As where the caches of a processor want it: no multiple of 4 pages, no segment. */
static long shmat_keeps_to_4_pages(const long a[6]) {
    return (size_t)a[1] % (4 * page()) ? -EINVAL : open_real(HP_CALL_shmat, a);
}

static void shmat_may_keep_to_more_than_pages(void **state) {
    (void)state;
    const int kept = segments();
    struct hp_vm_region between[10];
    struct hp_ring ring;
    hp_vm_force(HP_VM_HAS_REMAP | HP_VM_HAS_MEMFD);
    open_replace(HP_CALL_shmat, shmat_keeps_to_4_pages);
    for (size_t i = 0; i < HP_COUNT(between); i++) { /* wherever the last mapping ended */
        between[i] = reserve((33 + i % 5) * page());
        assert_int_equal(hp_ring_open(&ring, 4 * page(), 0, 0), 0);
        assert_int_equal(ring.way, HP_RING_SHM);
        assert_int_equal(hp_ring_close(&ring), 0);
        const int before = mappings();
        assert_int_equal(hp_ring_open(&ring, page(), 0, 0), -EINVAL);
        assert_int_equal(mappings(), before);
    }
    for (size_t i = 0; i < HP_COUNT(between); i++) assert_int_equal(hp_vm_release(&between[i]), 0);
    assert_int_equal(segments(), kept);
}

static void older_memfd_does_not_know_the_seal(void **state) {
    (void)state;
    struct hp_ring ring;
    hp_vm_force(HP_VM_HAS_REMAP);
    open_fail(HP_CALL_memfd_create, 1, EINVAL, false);
    assert_int_equal(hp_ring_open(&ring, page(), 0, "queue"), 0);
    assert_int_equal(ring.way, HP_RING_MEMFD);
    assert_int_equal(hp_ring_close(&ring), 0);
}

/* SIGXFSZ ends the child if a file is grown over the limit. */
static void grow_under_a_file_limit(void) {
    const struct rlimit limit = {4096, 4096};
    struct hp_ring ring;
    MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    hp_vm_force(HP_VM_HAS_REMAP);
    MUST(hp_ring_open(&ring, 64 * KIB, 0, 0) == 0);
    MUST(ring.way == HP_RING_SHM);
}

static void a_file_size_limit_is_no_signal(void **state) {
    (void)state;
    assert_int_equal(in_child(grow_under_a_file_limit), 0);
}

static void bad_sizes_and_flags_are_refused(void **state) {
    (void)state;
    struct hp_ring ring;
    assert_int_equal(hp_ring_open(&ring, 0, 0, 0), -EINVAL);
    assert_int_equal(hp_ring_open(&ring, page() + 1, 0, 0), -EINVAL);
    assert_int_equal(hp_ring_open(&ring, page() / 2, 0, 0), -EINVAL);
    assert_int_equal(hp_ring_open(&ring, ~(page() - 1), 0, 0), -EINVAL);
    assert_int_equal(hp_ring_open(&ring, page(), HP_VM_STRICT, 0), -EINVAL);
}

static void too_much_is_an_error_and_leaves_nothing(void **state) {
    (void)state;
    const int files = descriptors(), mapped = mappings(), kept = segments();
    struct hp_ring ring;
    assert_true(hp_ring_open(&ring, SIZE_MAX / 2 & ~(page() - 1), 0, 0) < 0);
    assert_int_equal(mappings(), mapped);
    assert_int_equal(descriptors(), files);
    assert_int_equal(segments(), kept);
}

/* The n-th call fails, n = 1, 2, 3..., until there is no n-th. */
static void sweep(const struct way *way, enum hp_call call, int error) {
    const int files = descriptors(), mapped = mappings(), kept = segments();
    for (unsigned n = 1, struck = 1; struck; n++) {
        struct hp_ring ring;
        fresh(0);
        hp_vm_force(way->missing);
        has();
        open_fail(call, n, error, false);
        const int answer = hp_ring_open(&ring, 64 * KIB, 0, 0);
        struck = open_struck();
        open_reset();
        if (answer == 0) assert_int_equal(hp_ring_close(&ring), 0);
        assert_int_equal(mappings(), mapped);
        assert_int_equal(segments(), kept);
        assert_int_equal(descriptors(), files);
        assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), 0);
        holds_the_same_twice(&ring);
        assert_int_equal(hp_ring_close(&ring), 0);
    }
}

/* Not those that give back: what they refuse is left. */
static void any_single_failure_leaves_nothing(void **state) {
    (void)state;
    static const int errors[] = {ENOMEM, EINVAL, EPERM, ENOSYS};
    static const enum hp_call calls[] = {HP_CALL_mmap,      HP_CALL_mremap,    HP_CALL_memfd_create,
                                         HP_CALL_prlimit64, HP_CALL_ftruncate, HP_CALL_shmget,
                                         HP_CALL_shmat};
    for (size_t i = 0; i < HP_COUNT(ways); i++)
        for (size_t j = 0; j < HP_COUNT(errors); j++)
            for (size_t k = 0; k < HP_COUNT(calls); k++) sweep(&ways[i], calls[k], errors[j]);
}

/* As mainline up to 6.1 may: the call fails, what was mapped there is gone by then, and another
 * thread was quick. Shared memory, for such a mapping is never merged with another. */
static unsigned char *theirs;
static void lose(long at, long size) {
    munmap((void *)at, (size_t)size);
    theirs = mmap((void *)at, (size_t)size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(theirs, 42, (size_t)size);
}
static long mmap_loses(const long a[6]) {
    if (!(a[3] & MAP_FIXED)) return open_real(HP_CALL_mmap, a);
    lose(a[0], a[1]);
    return -ENOMEM;
}
static long mremap_loses(const long a[6]) {
    if (!(a[3] & MREMAP_FIXED)) return open_real(HP_CALL_mremap, a);
    lose(a[4], a[2]);
    return -ENOMEM;
}

static void what_a_failed_call_lost_to_another_is_the_others(void **state) {
    (void)state;
    has();
    for (int i = 0; i < 2; i++) {
        const int before = mappings();
        struct hp_ring ring;
        hp_vm_force(HP_VM_HAS_SHM | (i ? HP_VM_HAS_REMAP : HP_VM_HAS_MEMFD));
        open_replace(HP_CALL_mmap, mmap_loses);
        open_replace(HP_CALL_mremap, mremap_loses);
        assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), -ENOMEM);
        open_reset();
        assert_int_equal(mappings(), before + 1);
        assert_int_equal(peek(theirs), 42);
        assert_int_equal(peek(theirs + 64 * KIB - 1), 42);
        munmap(theirs, 64 * KIB);
    }
}

/* And what nobody took is not kept, nor looked for again. */
static long mremap_only_loses(const long a[6]) {
    if (a[3] & MREMAP_FIXED) munmap((void *)a[4], (size_t)a[2]);
    return a[3] & MREMAP_FIXED ? -ENOMEM : open_real(HP_CALL_mremap, a);
}

static void what_a_failed_call_lost_is_free(void **state) {
    (void)state;
    struct hp_ring ring;
    has();
    const int before = mappings();
    hp_vm_force(HP_VM_HAS_SHM | HP_VM_HAS_MEMFD);
    open_replace(HP_CALL_mremap, mremap_only_loses);
    assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), -ENOMEM);
    assert_int_equal(mappings(), before);
}

static long shmat_is_late(const long a[6]) {
    if (!theirs) {
        theirs = mmap((void *)a[1], page(), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        *theirs = 42;
    }
    return open_real(HP_CALL_shmat, a);
}

static void who_is_quicker_than_shmat_keeps_what_it_mapped(void **state) {
    (void)state;
    struct hp_ring ring;
    hp_vm_force(HP_VM_HAS_REMAP | HP_VM_HAS_MEMFD);
    theirs = 0;
    open_replace(HP_CALL_shmat, shmat_is_late);
    assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), 0);
    assert_int_equal(peek(theirs), 42);
    holds_the_same_twice(&ring);
    assert_int_equal(hp_ring_close(&ring), 0);
    munmap(theirs, page());
}

static void a_guard_keeps_what_is_behind_it_and_says_so(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct hp_ring ring;
        hp_vm_force(i ? HP_VM_HAS_GUARD : 0);
        assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), 0);
        unsigned char *const second = ring.region.base + ring.size;
        *second = 7;
        assert_int_equal(hp_vm_guard(&ring.region, second, page()), 0);
        assert_int_equal(hp_vm_unguard(&ring.region, second, page()), 0);
        assert_int_equal(hp_vm_commit(&ring.region, second, page(), 0), 0);
        assert_int_equal(*second, 7);
        assert_int_equal(hp_ring_close(&ring), 0);
    }
}

static struct hp_ring shared;
static void write_in_a_child(void) {
    signal(SIGSEGV, SIG_DFL); /* cmocka's would go on with the tests */
    shared.region.base[0] = 17;
}

static void a_forked_child_has_the_same_ring(void **state) {
    (void)state;
    assert_int_equal(hp_ring_open(&shared, page(), 0, 0), 0);
    assert_int_equal(in_child(write_in_a_child), 0);
    assert_int_equal(shared.region.base[page()], 17);
    assert_int_equal(hp_ring_close(&shared), 0);
}

static void without_fork_the_child_has_no_ring(void **state) {
    (void)state;
    for (size_t i = 0; i < HP_COUNT(ways); i++) {
        hp_vm_force(ways[i].missing);
        assert_int_equal(hp_ring_open(&shared, page(), HP_VM_NO_FORK, 0), 0);
        assert_int_equal(shared.region.missed, 0);
        assert_int_equal(in_child(write_in_a_child), 128 + SIGSEGV);
        assert_int_equal(shared.region.base[page()], 0);
        assert_int_equal(hp_ring_close(&shared), 0);
    }
}

static void populate_asks_before_a_touch(void **state) {
    (void)state;
    struct hp_ring ring;
    assert_int_equal(hp_ring_open(&ring, 64 * KIB, 0, 0), 0);
    assert_int_equal(hp_vm_populate(&ring.region, ring.region.base, ring.size), 0);
    assert_int_equal(hp_ring_close(&ring), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_way_holds_the_same_twice_and_leaves_nothing, fresh),
        cmocka_unit_test_setup(the_ways_round_are_counted, fresh),
        cmocka_unit_test_setup(a_kernel_that_refuses_moves_it_to_the_next_way, fresh),
        cmocka_unit_test_setup(shmat_may_keep_to_more_than_pages, fresh),
        cmocka_unit_test_setup(older_memfd_does_not_know_the_seal, fresh),
        cmocka_unit_test_setup(a_file_size_limit_is_no_signal, fresh),
        cmocka_unit_test_setup(bad_sizes_and_flags_are_refused, fresh),
        cmocka_unit_test_setup(too_much_is_an_error_and_leaves_nothing, fresh),
        cmocka_unit_test_setup(any_single_failure_leaves_nothing, fresh),
        cmocka_unit_test_setup(what_a_failed_call_lost_to_another_is_the_others, fresh),
        cmocka_unit_test_setup(what_a_failed_call_lost_is_free, fresh),
        cmocka_unit_test_setup(who_is_quicker_than_shmat_keeps_what_it_mapped, fresh),
        cmocka_unit_test_setup(a_guard_keeps_what_is_behind_it_and_says_so, fresh),
        cmocka_unit_test_setup(a_forked_child_has_the_same_ring, fresh),
        cmocka_unit_test_setup(without_fork_the_child_has_no_ring, fresh),
        cmocka_unit_test_setup(populate_asks_before_a_touch, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
