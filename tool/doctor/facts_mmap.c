/* SPDX-License-Identifier: MIT */
/* Does the kernel put memory where it was asked to? */
#include "probe.h"

#include <errno.h>

/* PaX with RANDMMAP, early WSL1 and nanos choose for themselves. The hint is the middle of a hole,
 * not its top: a kernel that ignores hints would give back the top of the very hole. */
static void hint(struct finding *f) {
    static const size_t holes[] = {3, 257, 16385};
    const size_t page = page_size();
    unsigned honoured = 0;
    uintptr_t wanted = 0, got = 0, stray_wanted = 0, stray = 0;
    for (size_t i = 0; i < COUNT(holes); i++) {
        wanted = free_hole(holes[i] * page) + holes[i] / 2 * page;
        const int code = map_at(wanted, page, PROT_NONE, 0, &got);
        if (code)
            return found(f, STATUS_WRONG, "a free page was asked for at %#lx and refused: %s",
                         (long)wanted, error_word(code));
        unmap(got, page);
        honoured += got == wanted;
        if (got != wanted) stray_wanted = wanted, stray = got;
    }
    if (honoured == COUNT(holes))
        return found(f, STATUS_OK, "%u of %zu free addresses granted as hinted", honoured,
                     COUNT(holes));
    found(f, STATUS_WRONG, "%u of %zu free addresses granted; asked for %#lx, got %#lx", honoured,
          COUNT(holes), (long)stray_wanted, (long)stray);
    todo(f, "Place with MAP_FIXED_NOREPLACE and compare the answer. On a PaX kernel: paxctl -r "
            "PROGRAM.");
}

enum placed { PLACED_EXACTLY = 0, PLACED_ELSEWHERE = 1 };

/* enum placed, or -errno. Whatever was granted is given back, wherever it is. */
static int place(uintptr_t at, size_t length) {
    uintptr_t got;
    const int code = map_at(at, length, PROT_NONE, MAP_FIXED_NOREPLACE, &got);
    if (code) return code;
    unmap(got, length);
    return got == at ? PLACED_EXACTLY : PLACED_ELSEWHERE;
}

static const char *placed_word(int answer) {
    return answer == PLACED_EXACTLY     ? "granted"
           : answer == PLACED_ELSEWHERE ? "put elsewhere"
                                        : error_word(answer);
}

static void judge_noreplace(struct finding *f, int full, int partial, int exact) {
    if (full == -EEXIST && partial == -EEXIST && exact == PLACED_EXACTLY)
        return found(f, STATUS_OK,
                     "EEXIST over a mapping, whole or in part; a free address granted exactly");
    const bool ignored =
        full == PLACED_ELSEWHERE && partial == PLACED_ELSEWHERE && exact == PLACED_EXACTLY;
    found(f, ignored ? STATUS_NOTE : STATUS_WRONG,
          "over a mapping: %s; over half of one: %s; over free memory: %s", placed_word(full),
          placed_word(partial), placed_word(exact));
    todo(f, "Compare every answer with the request and unmap what landed elsewhere, as hp_vm_place "
            "does.");
}

/* Linux 4.17 brought the flag; 4.17 and 4.18 overlooked a partial overlap; before, and in some
 * emulators, it is a hint. */
static void noreplace(struct finding *f) {
    const size_t page = page_size();
    uintptr_t base;
    const int code = map_at(0, 4 * page, PROT_NONE, 0, &base);
    if (code) return blind(f, "mmap of 4 pages", code);
    unmap(base + 2 * page, 2 * page);
    const int exact = place(base + 3 * page, page);
    const int partial = place(base + page, 2 * page);
    const int full = place(base, page);
    unmap(base, 4 * page);
    judge_noreplace(f, full, partial, exact);
}

static void reserve(struct finding *f) {
    int refusal;
    const unsigned power = largest_reservation(&refusal);
    const unsigned good = sizeof(void *) == 8 ? 40 : 30, poor = sizeof(void *) == 8 ? 36 : 28;
    const enum status status = power >= good   ? STATUS_OK
                               : power >= poor ? STATUS_NOTE
                                               : STATUS_WRONG;
    if (!power)
        found(f, STATUS_WRONG, "not even 16 MiB without access: %s", error_word(refusal));
    else
        found(f, status, "%s in one piece without access; the next power of two: %s",
              BYTES(UINT64_C(1) << power), refusal ? error_word(refusal) : "not asked for");
    if (status != STATUS_OK)
        todo(f, "Look at mem.limits: ulimit -v unlimited, or reserve in steps downwards.");
}

