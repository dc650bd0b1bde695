/* SPDX-License-Identifier: MIT */
/* The grain and the width of addresses. */
#include "probe.h"

#include <errno.h>

/* The smallest step that mprotect accepts within a mapping; 0 when it accepts none. */
static size_t grain(uintptr_t at, size_t length) {
    for (size_t step = 1024; step < length; step *= 2)
        if (!hp_sys_mprotect((void *)(at + step), length - step, PROT_NONE)) return step;
    return 0;
}

static void page(struct finding *f) {
    enum { LENGTH = 1 << 20 };
    uintptr_t at;
    const int code = map_at(0, LENGTH, PROT_NONE, 0, &at);
    if (code) return blind(f, "mmap of 1 MiB", code);
    const size_t seen = grain(at, LENGTH);
    unmap(at, LENGTH);
    if (seen != page_size()) {
        found(f, STATUS_WRONG,
              "protection changes in steps of %s, though the kernel told this process %s",
              BYTES(seen), BYTES(page_size()));
        return todo(f, "Align to the larger of the two.");
    }
    if (seen == 4096) return found(f, STATUS_OK, "%s", BYTES(seen));
    found(f, STATUS_NOTE, "%s, not the usual 4 KiB", BYTES(seen));
    todo(f, "Read the page size at run time: allocators with 4 KiB built in stop or corrupt here.");
}

/* Whether an address with this top bit can be had, or is taken already. */
static bool usable(unsigned bit) {
    uintptr_t got;
    const uintptr_t at = (uintptr_t)1 << bit;
    const int code = map_at(at, page_size(), PROT_NONE, MAP_FIXED_NOREPLACE, &got);
    if (!code) unmap(got, page_size());
    return code ? code == -EEXIST : got == at;
}

/* The topmost of 64 bits is the kernel's everywhere. */
static unsigned address_bits(void) {
    for (unsigned bits = sizeof(void *) == 8 ? 63 : 32; bits > 24; bits--)
        if (usable(bits - 1)) return bits;
    return 0;
}

static void va(struct finding *f) {
    const unsigned bits = address_bits();
    const bool usual = sizeof(void *) == 4 || bits == 47 || bits == 48;
    if (!bits) {
        found(f, STATUS_WRONG, "no address above 16 MiB could be had by asking for it");
        return todo(f, "Look at mmap.hint and mmap.noreplace.");
    }
    found(f, usual ? STATUS_OK : STATUS_NOTE, "%u bits: %s for user space", bits,
          BYTES(UINT64_C(1) << bits));
    if (usual) return;
    todo(f, bits < 47 ? "Do not hint at addresses of a 47-bit machine; find the top at run time."
                      : "Addresses above 47 bits come only to those who hint there; keep hints "
                        "below, or tags out.");
}

static const struct fact rows[] = {
    {"cpu.page",
     "The smallest step at which protection can change, against what the kernel said at exec.",
     "madvise and mprotect round to it; a smaller page built into a program zeroes its neighbours.",
     page},
    {"cpu.va", "A page at each power of two, from the top down, until one is granted.",
     "Tagged pointers, compressed pointers and fixed arenas assume a width: 39, 47, 48 and 56 bits "
     "all exist.",
     va},
};

FAMILY(cpu, "the grain and the width of addresses");
