/* SPDX-License-Identifier: MIT */
/* hardpan/vm.h - memory at the address asked for: reserve, place, commit, give back.
 *
 *              reserve, place                commit                   (memory may be touched here)
 *      None ------------------> Reserved --------------------> Ready <------+
 *       ^                          ^  ^                          |  |        | commit
 *       |        release           |  |   decommit HARD, REFUND  |  |        |
 *       +--------------------------+  +--------------------------+  +----> Prepared
 *        (from any state)                 guard: any -> Reserved      decommit (soft)
 *
 *   None      not ours; anybody may map there
 *   Reserved  ours; touching it faults; costs no commit charge, one mapping for the whole region
 *   Prepared  ours; contents are gone, commit before touching (it may not fault yet: only Reserved
 *             promises that)
 *   Ready     ours; readable and writable; fresh pages read zero
 *
 * For every function here, unless it says otherwise:
 *   answer   0 or a positive number, or -errno, or a code of hp_code. Nothing the kernel granted
 *            is assumed: addresses are compared, sizes reported. After an error the caller owns
 *            what it owned before, unless it is HP_ELOST.
 *   ranges   [at, at + size) must lie in the region and start and end on a page: -EINVAL
 *            otherwise, and nothing is done. Nothing is ever rounded outward. size 0 is -EINVAL.
 *   safety   any thread, signal handlers, after vfork, before main. Calls on disjoint ranges of
 *            one region need no lock; calls on overlapping ranges, and split, release and seal,
 *            are the caller's to order.
 *   memory   a region is a struct that the caller keeps; the library keeps no list of them and no
 *            descriptor.
 *   cost     "N calls" counts system calls; "mappings" what is added to /proc/self/maps
 *            (vm.max_map_count is 65530).
 * Every way round a kernel that refuses or lies is counted (hp_vm_stats) and can be forced
 * (hp_vm_force). */
#ifndef HARDPAN_VM_H
#define HARDPAN_VM_H

#include <hardpan/base.h>

HP_EXTERN_C_BEGIN

struct iovec;

/* ---- What this kernel does ------------------------------------------------------------------- */

/* Found by behaviour. The bits of hp_vm_info.has, of hp_vm_force, and of no kernel version. */
enum hp_vm_has {
    /* MAP_FIXED_NOREPLACE refuses also a partial overlap, and places exactly (4.19) */
    HP_VM_HAS_NOREPLACE = 1 << 0,
    /* mmap takes a free address it is given (grsecurity, old WSL, nanos do not) */
    HP_VM_HAS_HINT = 1 << 1,
    /* shmat may be used to place (not on Android, nor where SysV IPC is left out) */
    HP_VM_HAS_SHM = 1 << 2,
    /* madvise refuses advice it does not know; without it no other advice is believed */
    HP_VM_HAS_ADVICE = 1 << 3,
    HP_VM_HAS_ZEROING = 1 << 4,  /* MADV_DONTNEED leaves zeroes */
    HP_VM_HAS_GUARD = 1 << 5,    /* MADV_GUARD_INSTALL (6.13) */
    HP_VM_HAS_POPULATE = 1 << 6, /* MADV_POPULATE_WRITE (5.14) */
    HP_VM_HAS_FREE = 1 << 7,     /* MADV_FREE (4.5); found at the first use */
    HP_VM_HAS_LOCKED = 1 << 8,   /* MADV_DONTNEED_LOCKED (5.18) */
    /* process_madvise on oneself by PIDFD_SELF (6.14); found at the first use */
    HP_VM_HAS_BATCH = 1 << 9,
    HP_VM_HAS_QUERY = 1 << 10, /* PROCMAP_QUERY (6.11); found at the first use */
    HP_VM_HAS_MAPS = 1 << 11,  /* /proc/self/maps can be read; found at the first use */
    /* mmap aligns multiples of the huge page to it by itself (6.7) */
    HP_VM_HAS_HUGE_ALIGN = 1 << 12,
    HP_VM_HAS_REMAP = 1 << 13, /* mremap of size 0 maps shared pages once more (hardpan/ring.h) */
    HP_VM_HAS_MEMFD = 1 << 14  /* memfd_create (3.17; hardpan/ring.h) */
};
#define HP_VM_HAS_EVERYTHING ((1u << 15) - 1)

