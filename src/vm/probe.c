/* SPDX-License-Identifier: MIT */
/* What this kernel does, found by asking it: at most 12 calls, 1 more where MAP_FIXED_NOREPLACE is
 * not known; three mappings made and taken back. */
#include <string.h>

#include "auxv.h"
#include "fresh.h"

enum { KNOWN = 1u << 31, PAGE_USUAL = 4096, HUGE_MAX = 4 << 20, FEW_PAGES = 6 };

/* Believed until a first use disproves them: asking costs more than finding out. */
enum {
    BELIEVED = HP_VM_HAS_SHM | HP_VM_HAS_BATCH | HP_VM_HAS_QUERY | HP_VM_HAS_MAPS |
               HP_VM_HAS_REMAP | HP_VM_HAS_MEMFD
};

static unsigned features;
static unsigned forced;
size_t hp_vm_page_size;

static bool accepts(int advice) { return hp_sys_madvise(0, 0, advice) == 0; }

/* Advice on nothing is refused if it is unknown (6.1 and 6.18 seen). qemu-user 7.2 accepts
 * anything: no answer counts then. MADV_FREE is believed: its first use tells. */
static unsigned probe_advice(void) {
    if (accepts(ADVICE_NONSENSE)) return 0;
    unsigned has = HP_VM_HAS_ADVICE | HP_VM_HAS_FREE;
    if (accepts(ADVICE_GUARD_INSTALL)) has |= HP_VM_HAS_GUARD;
    if (accepts(ADVICE_POPULATE_WRITE)) has |= HP_VM_HAS_POPULATE;
    if (accepts(ADVICE_DONTNEED_LOCKED)) has |= HP_VM_HAS_LOCKED;
    return has;
}

/* The partial overlap must be refused: 4.17 and 4.18 missed it, and replaced what was there;
 * before, the flag was a hint. *ours then begins where the kernel put it. */
static bool probe_noreplace(unsigned char *end_of_hole, size_t page, unsigned char **ours) {
    void *got;
    const int answer = hp_sys_mmap(end_of_hole, 2 * page, PROT_NONE,
                                   RESERVATION | FLAG_FIXED_NOREPLACE, -1, 0, &got);
    if (answer < 0) return answer == -EEXIST;
    if (got == end_of_hole)
        *ours = got;
    else
        hp_sys_munmap(got, 2 * page);
    return false;
}

/* Some kernels accept MADV_DONTNEED and do nothing (nanos, old qemu-user). */
static unsigned probe_zeroing(volatile unsigned char *byte, size_t page) {
    *byte = 1;
    return hp_sys_madvise((void *)(uintptr_t)byte, page, ADVICE_DONTNEED) == 0 && !*byte
               ? HP_VM_HAS_ZEROING
               : 0u;
}

/* A hint into the middle of three free pages, where neither a search from above nor one from below
 * would have come to by itself. It is the one page that is written to: what is mapped without
 * access, as all else here is, no limit on data counts. */
static int probe_page(unsigned char *middle, size_t page, unsigned *has) {
    void *got;
    const int answer = hp_sys_mmap(middle, page, PROT_READ | PROT_WRITE, RESERVATION, -1, 0, &got);
    if (answer < 0) return answer;
    if (middle && got == middle) *has |= HP_VM_HAS_HINT;
    *has |= probe_zeroing(got, page);
    hp_sys_munmap(got, page);
    return 0;
}

static size_t huge_page_of(size_t page) { return page / 8 * page; }

/* Few pages where a limit leaves no room for more: they tell all but how huge pages are aligned. */
static int map_block(size_t page, unsigned char **base, size_t *size, unsigned *has) {
    const size_t huge = huge_page_of(page);
    uintptr_t at = 0;
    int answer = -ENOMEM;
    *size = 2 * huge;
    if (huge <= HUGE_MAX) answer = hp_vm_map(*size, &at);
    if (answer == 0 && hp_is_aligned(at, huge)) *has |= HP_VM_HAS_HUGE_ALIGN;
    if (answer < 0) {
        *size = FEW_PAGES * page;
        answer = hp_vm_map(*size, &at);
    }
    *base = (unsigned char *)at;
    return answer;
}

/* A hole of three pages is made at the start, and is not unmapped with the rest: by then it may be
 * another thread's. Who replaced our page is given no hints: to nanos before 2019 a hint was
 * MAP_FIXED. */
static int probe_mappings(size_t page, unsigned *has) {
    unsigned char *base;
    size_t size;
    int answer = map_block(page, &base, &size, has);
    if (answer < 0) return answer;
    unsigned char *end = base + size, *ours = base + 3 * page;
    hp_sys_munmap(base, 3 * page);
    if (probe_noreplace(base + 2 * page, page, &ours)) *has |= HP_VM_HAS_NOREPLACE;
    answer = probe_page(ours == base + 3 * page ? base + page : 0, page, has);
    hp_sys_munmap(ours, (size_t)(end - ours));
    return answer;
}

/* What could not be looked at is not remembered. MAP_FIXED_NOREPLACE is tried all the same, but
 * only where somebody looked (hp_vm_climb): then it refuses nothing that the kernel would grant. */
static unsigned probe(int *error) {
    unsigned has = BELIEVED;
    *error = probe_mappings(hp_vm_page(), &has);
    if (*error < 0) return has | HP_VM_HAS_NOREPLACE;
    has |= KNOWN | probe_advice();
    __atomic_store_n(&features, has, __ATOMIC_RELEASE);
    return has;
}

size_t hp_vm_page_ask(void) {
    size_t page = hp_auxv(AUXV_PAGE_SIZE);
    if (!hp_is_power_of_two(page)) page = PAGE_USUAL;
    __atomic_store_n(&hp_vm_page_size, page, __ATOMIC_RELAXED);
    return page;
}

size_t hp_vm_huge_page(void) { return huge_page_of(hp_vm_page()); }

static unsigned look(int *error) {
    unsigned has = __atomic_load_n(&features, __ATOMIC_ACQUIRE);
    *error = 0;
    if (!has) has = probe(error);
    return has & ~(KNOWN | __atomic_load_n(&forced, __ATOMIC_RELAXED));
}

unsigned hp_vm_features(void) {
    int error;
    return look(&error);
}

void hp_vm_lack(unsigned feature) { __atomic_fetch_and(&features, ~feature, __ATOMIC_RELAXED); }

void hp_vm_forget(void) { __atomic_store_n(&features, 0, __ATOMIC_RELAXED); }

void hp_vm_force(unsigned missing) { __atomic_store_n(&forced, missing, __ATOMIC_RELAXED); }

int hp_vm_probe(struct hp_vm_info *info) {
    int error;
    memset(info, 0, sizeof *info);
    info->page = hp_vm_page();
    info->huge_page = hp_vm_huge_page();
    info->has = look(&error);
    return error;
}

const char *hp_vm_has_name(unsigned bit) {
    static const char *const names[] = {"noreplace", "hint",     "shm",        "advice", "zeroing",
                                        "guard",     "populate", "free",       "locked", "batch",
                                        "query",     "maps",     "huge-align", "remap",  "memfd"};
    for (size_t i = 0; i < HP_COUNT(names); i++)
        if (bit == 1u << i) return names[i];
    return 0;
}
