/* SPDX-License-Identifier: MIT */
/* Memory calls as they are. An address is an answer that may look negative, so it leaves by
 * *out. */
#include "enter.h"

int hp_sys_mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset,
                void **out) {
    const uint64_t units = (uint64_t)offset >> HP_MMAP_SHIFT;
    if (offset & ((1 << HP_MMAP_SHIFT) - 1) || units != (unsigned long)units) return -HP_EINVAL;
    return pointer_answer(ENTER6(mmap, address, length, protection, flags, fd, units), out);
}

int hp_sys_munmap(void *address, size_t length) { return (int)ENTER2(munmap, address, length); }

int hp_sys_mprotect(void *address, size_t length, int protection) {
    return (int)ENTER3(mprotect, address, length, protection);
}

int hp_sys_madvise(void *address, size_t length, int advice) {
    return (int)ENTER3(madvise, address, length, advice);
}

long hp_sys_process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice,
                            unsigned flags) {
    return ENTER5(process_madvise, pidfd, ranges, count, advice, flags);
}

int hp_sys_mincore(void *address, size_t length, unsigned char *resident) {
    return (int)ENTER3(mincore, address, length, resident);
}

int hp_sys_mremap(void *old, size_t old_length, size_t new_length, int flags, void *new_address,
                  void **out) {
    return pointer_answer(ENTER5(mremap, old, old_length, new_length, flags, new_address), out);
}

int hp_sys_mlock(const void *address, size_t length) { return (int)ENTER2(mlock, address, length); }

int hp_sys_munlock(const void *address, size_t length) {
    return (int)ENTER2(munlock, address, length);
}

int hp_sys_mseal(void *address, size_t length, unsigned long flags) {
    return (int)ENTER3(mseal, address, length, flags);
}

int hp_sys_mbind(void *address, size_t length, int mode, const unsigned long *nodes,
                 unsigned long bits, unsigned flags) {
    return (int)ENTER6(mbind, address, length, mode, nodes, bits, flags);
}

int hp_sys_shmget(int key, size_t length, int flags) {
    return (int)ENTER3(shmget, key, length, flags);
}

int hp_sys_shmat(int id, const void *address, int flags, void **out) {
    return pointer_answer(ENTER3(shmat, id, address, flags), out);
}

int hp_sys_shmdt(const void *address) { return (int)ENTER1(shmdt, address); }

int hp_sys_shmctl(int id, int command, void *buffer) {
    return (int)ENTER3(shmctl, id, command, buffer);
}