struct hp_vm_info {
    size_t page;      /* bytes; never assumed: 4 KiB to 64 KiB */
    size_t huge_page; /* bytes of a transparent huge page of this page size */
    unsigned has;     /* enum hp_vm_has, what is forced away taken off */
};

/* Tells what this kernel does. The first use probes: at most 12 calls, 1 more where
 * MAP_FIXED_NOREPLACE is not known; no file opened where PR_GET_AUXV is (6.4), else one, in 3
 * calls. Three mappings are made and taken back. Threads that come first together may each probe.
 * Later uses: no call. 0, or the error that kept it from looking: under a limit that leaves it
 * not even 6 pages, or not one that can be written. Then it looks again at the next use, and `has`
 * is what a first use would disprove, and MAP_FIXED_NOREPLACE, which is tried where nothing is
 * mapped. */
HP_API int hp_vm_probe(struct hp_vm_info *info);

/* From now on everything in `missing` counts as absent: how a program tests itself on the kernel
 * it does not have. 0 takes it back. Not to be called while other threads are in this room. */
HP_API void hp_vm_force(unsigned missing);

/* The name of one bit ("noreplace"), NULL for another number. */
HP_API const char *hp_vm_has_name(unsigned bit);

/* A page of text for a bug report: what is there, what is not, limits, totals. The length it
 * needs, as snprintf; always terminated when capacity > 0. About 30 calls; opens files in /proc. */
HP_API size_t hp_vm_report(char *text, size_t capacity);

/* The lowest and the end of the highest address that can be mapped, found by placing single pages,
 * which are given back. `high` is the edge of the 47-bit window on machines with more, unless
 * `wide`. At most 22 calls, 32 if `wide`, 60 on 32 bits; where MAP_FIXED_NOREPLACE is not known at
 * most 54, 120 if `wide`, 150 on 32 bits. HP_EELSEWHERE may be the answer on 32 bits if hints are
 * all there is, and on aarch64 if shmat is, which may keep to 4 pages there. */
HP_API int hp_vm_bounds(int wide, uintptr_t *low, uintptr_t *high);

/* ---- Regions --------------------------------------------------------------------------------- */

/* Which way the region got its place. */
enum hp_vm_rung {
    HP_VM_ANYWHERE,  /* where the kernel chose */
    HP_VM_NOREPLACE, /* MAP_FIXED_NOREPLACE, and the answer compared */
    HP_VM_HINT,      /* a hint, and the answer compared */
    /* shmat, which is exact or refused, then an anonymous mapping over one's own */
    HP_VM_SHM,
    HP_VM_RACY, /* looked free, then MAP_FIXED: only with HP_VM_RACE_OK */
    HP_VM_ADOPTED
};

enum hp_vm_flag {
    HP_VM_NO_DUMP = 1 << 0,      /* left out of core dumps (MADV_DONTDUMP) */
    HP_VM_NO_FORK = 1 << 1,      /* not there in a forked child (MADV_DONTFORK) */
    HP_VM_WIPE_ON_FORK = 1 << 2, /* zero in a forked child (MADV_WIPEONFORK) */
    HP_VM_HUGE = 1 << 3,         /* MADV_HUGEPAGE */
    HP_VM_NO_HUGE = 1 << 4,      /* MADV_NOHUGEPAGE */
    HP_VM_NODE = 1 << 5,         /* prefer the memory of NUMA node `node` (mbind) */
    /* set in hp_vm_region.missed when a name was given and not taken */
    HP_VM_NAME = 1 << 6,
    HP_VM_STRICT = 1 << 7, /* an attribute that is not granted fails the reservation */
    HP_VM_RACE_OK =
        1
        << 8, /* the last rung may be used: look, then MAP_FIXED. Another thread that maps there in
                                    between loses its mapping */
    HP_VM_SEALED = 1 << 9, /* set by hp_vm_seal */
    /* hp_vm_commit says HP_VM_ZERO of what was never committed before. What was is kept by one
     * atomic exchange a commit: 10 to 20 ns of some 360 */
    HP_VM_TELL_ZERO = 1 << 10
};

