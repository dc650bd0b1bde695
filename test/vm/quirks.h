/* SPDX-License-Identifier: MIT */
/* Kernels that refuse, lie or forget, as functions in the place of a call. Each row was seen in the
 * field; each is small enough to be read beside what it imitates. */
#ifndef QUIRKS_H
#define QUIRKS_H

#include "vm_test.h"

#include <sys/uio.h>

enum { NOREPLACE = FLAG_FIXED_NOREPLACE };

static inline long mmap_with(const long a[6], long address, long flags) {
    const long changed[6] = {address, a[1], a[2], flags, a[4], a[5]};
    return open_real(HP_CALL_mmap, changed);
}

/* grsecurity's RANDMMAP on the kernels it was made for: no address but MAP_FIXED's. */
static inline long mmap_ignores_hints(const long a[6]) {
    if (a[3] & MAP_FIXED) return open_real(HP_CALL_mmap, a);
    return mmap_with(a, 0, a[3] & ~NOREPLACE);
}

/* Before 4.17, gVisor, qemu-user 7.2: a flag that is not known is no flag. */
static inline long mmap_strips_noreplace(const long a[6]) {
    return mmap_with(a, a[0], a[3] & ~NOREPLACE);
}

/* 4.17 and 4.18: only what lies at the start counts, the rest is replaced. */
static inline long mmap_misses_partial_overlaps(const long a[6]) {
    if (!(a[3] & NOREPLACE)) return open_real(HP_CALL_mmap, a);
    unsigned char resident;
    if (mincore((void *)a[0], 4096, &resident) == 0) return -EEXIST;
    return mmap_with(a, a[0], (a[3] & ~NOREPLACE) | MAP_FIXED);
}

/* nanos before 2019: a hint replaces what is there. */
static inline long mmap_takes_hints_for_orders(const long a[6]) {
    return mmap_with(a, a[0], a[0] ? (a[3] & ~NOREPLACE) | MAP_FIXED : a[3]);
}

/* User-mode Linux and WSL1, as Go met them: no large reservation. */
static inline long mmap_refuses_large(const long a[6]) {
    return (size_t)a[1] >= 64 * MIB && a[2] == PROT_NONE ? -ENOMEM : open_real(HP_CALL_mmap, a);
}

/* Mainline up to 6.1 under strict overcommit, Rosetta: by the time it fails, the range is gone. */
static inline long mmap_loses_what_it_replaces(const long a[6]) {
    if (!(a[3] & MAP_FIXED) || a[4] != -1) return open_real(HP_CALL_mmap, a);
    munmap((void *)a[0], (size_t)a[1]);
    return -ENOMEM;
}

static inline long mmap_refuses_fixed(const long a[6]) {
    return a[3] & MAP_FIXED ? -ENOMEM : open_real(HP_CALL_mmap, a);
}

/* qemu-user 7.2: whatever the advice, yes. */
static inline long madvise_accepts_anything(const long a[6]) {
    return a[2] == ADVICE_DONTNEED ? open_real(HP_CALL_madvise, a) : 0;
}

/* nanos, old qemu-user, kontain: yes, and the contents stay. */
static inline long madvise_keeps_contents(const long a[6]) {
    return a[2] == ADVICE_DONTNEED ? 0 : open_real(HP_CALL_madvise, a);
}

/* CONFIG_ADVISE_SYSCALLS=n. */
static inline long absent(const long a[6]) {
    (void)a;
    return -ENOSYS;
}

static inline long ioctl_knows_no_query(const long a[6]) {
    (void)a;
    return -ENOTTY;
}

/* A chroot or a container without /proc. */
static inline long openat_without_proc(const long a[6]) {
    const char *path = (const char *)a[1];
    return strncmp(path, "/proc", 5) == 0 ? -ENOENT : open_real(HP_CALL_openat, a);
}

static inline long refused(const long a[6]) {
    (void)a;
    return -EPERM;
}

