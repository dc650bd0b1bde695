/* SPDX-License-Identifier: MIT */
/* hardpan/ring.h - the same pages twice in a row: what runs over the end of a ring buffer is at its
 * beginning, so a message is one piece of memory wherever it starts.
 *
 *      base             base + size        base + 2 size
 *       | a b c d e f g h | a b c d e f g h |      base[i] and base[size + i] are one byte
 *
 *   memory   shared memory: a forked child has the same ring, not a copy (HP_VM_NO_FORK keeps it
 *            out). It reads zero at first. Where memory runs out a touch is SIGBUS, as for any
 *            shared memory: hp_vm_populate(&ring.region, ring.region.base, ring.size) asks first.
 *            Of hardpan/vm.h's verbs populate, protect and guard are for rings; decommit is not.
 *   safety   any thread, signal handlers, after vfork, before main; the struct is the caller's.
 *            Readers and writers of the ring order themselves.
 * No descriptor and no key is left behind by any way. */
#ifndef HARDPAN_RING_H
#define HARDPAN_RING_H

#include <hardpan/vm.h>

HP_EXTERN_C_BEGIN

/* How the pages were had twice. Each is used where the one before is refused. */
enum hp_ring_way {
    HP_RING_REMAP, /* mremap of old size 0 maps shared pages once more: 3 calls, no descriptor */
    HP_RING_MEMFD, /* memfd_create (Linux 3.17): 6 calls, 7 before MFD_NOEXEC_SEAL (6.3) */
    /* shmget, and shmat twice where there is room for both: 6 calls, 4 more each time a thread
     * is quicker; at multiples of 4 pages, for a kernel whose shmat keeps to that. Such a one
     * refuses sizes that are not: -EINVAL */
    HP_RING_SHM
};

struct hp_ring {
    struct hp_vm_region region; /* both halves: 2 * size bytes */
    size_t size;
    int way; /* enum hp_ring_way; each but the first is counted in hp_vm_totals */
};

/* Maps `size` bytes twice in a row. They are whole pages: -EINVAL otherwise, for nothing is
 * rounded. `flags`: HP_VM_NO_DUMP, HP_VM_NO_FORK; `name` as in hp_vm_request. 2 mappings. -ENOMEM
 * (hp_vm_why of HP_VM_RESERVE and 2 * size tells which limit), or what the last way answered,
 * -ENOSYS when there is none; after an error nothing is mapped and nothing is open, but what other
 * threads mapped meanwhile. (Where a mapping fails and /proc/self/maps cannot be read, a half that
 * may by now be another's is left: address space, no memory.) hp_vm_force of HP_VM_HAS_REMAP and
 * HP_VM_HAS_MEMFD takes the other ways. */
HP_API int hp_ring_open(struct hp_ring *ring, size_t size, unsigned flags, const char *name);

/* Unmaps both halves, 1 call; the pages go with the last mapping. -EINVAL: closed already. */
HP_API int hp_ring_close(struct hp_ring *ring);

HP_EXTERN_C_END

#endif