struct hp_vm_region {
    unsigned char *base;
    size_t size;     /* bytes, whole pages */
    unsigned flags;  /* enum hp_vm_flag that hold for the region */
    unsigned missed; /* attributes asked for that the kernel did not grant, or not again to a
                        part that was refunded */
    int rung;        /* enum hp_vm_rung */
    int node;
    const char *name;
    /* with HP_VM_TELL_ZERO: what was ever committed lies in here; outside, pages are zero */
    uintptr_t used_low, used_high;
    unsigned guarded; /* some of it may be guarded by MADV_GUARD_INSTALL */
};

struct hp_vm_request {
    size_t size;         /* bytes wanted; rounded up to a page, the region says what it became */
    size_t least;        /* when `size` is refused: halved, down to this. 0: `size` or nothing */
    size_t align;        /* a power of two; 0: a page */
    uintptr_t low, high; /* all of it within [low, high); 0, 0: anywhere */
    /* with reach: no byte further from here than `reach`; the nearest gap is taken */
    uintptr_t near;
    /* 0: near does not count. 2 GiB - 1 for a relative call on x86-64, 128 MiB on aarch64 */
    size_t reach;
    unsigned flags; /* enum hp_vm_flag */
    int node;       /* with HP_VM_NODE */
    /* at most 79 bytes, static storage, NULL: none (PR_SET_VMA_ANON_NAME, where built in) */
    const char *name;
};

/* Reserves address space: None -> Reserved, never over anything. 1 call and 1 mapping; with an
 * alignment beyond a page at most 3 calls (5 at the one where a kernel is first seen not to align
 * huge pages, which was believed to), and a look at the mappings where the size fits under a limit
 * and the size with what would be cut off does not; plus 1 for each attribute and each size tried;
 * within a range or near an address 1 call a gap looked at, 2 to look at all, and at the first a
 * look for the initial stack (1 call, 3 before Linux 6.4). Such a gap ends 256 pages below the
 * mapping that the caller's frame is in, and 256 pages below what the initial stack may grow to by
 * RLIMIT_STACK (1 call), or is now if that is unlimited. Other mappings of MAP_GROWSDOWN are not
 * known, nor is any by mincore whose top is beyond the range, and hp_vm_place looks at none: there
 * a stack may grow into what is committed. -ENOMEM (hp_vm_why
 * says which limit), -EAGAIN (locked memory), -EINVAL, -EEXIST (no gap in the range), -EPERM,
 * -EOPNOTSUPP (an attribute that HP_VM_STRICT insists on), -EMFILE, -ENFILE (no descriptor to look
 * at the mappings with); HP_EELSEWHERE when the kernel ignores addresses and no race-free way is
 * left. */
HP_API int hp_vm_reserve(const struct hp_vm_request *request, struct hp_vm_region *region);

/* Reserves at one address: None -> Reserved at exactly this one, or -EEXIST, and what is there is
 * never touched. 1 call where MAP_FIXED_NOREPLACE works, at most 2 by hint, at most 7 by shmat.
 * `at` must be on a page and above vm.mmap_min_addr (-EPERM). When the kernel grants the size
 * elsewhere, that is given back and the next rung is tried. */
HP_API int hp_vm_place(void *at, size_t size, unsigned flags, struct hp_vm_region *region);

