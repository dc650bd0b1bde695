/* SPDX-License-Identifier: MIT */
/* Looking at the address space: PROCMAP_QUERY, else the text of /proc/self/maps, else mincore a
 * page at a time. The first that works is remembered. */
#include "walk.h"

#include <fcntl.h>
#include <string.h>

/* struct procmap_query of include/uapi/linux/fs.h (6.11), as far as it is asked. */
struct procmap_query {
    uint64_t size, flags, address;
    uint64_t start, end, protection, page_size, offset, inode;
    uint32_t device_major, device_minor, name_size, build_id_size;
    uint64_t name, build_id;
};
_Static_assert(sizeof(struct procmap_query) == 104, "the ioctl's number has the size in it");
enum { COVERING_OR_NEXT = 0x10, READ_WRITE_EXECUTE = 7, FEW_PAGES = 1024 };
#define PROCMAP_QUERY 0xc0686611ul /* _IOWR('f', 17, struct procmap_query) */

/* Only what lasts is remembered: access may be refused for as long as a program is not dumpable. */
static void open_own(struct hp_vm_walk *walk) {
    struct hp_vm_view own;
    const int answer = hp_vm_view_open(&own);
    if (answer == -ENOENT || answer == -ENOSYS) hp_vm_lack(HP_VM_HAS_MAPS);
    if (answer == -EMFILE || answer == -ENFILE) walk->error = answer;
    walk->own = answer == 0;
    walk->fd = walk->own ? own.fd : -1;
}

void hp_vm_walk_begin(struct hp_vm_walk *walk, const struct hp_vm_view *view, size_t free) {
    const unsigned has = hp_vm_features();
    walk->own = false;
    walk->no_query = false;
    walk->error = 0;
    walk->free = free;
    walk->text = !(has & HP_VM_HAS_QUERY);
    walk->reader = (struct hp_maps_reader){0};
    walk->last.high = 0;
    walk->held = -1; /* not begun */
    walk->fd = view ? view->fd : -1;
    if (!(has & HP_VM_HAS_MAPS)) walk->fd = -1;
    if (!view && has & HP_VM_HAS_MAPS) open_own(walk);
}

void hp_vm_walk_end(struct hp_vm_walk *walk) {
    if (walk->own) hp_sys_close(walk->fd);
    walk->own = false;
    walk->fd = -1;
}

static int next_by_query(int fd, uintptr_t address, struct hp_mapping *next) {
    struct procmap_query query;
    memset(&query, 0, sizeof query);
    query.size = sizeof query;
    query.flags = COVERING_OR_NEXT;
    query.address = address;
    const int answer = hp_sys_ioctl(fd, PROCMAP_QUERY, &query);
    if (answer < 0) return answer == -ENOENT ? 0 : answer;
    next->low = (uintptr_t)query.start;
    next->high = (uintptr_t)query.end;
    next->protection = (int)(query.protection & READ_WRITE_EXECUTE);
    return 1;
}

/* More of the text: the number of bytes, 0 at its end. */
static int64_t refill(struct hp_vm_walk *walk) {
    int64_t answer = 0;
    if (walk->held < 0) {
        answer = hp_sys_lseek(walk->fd, 0, SEEK_SET);
        hp_vm_count(&hp_vm_counters.query_maps, 1);
    }
    if (answer >= 0) answer = hp_sys_read(walk->fd, walk->chunk, sizeof walk->chunk);
    walk->held = answer > 0 ? answer : 0;
    walk->used = 0;
    return answer;
}

static int next_by_maps(struct hp_vm_walk *walk, uintptr_t low, struct hp_mapping *next) {
    while (walk->last.high <= low) {
        int64_t more = 1;
        if (walk->held < 0 || walk->used == walk->held) more = refill(walk);
        if (more <= 0) return (int)more;
        while (walk->used < walk->held && walk->last.high <= low)
            hp_maps_feed(&walk->reader, walk->chunk[walk->used++], &walk->last);
    }
    *next = walk->last;
    return 1;
}

static int page_is_mapped(uintptr_t address) {
    unsigned char resident;
    hp_vm_count(&hp_vm_counters.query_mincore, 1);
    const int answer = hp_sys_mincore((void *)address, hp_vm_page(), &resident);
    return answer == 0 ? 1 : answer == -ENOMEM ? 0 : answer;
}

/* One page a call: mincore answers ENOMEM for a range when any page of it is free. */
static int next_by_mincore(const struct hp_vm_walk *walk, uintptr_t low, uintptr_t end,
                           struct hp_mapping *next) {
    const size_t page = hp_vm_page();
    if (end - low > walk->free) end = low + walk->free;
    int mapped = 0;
    while (low < end && (mapped = page_is_mapped(low)) == 0) low += page;
    if (mapped < 0 || low >= end) return mapped < 0 ? mapped : 0;
    *next = (struct hp_mapping){low, low + page, -1};
    while (next->high < end && (mapped = page_is_mapped(next->high)) == 1) next->high += page;
    return mapped < 0 ? mapped : 1;
}

static bool is_unknown(int answer) {
    return answer == -ENOTTY || answer == -EINVAL || answer == -ENOSYS;
}

/* Another file than /proc/self/maps knows no PROCMAP_QUERY either, but has no mappings in it. */
static int next_by_text(struct hp_vm_walk *walk, uintptr_t low, struct hp_mapping *next) {
    const int answer = next_by_maps(walk, low, next);
    if (answer == 1 && walk->no_query) hp_vm_lack(HP_VM_HAS_QUERY);
    return answer;
}

int hp_vm_walk_next(struct hp_vm_walk *walk, uintptr_t low, uintptr_t end,
                    struct hp_mapping *next) {
    if (walk->error && end - low > FEW_PAGES * hp_vm_page()) return walk->error;
    if (walk->fd < 0) return next_by_mincore(walk, low, end, next);
    if (!walk->text) {
        const int answer = next_by_query(walk->fd, low, next);
        if (answer >= 0) return answer;
        walk->no_query = is_unknown(answer);
        walk->text = true;
    }
    return next_by_text(walk, low, next);
}
