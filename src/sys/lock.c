/* SPDX-License-Identifier: MIT */
/* The slow side of the lock: a few looks, because what is held under it is short, then a futex. */
#include "lock.h"

enum { LOOKS = 100 };

struct hp_lock hp_fork_lock;

static bool look(struct hp_lock *lock) {
    for (int i = 0; i < LOOKS; i++)
        if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0 && hp_lock_try(lock)) return true;
    return false;
}

/* Whoever comes out of here has said that others may wait, because it cannot know. */
bool hp_lock_until(struct hp_lock *lock, hp_deadline deadline) {
    if (look(lock)) return true;
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0) {
        const int answer = hp_sys_futex_wait(&lock->word, 2, deadline);
        if (answer < 0 && deadline != HP_FOREVER) return false;
    }
    return true;
}

void hp_lock_wait(struct hp_lock *lock) { hp_lock_until(lock, HP_FOREVER); }

void hp_lock_wake(struct hp_lock *lock) { hp_sys_futex_wake(&lock->word, 1); }