/* Private anonymous memory that the caller mapped becomes a region, as it is. That it is the
 * caller's, not a file's, not shared and not of MAP_HUGETLB is the caller's promise, and nothing
 * looks. It may have guards already, so every commit in it is 2 calls where the kernel has guards.
 * A look at the mappings, and 1 call for each attribute. -ENOMEM if part of it is not mapped. */
HP_API int hp_vm_adopt(void *base, size_t size, unsigned flags, struct hp_vm_region *region);

/* What hp_vm_adopt does, undone: the region is none, its mappings stay as they are, whosever they
 * are. For handing memory on, and for the part that HP_ELOST was said of: split it off and disown
 * it, for to release it would unmap another thread's memory. -EINVAL: it is none. No call. */
HP_API int hp_vm_disown(struct hp_vm_region *region);

/* Makes two regions of one, in its books only: the region keeps its first `head` bytes, `tail` is
 * the rest. No call. */
HP_API int hp_vm_split(struct hp_vm_region *region, size_t head, struct hp_vm_region *tail);

/* Joins two regions that lie in a row: bookkeeping only, what hp_vm_split does undone. `region`
 * becomes both, `tail` none. -EINVAL: they do not touch, or differ in their flags or node. No
 * call. */
HP_API int hp_vm_join(struct hp_vm_region *region, struct hp_vm_region *tail);

/* Gives a region back: Any -> None. 1 call. A whole reservation can be released also at
 * vm.max_map_count, but -ENOMEM, and still owned, is one that the kernel merged with what lies on
 * both sides of it: part of one that was split, or placed between two others. A released region has
 * size 0; releasing it again is -EINVAL. -EPERM: sealed. */
HP_API int hp_vm_release(struct hp_vm_region *region);

/* Gives back the first or the last part of a region, which shrinks. A part in the middle is
 * -EINVAL: split first, so that no region ever spans memory that is not its own. 1 call. */
HP_API int hp_vm_release_part(struct hp_vm_region *region, void *at, size_t size);

/* The mappings can no longer be changed or released, by anybody, for as long as the process lives
 * (mseal, Linux 6.10, 64-bit). -ENOSYS elsewhere. 1 call. */
HP_API int hp_vm_seal(struct hp_vm_region *region);

/* ---- Ranges of a region ---------------------------------------------------------------------- */

enum hp_vm_option {
    HP_VM_POPULATE = 1 << 0, /* commit: bring the pages in now, or fail now */
    HP_VM_HARD = 1 << 1,     /* decommit: touching it faults from now on */
    /* decommit: give the commit charge back (vm.overcommit_memory = 2); faults too */
    HP_VM_REFUND = 1 << 2
};

/* Positive answers. */
enum hp_vm_answer {
    /* commit: every byte is known to read zero (said only in a region of HP_VM_TELL_ZERO) */
    HP_VM_ZERO = 1,
    /* decommit: contents gone, the charge is still there (no mapping left to split) */
    HP_VM_NOT_REFUNDED = 2,
    /* decommit: contents gone, touching it does not fault (no mapping left to split) */
    HP_VM_NOT_HARD = 3,
    HP_VM_STILL_RESIDENT = 4 /* decommit: zeroed, the kernel would not take the memory back */
};

/* Makes memory usable: Reserved, Prepared -> Ready; what is Ready already stays as it is, so a
 * range may be mixed. 1 call (mprotect, never MAP_FIXED: on 6.1 a failed MAP_FIXED loses the
 * reservation), 2 in a region that has guards or was adopted, 1 more to populate. Growing what is
 * committed at its edge adds no mapping, the first commit and an island add 1 and 2: memory that is
 * committed here and there, in random order, costs up to 2 mappings an island. It costs none after
 * the whole region was committed once and taken back HARD, where there are guards. Guards in the
 * range are removed. 0, HP_VM_ZERO, or -ENOMEM (-EAGAIN under mlockall): nothing was lost, a part
 * at the start of a range that spans several mappings may be Ready already. */