/* What process_madvise on oneself does from 6.14 on, for kernels before. */
static inline long batch_of_one_self(const long a[6]) {
    const struct iovec *runs = (const struct iovec *)a[1];
    long bytes = 0;
    for (long i = 0; i < a[2]; i++) {
        const long call[6] = {(long)runs[i].iov_base, (long)runs[i].iov_len, a[3], 0, 0, 0};
        const long answer = open_real(HP_CALL_madvise, call);
        if (answer < 0) return bytes ? bytes : answer;
        bytes += (long)runs[i].iov_len;
    }
    return bytes;
}

struct quirk {
    const char *name;
    struct {
        enum hp_call call;
        open_function *function;
    } in_place[3];
    int rung;         /* that places on it, -1: none */
    unsigned missing; /* must be found to be absent */
};

static const struct quirk quirks[] = {
    {"none", {{0}}, HP_VM_NOREPLACE, 0},
    {"mmap ignores hints",
     {{HP_CALL_mmap, mmap_ignores_hints}},
     HP_VM_SHM,
     HP_VM_HAS_HINT | HP_VM_HAS_NOREPLACE},
    {"mmap ignores hints, no System V shared memory",
     {{HP_CALL_mmap, mmap_ignores_hints}, {HP_CALL_shmget, absent}},
     -1,
     HP_VM_HAS_HINT | HP_VM_HAS_NOREPLACE},
    {"mmap ignores hints, no System V shared memory, no /proc",
     {{HP_CALL_mmap, mmap_ignores_hints},
      {HP_CALL_shmget, absent},
      {HP_CALL_openat, openat_without_proc}},
     -1,
     HP_VM_HAS_HINT | HP_VM_HAS_NOREPLACE},
    {"NOREPLACE is not known",
     {{HP_CALL_mmap, mmap_strips_noreplace}},
     HP_VM_HINT,
     HP_VM_HAS_NOREPLACE},
    {"NOREPLACE misses partial overlaps",
     {{HP_CALL_mmap, mmap_misses_partial_overlaps}},
     HP_VM_SHM,
     HP_VM_HAS_NOREPLACE},
    {"a hint is an order",
     {{HP_CALL_mmap, mmap_takes_hints_for_orders}},
     HP_VM_SHM,
     HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT},
    {"madvise accepts anything",
     {{HP_CALL_madvise, madvise_accepts_anything}},
     HP_VM_NOREPLACE,
     HP_VM_HAS_ADVICE | HP_VM_HAS_GUARD | HP_VM_HAS_FREE | HP_VM_HAS_POPULATE | HP_VM_HAS_LOCKED},
    {"DONTNEED keeps contents",
     {{HP_CALL_madvise, madvise_keeps_contents}},
     HP_VM_NOREPLACE,
     HP_VM_HAS_ZEROING},
    {"no madvise",
     {{HP_CALL_madvise, absent}, {HP_CALL_process_madvise, absent}},
     HP_VM_NOREPLACE,
     HP_VM_HAS_ZEROING | HP_VM_HAS_GUARD},
    {"no madvise, MAP_FIXED refused",
     {{HP_CALL_madvise, absent},
      {HP_CALL_process_madvise, absent},
      {HP_CALL_mmap, mmap_refuses_fixed}},
     HP_VM_NOREPLACE,
     HP_VM_HAS_ZEROING | HP_VM_HAS_GUARD},
    {"no PROCMAP_QUERY", {{HP_CALL_ioctl, ioctl_knows_no_query}}, HP_VM_NOREPLACE, 0},
    {"no /proc", {{HP_CALL_openat, openat_without_proc}}, HP_VM_NOREPLACE, 0},
    {"no large reservation", {{HP_CALL_mmap, mmap_refuses_large}}, HP_VM_NOREPLACE, 0},
    {"MAP_FIXED loses what it replaces",
     {{HP_CALL_mmap, mmap_loses_what_it_replaces}},
     HP_VM_NOREPLACE,
     0},
    {"batches are refused", {{HP_CALL_process_madvise, refused}}, HP_VM_NOREPLACE, 0},
};
enum { QUIRKS = sizeof quirks / sizeof *quirks };

static inline void quirk_strikes(const struct quirk *quirk) {
    open_reset();
    hp_vm_forget();
    hp_vm_force(0);
    for (size_t i = 0; i < 3; i++)
        if (quirk->in_place[i].function)
            open_replace(quirk->in_place[i].call, quirk->in_place[i].function);
}

#endif
