/* SPDX-License-Identifier: MIT */
/* A lock of one word for the rooms above, and the one that keeps a fork away from a descriptor
 * which has no close-on-exec yet. */
#ifndef HP_SYS_LOCK_H
#define HP_SYS_LOCK_H

#include "sys.h"

/* 0 free, 1 held, 2 held and waited for. Not for signal handlers, which may have interrupted the
 * holder. */
struct hp_lock {
    uint32_t word;
};

void hp_lock_wait(struct hp_lock *lock);
void hp_lock_wake(struct hp_lock *lock);

HP_INLINE bool hp_lock_try(struct hp_lock *lock) {
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

HP_INLINE void hp_lock(struct hp_lock *lock) {
    if (!hp_lock_try(lock)) hp_lock_wait(lock);
}

HP_INLINE void hp_unlock(struct hp_lock *lock) {
    if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2) hp_lock_wake(lock);
}

/* False when it is still held by another at the deadline. */
bool hp_lock_until(struct hp_lock *lock, hp_deadline deadline);

/* Held from the making of a descriptor to its FD_CLOEXEC where the kernel cannot do both at once,
 * and by whoever forks to execute. It cannot cover a fork that is not hardpan's. */
extern struct hp_lock hp_fork_lock;

#endif