HP_API int hp_vm_commit(struct hp_vm_region *region, void *at, size_t size, unsigned options);

/* Gives memory back and keeps the place: Ready -> Prepared; with HARD or REFUND -> Reserved. The
 * next commit reads zero. 1 call, no mapping: MADV_DONTNEED, HARD by MADV_GUARD_INSTALL where there
 * is one (else up to 2 calls and 2 mappings), REFUND by MAP_FIXED over one's own (2 mappings at
 * most). The ways round: DONTNEED_LOCKED, a fresh mapping, zeroes from /dev/zero. */
HP_API int hp_vm_decommit(struct hp_vm_region *region, void *at, size_t size, unsigned options);

/* hp_vm_decommit for `count` runs of one region, soft or HARD, in ceil(count / 1024) calls by
 * process_madvise where it works on oneself, else one call each. All runs are checked first. On an
 * error *done (if not NULL) is how many whole runs were decommitted. */
HP_API int hp_vm_decommit_runs(struct hp_vm_region *region, const struct iovec *runs, size_t count,
                               unsigned options, size_t *done);

/* Lets the kernel take pages when it needs them: Ready -> Ready with contents unknown, old bytes or
 * zero, until written (MADV_FREE; MADV_DONTNEED where there is none). 1 call. */
HP_API int hp_vm_discard(struct hp_vm_region *region, void *at, size_t size);

/* Brings the pages of a Ready range in, or says why not, without a signal (MADV_POPULATE_WRITE, 1
 * call). On older kernels every page is touched by an atomic add of 0, and memory that cannot be
 * had is SIGBUS or the OOM killer. */
HP_API int hp_vm_populate(struct hp_vm_region *region, void *at, size_t size);

enum hp_vm_protection { HP_VM_NONE = 0, HP_VM_READ = 1, HP_VM_WRITE = 2, HP_VM_EXECUTE = 4 };

/* Changes what may be done with a range. 1 call, up to 2 mappings. -EACCES: PaX MPROTECT, SELinux
 * execmem. */
HP_API int hp_vm_protect(struct hp_vm_region *region, void *at, size_t size, int protection);

/* Guards a range: Any -> Reserved, for good measure. Touching it is SIGSEGV and a system call on it
 * -EFAULT. 1 call and no mapping by MADV_GUARD_INSTALL, else 1 call and up to 2 mappings. Contents
 * may be lost. */
HP_API int hp_vm_guard(struct hp_vm_region *region, void *at, size_t size);

/* Ends a guard; the range is Prepared: commit it before use. 1 call where guards are the
 * kernel's, else none. */
HP_API int hp_vm_unguard(struct hp_vm_region *region, void *at, size_t size);

/* ---- Looking at the address space ------------------------------------------------------------ */

/* A way to look at this process's mappings. It holds a descriptor (close-on-exec) of the process
 * that opened it: not to be used in a forked child. Without one (NULL), each function below opens
 * and closes its own: 2 calls more. */
struct hp_vm_view {
    int fd;
};

/* Opens a view of this process's mappings, the caller's until hp_vm_view_close. An error is that of
 * opening /proc/self/maps; the view then is as a closed one. 1 call. */
HP_API int hp_vm_view_open(struct hp_vm_view *view);

/* Closes a view. 1 call; none when it is closed already. */
HP_API void hp_vm_view_close(struct hp_vm_view *view);

struct hp_vm_span {
    uintptr_t low, high; /* clipped to the range asked about */
    int mapped;          /* 0: free */
    /* enum hp_vm_protection, of a mapped span; -1 where only mincore could look */
    int protection;
};

/* The first span of the range: all of it alike, free or one mapping. 1 call with a view and
 * PROCMAP_QUERY; else the text of /proc/self/maps; where there is no /proc, mincore, a call a page.
 * For want of a descriptor mincore serves up to 1024 pages, and more are -EMFILE or -ENFILE. Any
 * address may be asked about. */
