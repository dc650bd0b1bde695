/* SPDX-License-Identifier: MIT */
/* mimalloc on hardpan: client_mimalloc WITHOUT
 *
 * Arenas placed side by side are handed to it, two of them committed and two only reserved (those
 * it commits itself), and it is told to use nothing else. Afterwards nobody may have unmapped any
 * of them, and hardpan's own verbs run over what mimalloc left. It cannot be told that an arena is
 * gone, so once they are released the program ends without another allocation. */
#include "client.h"

#include <mimalloc.h>
#include <sys/uio.h>

enum { ARENAS = 4, COMMITTED = 2 };
#define ARENA ((size_t)1 << 30)

static struct hp_vm_region arenas[ARENAS];
static unsigned char *base;

static void enter(void) {}
static void leave(void) { mi_collect(true); }
static void rest(void) { mi_collect(false); }
static void *take(size_t size) { return mi_malloc(size); }
static void give(void *block) { mi_free(block); }

static bool is_ours(const void *block) {
    return (uintptr_t)block - (uintptr_t)base < ARENAS * ARENA;
}

static unsigned no_rung(void) {
    return has() & (HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT | HP_VM_HAS_SHM) ? 0 : HP_VM_RACE_OK;
}

/* A free place that mimalloc's segments (64 MiB) fit; then each arena is placed by the ladder. */
static void place_arenas(void) {
    const struct hp_vm_request request = {.size = ARENAS * ARENA, .align = ARENA};
    struct hp_vm_region all;
    hp_vm_force(0);
    MUST(hp_vm_reserve(&request, &all) == 0);
    base = all.base;
    MUST(hp_vm_release(&all) == 0);
    hp_vm_force(client_lack);
    for (size_t i = 0; i < ARENAS; i++)
        MUST(hp_vm_place(base + i * ARENA, ARENA, no_rung() | HP_VM_TELL_ZERO, &arenas[i]) == 0);
}

static void hand_over(void) {
    for (size_t i = 0; i < ARENAS; i++) {
        const bool committed = i < COMMITTED;
        if (committed) MUST(hp_vm_commit(&arenas[i], arenas[i].base, ARENA, 0) == HP_VM_ZERO);
        MUST(mi_manage_os_memory(arenas[i].base, ARENA, committed, false, true, -1));
    }
    mi_option_set(mi_option_limit_os_alloc, 1);
    mi_option_set(mi_option_decommit_delay, 1); /* milliseconds: its own purges are to be met */
}

static bool reads_zero(const unsigned char *at, size_t size) {
    for (size_t i = 0; i < size; i += page())
        if (at[i]) return false;
    return true;
}

/* Our verbs over what mimalloc used: whatever it did to the protections, they still hold. */
static void use_again(struct hp_vm_region *region) {
    unsigned char *at = region->base;
    const size_t size = 8 * MIB;
    RIGHT(hp_vm_commit(region, at, ARENA, 0) >= 0);
    RIGHT(hp_vm_decommit(region, at, ARENA, HP_VM_HARD) >= 0);
    RIGHT(peek(at) == FAULTS && peek(at + ARENA - 1) == FAULTS);
    RIGHT(hp_vm_commit(region, at, size, 0) >= 0);
    RIGHT(reads_zero(at, size));
    memset(at, 1, size);
    struct iovec runs[8];
    for (size_t i = 0; i < HP_COUNT(runs); i++) runs[i] = (struct iovec){at + i * MIB, MIB / 2};
    RIGHT(hp_vm_decommit_runs(region, runs, HP_COUNT(runs), 0, 0) >= 0);
    RIGHT(hp_vm_commit(region, at, size, HP_VM_POPULATE) >= 0);
    for (size_t i = 0; i < HP_COUNT(runs); i++)
        RIGHT(reads_zero(at + i * MIB, MIB / 2) && at[i * MIB + MIB / 2] == 1);
}

static void rungs(const struct hp_vm_totals *was) {
    const struct hp_vm_totals now = totals();
    const unsigned shm = HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT, racy = shm | HP_VM_HAS_SHM;
    if (client_lack == HP_VM_HAS_NOREPLACE) RIGHT(now.placed_hint == was->placed_hint + ARENAS);
    if ((client_lack & racy) == shm) RIGHT(now.placed_shm == was->placed_shm + ARENAS);
    if ((client_lack & racy) == racy) RIGHT(now.placed_racy == was->placed_racy + ARENAS);
    if (client_lack & HP_VM_HAS_ZEROING)
        RIGHT(now.decommit_remapped > was->decommit_remapped);
    else if (client_lack & HP_VM_HAS_GUARD)
        RIGHT(now.decommit_protected > was->decommit_protected);
    if (client_lack & HP_VM_HAS_POPULATE) RIGHT(now.populate_touched > was->populate_touched);
    if (client_lack & HP_VM_HAS_BATCH) RIGHT(now.batches == was->batches);
}

int main(int count, char **arguments) {
    static const struct client mimalloc = {take, give, is_ours, enter, leave, rest};
    MUST(count == 2);
    const uint64_t operations = client_begin(arguments[1]);
    const struct hp_vm_totals before = totals();
    place_arenas();
    hand_over();
    client_stress(&mimalloc, operations);
    mi_collect(true);
    printf("%llu operations\n", (unsigned long long)client_done);
    fflush(stdout);
    for (size_t i = 0; i < ARENAS; i++) {
        RIGHT(hp_vm_is_all(0, (uintptr_t)arenas[i].base, ARENA, 1) == 1);
        use_again(&arenas[i]);
    }
    rungs(&before);
    for (size_t i = 0; i < ARENAS; i++) RIGHT(hp_vm_release(&arenas[i]) == 0);
    RIGHT(totals().reserved == before.reserved && totals().regions == before.regions);
    RIGHT(mappings_of(base, ARENAS * ARENA) == 0);
    _exit(client_wrong ? 1 : 0);
}
