/* SPDX-License-Identifier: MIT */
/* Decommit must not fail: memory that keeps its contents leaks them to the next user. So there is a
 * way round every refusal, and the answer says which property was lost on it. */
#include <fcntl.h>
#include <sys/uio.h>

#include "vm.h"

/* From /dev/zero, by the kernel: a page that cannot be written is -EFAULT here, and not a signal.
 * What may not be touched may still hold something, so it is made writable first; where that is
 * refused too (a seal), the answer is `error`, the refusal that led here. */
static int zero_by_read(unsigned char *at, size_t size, int error) {
    const int fd = hp_sys_openat(AT_FDCWD, "/dev/zero", O_RDONLY, 0);
    if (fd < 0) return fd;
    long answer = 0;
    hp_sys_mprotect(at, size, PROT_READ | PROT_WRITE);
    for (size_t done = 0; done < size && answer >= 0; done += (size_t)answer) {
        answer = hp_sys_read(fd, at + done, size - done);
        if (answer == 0) answer = -EIO;
    }
    hp_sys_close(fd);
    hp_vm_count(&hp_vm_counters.decommit_zeroed, 1);
    return answer == -EFAULT ? error : answer < 0 ? (int)answer : HP_VM_STILL_RESIDENT;
}

static int drop(void *at, size_t size) {
    const unsigned has = hp_vm_features();
    if (!(has & HP_VM_HAS_ZEROING)) return -EOPNOTSUPP;
    int answer = hp_sys_madvise(at, size, ADVICE_DONTNEED);
    if (answer == -EINVAL && has & HP_VM_HAS_LOCKED) {
        answer = hp_sys_madvise(at, size, ADVICE_DONTNEED_LOCKED);
        if (answer == 0) hp_vm_count(&hp_vm_counters.decommit_locked, 1);
    }
    return answer;
}

/* Another way to lose the contents, and when that is refused too, zeroes over them. */
static int drop_or_zero(void *at, size_t size, int dropped) {
    const int answer = drop(at, size);
    return answer < 0 ? zero_by_read(at, size, answer) : dropped;
}

static int remap_or_zero(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_remap(region, at, size);
    return answer < 0 && answer != HP_ELOST ? zero_by_read(at, size, answer) : answer;
}

static int soften(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = drop(at, size);
    return answer < 0 ? remap_or_zero(region, at, size) : answer;
}

static int harden(struct hp_vm_region *region, void *at, size_t size) {
    if (hp_vm_features() & HP_VM_HAS_GUARD) {
        hp_vm_set_guarded(region);
        if (hp_sys_madvise(at, size, ADVICE_GUARD_INSTALL) == 0) return 0;
    }
    if (drop(at, size) < 0) return remap_or_zero(region, at, size);
    if (hp_sys_mprotect(at, size, PROT_NONE) < 0) return HP_VM_NOT_HARD;
    hp_vm_count(&hp_vm_counters.decommit_protected, 1);
    return 0;
}

static int refund(struct hp_vm_region *region, void *at, size_t size) {
    const int answer = hp_vm_remap(region, at, size);
    return answer < 0 && answer != HP_ELOST ? drop_or_zero(at, size, HP_VM_NOT_REFUNDED) : answer;
}

static int decommit(struct hp_vm_region *region, void *at, size_t size, unsigned options) {
    const int answer = options & HP_VM_REFUND ? refund(region, at, size)
                       : options & HP_VM_HARD ? harden(region, at, size)
                                              : soften(region, at, size);
    if (answer >= 0) hp_vm_tally(&hp_vm_counters.decommitted, size);
    return answer;
}

int hp_vm_decommit(struct hp_vm_region *region, void *at, size_t size, unsigned options) {
    if (options & ~(unsigned)(HP_VM_HARD | HP_VM_REFUND)) return -EINVAL;
    const int answer = hp_vm_check(region, at, size);
    return answer < 0 ? answer : decommit(region, at, size, options);
}

static int check_runs(const struct hp_vm_region *region, const struct iovec *runs, size_t count) {
    if (!count) return -EINVAL;
    for (size_t i = 0; i < count; i++)
        if (hp_vm_check(region, runs[i].iov_base, runs[i].iov_len) < 0) return -EINVAL;
    return 0;
}

/* Whether the kernel never does it on oneself: before 6.14 the pidfd is unknown (EBADF), and a
 * sandbox may refuse. A seal is EPERM too, but only of what is sealed, and not of no runs. */
static bool refuses_batches(long answer) {
    const struct iovec none = {0, 0};
    if (answer == -EBADF || answer == -ENOSYS) return true;
    return answer == -EPERM &&
           hp_sys_process_madvise(PIDFD_SELF_TASK, &none, 0, ADVICE_DONTNEED, 0) == -EPERM;
}

/* How many whole runs one call did. Runs may be longer than a long can tell where that is 32 bits,
 * so its refusal is never compared with them. */
static size_t batch(struct hp_vm_region *region, const struct iovec *runs, size_t count,
                    unsigned options) {
    const unsigned hard = options & HP_VM_HARD, has = hp_vm_features();
    if (count < 2 || !(has & HP_VM_HAS_BATCH) ||
        !(has & (hard ? HP_VM_HAS_GUARD : HP_VM_HAS_ZEROING)))
        return 0;
    if (count > BATCH_RUNS_MAX) count = BATCH_RUNS_MAX;
    if (hard) hp_vm_set_guarded(region);
    const long bytes = hp_sys_process_madvise(PIDFD_SELF_TASK, runs, count,
                                              hard ? ADVICE_GUARD_INSTALL : ADVICE_DONTNEED, 0);
    if (refuses_batches(bytes)) hp_vm_lack(HP_VM_HAS_BATCH);
    size_t done = 0, left = bytes > 0 ? (size_t)bytes : 0;
    while (done < count && left >= runs[done].iov_len) left -= runs[done++].iov_len;
    for (size_t i = 0; i < done; i++) hp_vm_tally(&hp_vm_counters.decommitted, runs[i].iov_len);
    hp_vm_count(&hp_vm_counters.batches, done > 0);
    return done;
}

int hp_vm_decommit_runs(struct hp_vm_region *region, const struct iovec *runs, size_t count,
                        unsigned options, size_t *done) {
    size_t finished = 0;
    bool batching = true; /* until one does nothing: locked memory refuses every one (EINVAL) */
    int answer = options & ~(unsigned)HP_VM_HARD ? -EINVAL : check_runs(region, runs, count);
    while (answer >= 0 && finished < count) {
        const size_t batched =
            batching ? batch(region, runs + finished, count - finished, options) : 0;
        finished += batched;
        batching = batched > 0;
        if (batched || finished == count) continue;
        const int one = decommit(region, runs[finished].iov_base, runs[finished].iov_len, options);
        hp_vm_count(&hp_vm_counters.batch_singles, 1);
        if (one < 0 || one > answer) answer = one;
        if (one >= 0) finished++;
    }
    if (done) *done = finished;
    return answer;
}