HP_API int hp_vm_query(const struct hp_vm_view *view, uintptr_t low, size_t size,
                       struct hp_vm_span *span);

/* The lowest place for `size` bytes in [low, high) at this alignment that is free now, and as clear
 * of stacks as in hp_vm_reserve. -EEXIST: there is none. By the time it is used it may be taken:
 * hp_vm_place says so. */
HP_API int hp_vm_find_gap(const struct hp_vm_view *view, uintptr_t low, uintptr_t high, size_t size,
                          size_t align, uintptr_t *at);

/* ---- Why not, and how often ------------------------------------------------------------------ */

enum hp_vm_cause {
    HP_VM_CAUSE_UNKNOWN,
    HP_VM_CAUSE_ADDRESS_LIMIT, /* RLIMIT_AS (ulimit -v) */
    HP_VM_CAUSE_DATA_LIMIT,    /* RLIMIT_DATA (ulimit -d), which bites at commit */
    HP_VM_CAUSE_COMMIT_LIMIT,  /* vm.overcommit_memory = 2, or the heuristic */
    HP_VM_CAUSE_MAPPINGS,      /* vm.max_map_count */
    HP_VM_CAUSE_LOCKED,        /* RLIMIT_MEMLOCK, under mlockall(MCL_FUTURE) */
    HP_VM_CAUSE_NO_SPACE,      /* no gap of that size in the address space */
    HP_VM_CAUSE_TAKEN,         /* somebody's mapping is there */
    HP_VM_CAUSE_ELSEWHERE,     /* the kernel ignores addresses */
    HP_VM_CAUSE_REFUSED,       /* vm.mmap_min_addr, a seal, seccomp, SELinux, PaX; HP_VM_STRICT */
    HP_VM_CAUSE_INVALID,       /* the arguments */
    HP_VM_CAUSE_LOST           /* HP_ELOST */
};

enum hp_vm_operation { HP_VM_RESERVE, HP_VM_COMMIT, HP_VM_CHANGE /* anything else */ };

/* Tells a failure apart, right after it: `code` is what came back, `size` what was asked for. The
 * answer is the cause; text (may be NULL) becomes a sentence with the figures and what to do. Best
 * effort: it looks at limits as they are now. Reads /proc in up to 22 calls,
 * and 1 more for each 4 KiB of /proc/self/maps, which is 40 to 80 mappings. */
HP_API int hp_vm_why(int code, int operation, size_t size, char *text, size_t capacity);

/* What this room did since the program began. */
struct hp_vm_totals {
    uint64_t regions, reserved; /* now: regions held (up to 16,777,215) and their bytes */
    /* bytes that passed through commit and decommit, ever; two threads at once may count as one */
    uint64_t committed, decommitted;
    uint64_t placed_noreplace, placed_hint, placed_shm, placed_racy;
    /* mappings that landed elsewhere and were given back */
    uint64_t strays;
    /* sizes that were refused on the way down to `least` */
    uint64_t halved;
    uint64_t trimmed; /* over-reservations cut to their alignment */
    uint64_t decommit_locked, decommit_remapped, decommit_protected, decommit_zeroed;
    uint64_t guard_protected;           /* guards that cost mappings */
    uint64_t batches, batch_singles;    /* process_madvise calls, and runs done one by one */
    uint64_t discard_eager;             /* discards by MADV_DONTNEED */
    uint64_t populate_touched;          /* pages */
    uint64_t query_maps, query_mincore; /* looks that PROCMAP_QUERY could not answer */
    /* ranges that a failed MAP_FIXED lost and that were taken back */
    uint64_t retaken;
    uint64_t rings_memfd, rings_shm; /* rings (hardpan/ring.h) that mremap could not make */
};

/* How often this room did what, since the program began, and what is held now. Relaxed counters,
 * never reset. No call. */
HP_API void hp_vm_stats(struct hp_vm_totals *totals);

HP_EXTERN_C_END

#endif
