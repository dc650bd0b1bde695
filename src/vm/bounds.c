/* SPDX-License-Identifier: MIT */
/* The edges of the address space, by placing pages: CPUID, the page tables' levels and the sysctl
 * all have said other than the kernel did (a 57-bit processor under a 48-bit kernel; mmap_min_addr
 * 4096 where an LSM keeps 65536). */
#include "vm.h"

enum {
    LOW_MAX = 1 << 20,
    BITS_WIDE = 57,
    BITS_USUAL = 47,
    BITS_LEAST = 30,
    BITS_OF_ADDRESS = 8 * sizeof(uintptr_t)
};

/* A kernel that takes hints moves those to where nobody may map. Within the window it also moves
 * one to right below a stack, where a mapping may be: no answer comes of that. */
static bool is_outside(uintptr_t at) {
    const bool may_be = at >= LOW_MAX && !((uint64_t)at >> BITS_USUAL);
    return !may_be && hp_vm_features() & HP_VM_HAS_HINT;
}

/* Taken counts: somebody could map there. */
static int can_map(uintptr_t at) {
    const size_t page = hp_vm_page();
    int rung;
    const int answer = hp_vm_climb(at, page, 0, &rung);
    if (answer == 0) hp_sys_munmap((void *)at, page);
    if (answer == HP_EELSEWHERE && !is_outside(at)) return answer;
    return answer == 0 || answer == -EEXIST;
}

static int find_low(uintptr_t *low) {
    const size_t page = hp_vm_page();
    uintptr_t refused = 0, granted = LOW_MAX;
    int answer = can_map(granted);
    if (answer <= 0) return answer ? answer : -ENOMEM;
    while (granted - refused > page) {
        const uintptr_t middle = hp_align_down(refused + (granted - refused) / 2, page);
        answer = can_map(middle);
        if (answer < 0) return answer;
        if (answer)
            granted = middle;
        else
            refused = middle;
    }
    *low = granted;
    return 0;
}

/* The last page below a power of two is never mapped on x86, and always may be elsewhere: the one
 * before it is asked. */
static int find_high(unsigned bits, uintptr_t *high) {
    const size_t page = hp_vm_page();
    for (; bits >= BITS_LEAST; bits--) {
        const uintptr_t end = bits < BITS_OF_ADDRESS ? (uintptr_t)1 << bits : 0;
        const int answer = can_map(end - 2 * page);
        if (answer < 0) return answer;
        if (!answer) continue;
        *high = can_map(end - page) > 0 && end ? end : end - page;
        return 0;
    }
    return -ENOMEM;
}

static int find_high_32(uintptr_t *high) {
    const size_t page = hp_vm_page();
    uintptr_t granted = (uintptr_t)1 << BITS_LEAST, refused = hp_align_down(UINTPTR_MAX, page);
    while (refused - granted > page) {
        const uintptr_t middle = hp_align_down(granted + (refused - granted) / 2, page);
        const int answer = can_map(middle);
        if (answer < 0) return answer;
        if (answer)
            granted = middle;
        else
            refused = middle;
    }
    *high = granted + page;
    return 0;
}

int hp_vm_bounds(int wide, uintptr_t *low, uintptr_t *high) {
    const int answer = find_low(low);
    if (answer < 0) return answer;
    if (BITS_OF_ADDRESS == 32) return find_high_32(high);
    return find_high(wide ? BITS_WIDE : BITS_USUAL, high);
}
