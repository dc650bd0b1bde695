/* SPDX-License-Identifier: MIT */
/* The placement ladder. The answer of mmap is always compared with what was asked for: kernels with
 * PaX RANDMMAP, WSL1, nanos and UML grant the size and not the place, and a flag they do not know
 * is a hint to them. */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "fresh.h"

static int map_exactly(uintptr_t at, size_t size, int flags) {
    uintptr_t got;
    const int answer = hp_vm_map_at(at, size, flags, &got);
    if (answer < 0) return answer;
    if (got == at) return 0;
    hp_sys_munmap((void *)got, size);
    hp_vm_count(&hp_vm_counters.strays, 1);
    return HP_EELSEWHERE;
}

static int by_noreplace(uintptr_t at, size_t size) {
    return map_exactly(at, size, FLAG_FIXED_NOREPLACE);
}

static int by_hint(uintptr_t at, size_t size) { return map_exactly(at, size, 0); }

/* shmat without SHM_REMAP checks for an overlap and maps under one lock: exact or -EINVAL, on every
 * kernel. What it mapped is ours, so putting the anonymous reservation over it by MAP_FIXED
 * replaces nobody's memory. */
static int attach(int id, uintptr_t at, size_t size) {
    void *got;
    int answer = hp_sys_shmat(id, (void *)at, 0, &got);
    if (answer < 0) return answer == -EINVAL ? -EEXIST : answer;
    answer = (uintptr_t)got == at
                 ? hp_sys_mmap(got, size, PROT_NONE, RESERVATION | MAP_FIXED, -1, 0, &got)
                 : HP_EELSEWHERE;
    if (answer == HP_EELSEWHERE) hp_vm_count(&hp_vm_counters.strays, 1);
    if (answer < 0) hp_sys_shmdt(got);
    return answer;
}

static int by_shm(uintptr_t at, size_t size) {
    if (!hp_is_aligned(at, SHM_GRANULE_PAGES * hp_vm_page())) return HP_EELSEWHERE;
    const int id = hp_sys_shmget(IPC_PRIVATE, size, IPC_CREAT | SHM_NORESERVE | 0600);
    if (id == -ENOSYS) hp_vm_lack(HP_VM_HAS_SHM);
    if (id < 0) return HP_EELSEWHERE; /* left out, denied, or over a limit: the next rung */
    const int answer = attach(id, at, size);
    hp_sys_shmctl(id, IPC_RMID, 0);
    return answer;
}

static int by_race(uintptr_t at, size_t size) {
    const int free = hp_vm_is_all(0, at, size, 0);
    if (free <= 0) return free ? free : -EEXIST;
    return map_exactly(at, size, MAP_FIXED);
}

static const struct rung {
    unsigned feature;
    int rung;
    int (*try)(uintptr_t at, size_t size);
    uint64_t *taken;
} ladder[] = {
    {HP_VM_HAS_NOREPLACE, HP_VM_NOREPLACE, by_noreplace, &hp_vm_counters.placed_noreplace},
    {HP_VM_HAS_HINT, HP_VM_HINT, by_hint, &hp_vm_counters.placed_hint},
    {HP_VM_HAS_SHM, HP_VM_SHM, by_shm, &hp_vm_counters.placed_shm},
    {0, HP_VM_RACY, by_race, &hp_vm_counters.placed_racy},
};

/* A refusal of the flag itself. Everything else a rung says is final, but that the place was not
 * given. */
static bool next_rung(int answer, int rung) {
    return answer == HP_EELSEWHERE ||
           (rung == HP_VM_NOREPLACE && (answer == -EINVAL || answer == -EOPNOTSUPP));
}

/* No rung gave the place. Somebody there, or a kernel that ignores addresses: two different
 * answers. */
static int not_placed(uintptr_t at, size_t size) {
    const int free = hp_vm_is_all(0, at, size, 0);
    return free == 0 ? -EEXIST : HP_EELSEWHERE;
}

/* A kernel that could not be probed, for want of a few pages, may still grant one. What lies there
 * is looked at then: an untried flag may replace it (probe_noreplace knows who did). */
int hp_vm_climb(uintptr_t at, size_t size, unsigned flags, int *rung) {
    struct hp_vm_info info;
    if (hp_vm_probe(&info) < 0 && hp_vm_is_all(0, at, size, 0) == 0) return -EEXIST;
    for (size_t i = 0; i < HP_COUNT(ladder); i++) {
        const struct rung *step = &ladder[i];
        if ((info.has & step->feature) != step->feature) continue;
        if (step->rung == HP_VM_RACY && !(flags & HP_VM_RACE_OK)) continue;
        const int answer = step->try(at, size);
        if (next_rung(answer, step->rung)) continue;
        if (answer < 0) return answer;
        hp_vm_count(step->taken, 1);
        *rung = step->rung;
        return 0;
    }
    return not_placed(at, size);
}

int hp_vm_place(void *at, size_t size, unsigned flags, struct hp_vm_region *region) {
    const uintptr_t base = (uintptr_t)at;
    const struct hp_vm_request request = {.flags = flags};
    uintptr_t rounded, end;
    int rung;
    if (!base || !size || !hp_is_aligned(base, hp_vm_page())) return -EINVAL;
    if (flags & ~(unsigned)HP_VM_FLAGS_WITHOUT_NODE) return -EINVAL;
    if (!hp_align_up(size, hp_vm_page(), &rounded) || !hp_add(base, rounded, &end)) return -EINVAL;
    hp_vm_hold(rounded);
    int answer = hp_vm_climb(base, rounded, flags, &rung);
    if (answer == 0) answer = hp_vm_take(region, base, rounded, &request, rung);
    if (answer < 0) hp_vm_let_go(rounded);
    return answer;
}
