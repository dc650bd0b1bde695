/* SPDX-License-Identifier: MIT */
/* Looking at the address space: PROCMAP_QUERY, else the text of /proc/self/maps, else mincore a
 * page at a time. The first that works is remembered. */
#include <fcntl.h>
#include <string.h>

#include "maps.h"
#include "vm.h"

/* struct procmap_query of include/uapi/linux/fs.h (6.11), as far as it is asked. */
struct procmap_query {
    uint64_t size, flags, address;
    uint64_t start, end, protection, page_size, offset, inode;
    uint32_t device_major, device_minor, name_size, build_id_size;
    uint64_t name, build_id;
};
_Static_assert(sizeof(struct procmap_query) == 104, "the ioctl's number has the size in it");
enum { COVERING_OR_NEXT = 0x10, READ_WRITE_EXECUTE = 7 };
#define PROCMAP_QUERY 0xc0686611ul /* _IOWR('f', 17, struct procmap_query) */

int hp_vm_view_open(struct hp_vm_view *view) {
    view->fd = hp_sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
    return view->fd < 0 ? view->fd : 0;
}

void hp_vm_view_close(struct hp_vm_view *view) {
    if (view->fd >= 0) hp_sys_close(view->fd);
    view->fd = -1;
}

/* The first mapping that ends above `address`; -ENOENT: none. */
static int next_by_query(int fd, uintptr_t address, struct hp_mapping *next) {
    struct procmap_query query;
    memset(&query, 0, sizeof query);
    query.size = sizeof query;
    query.flags = COVERING_OR_NEXT;
    query.address = address;
    const int answer = hp_sys_ioctl(fd, PROCMAP_QUERY, &query);
    if (answer < 0) return answer;
    next->low = (uintptr_t)query.start;
    next->high = (uintptr_t)query.end;
    next->protection = (int)(query.protection & READ_WRITE_EXECUTE);
    return 0;
}

static int next_by_maps(int fd, uintptr_t address, struct hp_mapping *next) {
    char chunk[1024];
    struct hp_maps_reader reader = {0};
    int64_t answer = hp_sys_lseek(fd, 0, SEEK_SET);
    hp_vm_count(&hp_vm_counters.query_maps, 1);
    while (answer >= 0 && (answer = hp_sys_read(fd, chunk, sizeof chunk)) > 0)
        for (int64_t i = 0; i < answer; i++)
            if (hp_maps_feed(&reader, chunk[i], next) && next->high > address) return 0;
    return answer < 0 ? (int)answer : -ENOENT;
}

static void describe(uintptr_t low, uintptr_t end, const struct hp_mapping *next,
                     struct hp_vm_span *span) {
    span->low = low;
    span->mapped = next && next->low <= low;
    span->high = !next ? end : span->mapped ? next->high : next->low;
    if (span->high > end) span->high = end;
    span->protection = span->mapped ? next->protection : 0;
}

static int page_is_mapped(uintptr_t address) {
    unsigned char resident;
    hp_vm_count(&hp_vm_counters.query_mincore, 1);
    const int answer = hp_sys_mincore((void *)address, hp_vm_page(), &resident);
    return answer == 0 ? 1 : answer == -ENOMEM ? 0 : answer;
}

/* One page a call: mincore answers ENOMEM for a range when any page of it is free. */
static int by_mincore(uintptr_t low, uintptr_t end, struct hp_vm_span *span) {
    const int first = page_is_mapped(low);
    if (first < 0) return first;
    uintptr_t high = low + hp_vm_page();
    while (high < end && page_is_mapped(high) == first) high += hp_vm_page();
    *span = (struct hp_vm_span){low, high < end ? high : end, first, first ? -1 : 0};
    return 0;
}

static int by_view(const struct hp_vm_view *view, uintptr_t low, uintptr_t end,
                   struct hp_vm_span *span) {
    struct hp_mapping next;
    int answer = -ENOTTY;
    if (hp_vm_features() & HP_VM_HAS_QUERY) answer = next_by_query(view->fd, low, &next);
    if (answer < 0 && answer != -ENOENT) {
        hp_vm_lack(HP_VM_HAS_QUERY);
        answer = next_by_maps(view->fd, low, &next);
    }
    if (answer < 0 && answer != -ENOENT) return answer;
    describe(low, end, answer ? 0 : &next, span);
    return 0;
}

int hp_vm_query(const struct hp_vm_view *view, uintptr_t low, size_t size,
                struct hp_vm_span *span) {
    uintptr_t end;
    if (!size || !hp_is_aligned(low, hp_vm_page()) || !hp_add(low, size, &end)) return -EINVAL;
    struct hp_vm_view own;
    if (!(hp_vm_features() & HP_VM_HAS_MAPS)) return by_mincore(low, end, span);
    if (view) return by_view(view, low, end, span);
    if (hp_vm_view_open(&own) < 0) return by_mincore(low, end, span);
    const int answer = by_view(&own, low, end, span);
    hp_vm_view_close(&own);
    return answer;
}

int hp_vm_is_all(const struct hp_vm_view *view, uintptr_t low, size_t size, int mapped) {
    const uintptr_t end = low + size;
    while (low < end) {
        struct hp_vm_span span;
        const int answer = hp_vm_query(view, low, end - low, &span);
        if (answer < 0) return answer;
        if (span.mapped != mapped) return 0;
        low = span.high;
    }
    return 1;
}
