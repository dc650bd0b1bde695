/* SPDX-License-Identifier: MIT */
/* Advice and numbers that a C library may be too old to name (include/uapi of Linux). */
#ifndef HP_VM_FLAGS_H
#define HP_VM_FLAGS_H

enum {
    FLAG_FIXED_NOREPLACE = 0x100000, /* 4.17 */
    ADVICE_DONTNEED = 4,
    ADVICE_FREE = 8, /* 4.5 */
    ADVICE_DONTFORK = 10,
    ADVICE_HUGEPAGE = 14,
    ADVICE_NOHUGEPAGE = 15,
    ADVICE_DONTDUMP = 16,
    ADVICE_WIPEONFORK = 18,      /* 4.14 */
    ADVICE_POPULATE_WRITE = 23,  /* 5.14 */
    ADVICE_DONTNEED_LOCKED = 24, /* 5.18 */
    ADVICE_GUARD_INSTALL = 102,  /* 6.13 */
    ADVICE_GUARD_REMOVE = 103,
    ADVICE_NONSENSE = 0x4841, /* no kernel knows it: who accepts it accepts anything */
    MEMFD_NOEXEC_SEAL = 8,    /* 6.3; where vm.memfd_noexec is 2, nothing else is granted */
    PIDFD_SELF_TASK = -10000, /* PIDFD_SELF, 6.14 */
    SET_VMA = 0x53564d41,     /* PR_SET_VMA, 5.17 where built in */
    SET_VMA_NAME = 0,
    PREFER_NODE = 1, /* MPOL_PREFERRED */
#ifdef __aarch64__
    /* What 32-bit tasks need. A kernel may hold all to it, and EINVAL off it then says nothing of
     * who is there; Debian's 6.1 does not. */
    SHM_GRANULE_PAGES = 4,
#else
    SHM_GRANULE_PAGES = 1,
#endif
    BATCH_RUNS_MAX = 1024, /* UIO_MAXIOV */
    NAME_BYTES_MAX = 79
};

#endif