static void explain_min_addr(struct finding *f, uintptr_t floor, bool zero) {
    uint64_t said;
    const int code = read_number("/proc/sys/vm/mmap_min_addr", &said);
    if (code) return blind(f, "/proc/sys/vm/mmap_min_addr", code);
    const bool agrees = said == floor;
    found(f, agrees && !zero ? STATUS_OK : STATUS_NOTE,
          "the lowest hint gives %#lx, the sysctl says %#lx; page 0 is %s", (long)floor, (long)said,
          zero ? "granted to this process (CAP_SYS_RAWIO)" : "refused");
    if (zero)
        todo(f, "Drop CAP_SYS_RAWIO: without it a null pointer cannot become valid memory.");
    else if (!agrees)
        todo(f,
             "Believe the probe, not vm.mmap_min_addr: a security module may keep a higher floor.");
}

/* A hint below the floor is raised to it, so the lowest hint shows the floor that is in effect. */
static void min_addr(struct finding *f) {
    const size_t page = page_size();
    uintptr_t got;
    const int code = map_at(page, page, PROT_NONE, 0, &got);
    if (code) return blind(f, "mmap with the lowest hint", code);
    unmap(got, page);
    if (got > 16 << 20)
        return found(f, STATUS_NOTE, "no low address: the lowest hint was answered with %#lx",
                     (long)got);
    explain_min_addr(f, got, place(0, page) == PLACED_EXACTLY);
}

/* 'z' must be gone after MADV_DONTNEED. Taken away under PROT_NONE first when asked: one emulator
 * skipped such pages. */
static int forgets(char *at, size_t page, bool without_access) {
    at[0] = 'z';
    if (without_access) hp_sys_mprotect(at, page, PROT_NONE);
    const int code = hp_sys_madvise(at, page, MADV_DONTNEED);
    if (without_access) hp_sys_mprotect(at, page, READ_WRITE);
    return code ? code : *(volatile char *)at == 0;
}

enum { NO_SUCH_ADVICE = 9999 };

static void judge_truthful(struct finding *f, int bogus, int open, int closed) {
    if (bogus == -EINVAL && open == 1 && closed == 1)
        return found(
            f, STATUS_OK,
            "unknown advice is refused, MADV_DONTNEED gives zeroes, with and without access");
    const char *advice = bogus ? error_word(bogus) : "accepted";
    const char *with = open == 1 ? "zeroes" : open ? error_word(open) : "the old bytes";
    const char *without = closed == 1 ? "zeroes" : closed ? error_word(closed) : "the old bytes";
    found(f, STATUS_WRONG, "unknown advice: %s; MADV_DONTNEED: %s; the same without access: %s",
          advice, with, without);
    todo(f, "Do not probe by madvise here; give memory back by mapping over it with MAP_FIXED.");
}

static void truthful(struct finding *f) {
    const size_t page = page_size();
    uintptr_t at;
    const int code = map_at(0, page, READ_WRITE, 0, &at);
    if (code) return blind(f, "mmap of a page", code);
    const int bogus = hp_sys_madvise((void *)at, page, NO_SUCH_ADVICE);
    const int open = forgets((char *)at, page, false);
    const int closed = forgets((char *)at, page, true);
    unmap(at, page);
    judge_truthful(f, bogus, open, closed);
}

static const struct fact rows[] = {
    {"mmap.hint", "A page at an address that is free, by hint alone.",
     "Compressed pointers, JIT code within reach of its callers, arenas found by address: all "
     "start from a hint. Where it "
     "is ignored a runtime loops, fails, or finds its heap where it cannot be.",
     hint},
    {"mmap.noreplace",
     "MAP_FIXED_NOREPLACE over a mapping, over half of one, and over free memory.",
     "It is the one way to take an address without a race and without destroying what another "
     "thread put there.",
     noreplace},
    {"mmap.reserve",
     "The largest power of two of address space, without access and without commit.",
     "Heaps, sandboxes and stacks are carved out of reservations of gigabytes to terabytes.",
     reserve},
    {"mmap.min_addr", "A page at the lowest address, by hint, and page 0 itself.",
     "Below the floor nothing is mapped, so a null pointer with an offset faults; low arenas must "
     "start above it.",
     min_addr},
    {"mmap.truthful",
     "madvise with advice that no kernel knows; whether MADV_DONTNEED leaves zeroes.",
     "Allocators hand memory out again as zeroed after MADV_DONTNEED. Some kernels and emulators "
     "say 0 to everything and "
     "do nothing: old contents come back, and every probe by madvise lies.",
     truthful},
};

FAMILY(mmap, "memory at the address that was asked for");
