/* SPDX-License-Identifier: MIT */
/* Commit, limits, guards: what stands between a granted address and memory behind it. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct limit {
    uint64_t now, most;
};

static uint64_t limit_of(int resource) {
    struct limit limit = {UINT64_MAX, UINT64_MAX};
    hp_sys_prlimit(0, resource, 0, &limit);
    return limit.now;
}

static bool grants(size_t length, int extra) {
    uintptr_t at;
    if (map_at(0, length, READ_WRITE, extra, &at)) return false;
    unmap(at, length);
    return true;
}

/* 32 TiB with write permission is more than any machine holds. Mode 2 also charges what says
 * MAP_NORESERVE, mode 0 refuses only what does not say it, mode 1 grants both. -1: a limit, a small
 * address space or a slow emulator speaks first. */
static int overcommit_by_behaviour(void) {
    const uint64_t length = UINT64_C(1) << 45;
    int refusal;
    if (UINT64_C(1) << largest_reservation(&refusal) < length) return -1;
    if (grants((size_t)length, 0)) return 1;
    return grants((size_t)length, MAP_NORESERVE) ? 0 : 2;
}

static void strict_commit(struct finding *f) {
    uint64_t limit = 0, used = 0;
    int code = read_field("/proc/meminfo", "CommitLimit", &limit);
    if (!code) code = read_field("/proc/meminfo", "Committed_AS", &used);
    if (code) return blind(f, "/proc/meminfo", code);
    const uint64_t left = limit > used ? limit - used : 0;
    found(f, left >> 19 ? STATUS_NOTE : STATUS_WRONG, "mode 2, strict: %s left of %s to commit",
          BYTES(left << 10), BYTES(limit << 10));
    todo(f, "Reserve without access and commit late; to allow more: sysctl vm.overcommit_ratio=80, "
            "or add swap.");
}

static void overcommit(struct finding *f) {
    uint64_t said = 9;
    const int code = read_number("/proc/sys/vm/overcommit_memory", &said);
    const int mode = overcommit_by_behaviour();
    if (mode < 0 && code) return blind(f, "/proc/sys/vm/overcommit_memory", code);
    switch (mode < 0 ? (int)said : mode) {
    case 0:
        return found(f, STATUS_OK,
                     "mode 0: what is plainly too much is refused, reservations are free");
    case 1:
        found(f, STATUS_NOTE,
              "mode 1: every size is granted; memory runs out at the first touch, by a kill");
        return todo(f, "Commit with MADV_POPULATE_WRITE where an answer is better than a kill.");
    default: strict_commit(f);
    }
}

static void if_limited(struct list *list, const char *name, uint64_t limit) {
    if (limit != UINT64_MAX) list_add(list, "%s %s", name, BYTES(limit));
}

/* Of the unified hierarchy; what older hierarchies limit is not looked at. */
static uint64_t memory_of_group(void) {
    char group[512], path[600];
    uint64_t limit;
    if (read_file("/proc/self/cgroup", group, sizeof group) < 0 || strncmp(group, "0::/", 4))
        return UINT64_MAX;
    group[strcspn(group, "\n")] = 0;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group + 3);
    return read_number(path, &limit) ? UINT64_MAX : limit;
}

static void limits(struct finding *f) {
    const uint64_t space = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA),
                   group = memory_of_group();
    struct list list = {0};
    if_limited(&list, "address space (ulimit -v)", space);
    if_limited(&list, "data (ulimit -d)", data);
    if_limited(&list, "control group", group);
    const bool free = !list.count;
    if_limited(&list, "stack", limit_of(RLIMIT_STACK));
    if_limited(&list, "locked", limit_of(RLIMIT_MEMLOCK));
    list_add(&list, "%llu descriptors", (unsigned long long)limit_of(RLIMIT_NOFILE));
    const bool hurts =
        space != UINT64_MAX || data < UINT64_C(1) << 30 || group < UINT64_C(64) << 20;
    found(f,
          free    ? STATUS_OK
          : hurts ? STATUS_WRONG
                  : STATUS_NOTE,
          "%s%s", free ? "none on memory; " : "", list.text);
    if (space != UINT64_MAX)
        todo(f, "ulimit -v unlimited: it counts reservations, which cost nothing. Limit a control "
                "group.");
    else if (!free)
        todo(f, "Size the heap by the limit; it strikes at commit or touch, not at reservation.");
}

static bool count_mapping(const struct mapping *mapping, void *context) {
    (void)mapping;
    ++*(uint64_t *)context;
    return true;
}

static void maps(struct finding *f) {
    uint64_t used = 0, most;
    int code = each_mapping(count_mapping, &used);
    if (code) return blind(f, "/proc/self/maps", code);
    code = read_number("/proc/sys/vm/max_map_count", &most);
    if (code) return blind(f, "/proc/sys/vm/max_map_count", code);
    const bool low = most < 65530;
    found(f, low ? STATUS_WRONG : STATUS_OK, "%llu mappings used of %llu", (unsigned long long)used,
          (unsigned long long)most);
    if (low)
        todo(f, "sysctl vm.max_map_count=65530, or more: below the default, guard pages alone can "
                "use it up.");
}

enum {
    GUARD_INSTALL = 102,
    GUARD_REMOVE = 103
}; /* MADV_GUARD_*, Linux 6.13; not yet in this libc's headers */

/* Whether the kernel, asked to read the page, answers EFAULT: a touch that raises no signal. */
static bool faults(int pipe, const char *page) { return hp_sys_write(pipe, page, 1) == -EFAULT; }

static void judge_guard(struct finding *f, char *at, size_t page, int pipe) {
    const int code = hp_sys_madvise(at + page, page, GUARD_INSTALL);
    if (code) {
        found(f, STATUS_NOTE, "no MADV_GUARD_INSTALL (%s): each guard page is a mapping of its own",
              error_word(code));
        return todo(
            f, "Count two mappings for every guarded stack against vm.max_map_count (mem.maps).");
    }
    const bool guarded = faults(pipe, at + page),
               beside = faults(pipe, at) || faults(pipe, at + 2 * page);
    const bool removed = !hp_sys_madvise(at + page, page, GUARD_REMOVE) && !faults(pipe, at + page);
    if (guarded && !beside && removed)
        return found(f, STATUS_OK,
                     "MADV_GUARD_INSTALL guards the page and it alone, and can be taken away");
    found(f, STATUS_WRONG, "accepted, but the page is %s, its neighbours are %s, and the guard %s",
          guarded ? "guarded" : "readable", beside ? "guarded too" : "readable",
          removed ? "goes away" : "stays");
    todo(f, "Guard with mprotect(PROT_NONE) on this kernel.");
}

static void guard(struct finding *f) {
    const size_t page = page_size();
    uintptr_t at;
    int pipe[2];
    int code = map_at(0, 3 * page, READ_WRITE, 0, &at);
    if (code) return blind(f, "mmap of 3 pages", code);
    code = hp_sys_pipe2(pipe, O_NONBLOCK);
    if (code) {
        blind(f, "pipe2", code);
    } else {
        judge_guard(f, (char *)at, page, pipe[1]);
        hp_sys_close(pipe[0]);
        hp_sys_close(pipe[1]);
    }
    unmap(at, 3 * page);
}

/* struct procmap_query of <linux/fs.h>, Linux 6.11; this libc's headers are older. */
struct query {
    uint64_t size, flags, address, start, end, permissions, page, offset, inode;
    uint32_t major, minor, name_size, build_size;
    uint64_t name, build;
};
#define QUERY_IOCTL _IOWR('f', 17, struct query)

static void judge_query(struct finding *f, int maps, size_t page) {
    uintptr_t at;
    if (map_at(0, 2 * page, PROT_NONE, 0, &at)) return blind(f, "mmap of 2 pages", -ENOMEM);
    struct query mapped = {.size = sizeof mapped, .address = at}, gone = mapped;
    const int code = hp_sys_ioctl(maps, QUERY_IOCTL, &mapped);
    unmap(at, 2 * page);
    const int after = hp_sys_ioctl(maps, QUERY_IOCTL, &gone);
    if (code == -ENOTTY || code == -EINVAL || code == -ENOSYS) {
        found(f, STATUS_NOTE,
              "no PROCMAP_QUERY (%s): whether a range is free costs a read of /proc/self/maps",
              error_word(code));
        return todo(f, "Keep your own record of what is mapped where.");
    }
    if (!code && mapped.start <= at && mapped.end >= at + 2 * page && after == -ENOENT)
        return found(f, STATUS_OK,
                     "PROCMAP_QUERY finds a mapping that is there, and none once it is gone");
    found(f, STATUS_WRONG, "PROCMAP_QUERY for a mapping: %s [%#llx, %#llx); after its munmap: %s",
          code ? error_word(code) : "found", (unsigned long long)mapped.start,
          (unsigned long long)mapped.end, after ? error_word(after) : "still found");
    todo(f, "Read /proc/self/maps instead.");
}

static void query(struct finding *f) {
    const int maps = hp_sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
    if (maps < 0) return blind(f, "/proc/self/maps", maps);
    judge_query(f, maps, page_size());
    hp_sys_close(maps);
}

/* Bytes that became resident when one was touched, in memory of its own that is aligned to 2
 * MiB. */
static size_t resident_after_touch(void) {
    enum { HUGE = 2 << 20, LENGTH = 2 * HUGE };
    static unsigned char resident[HUGE / 4096];
    uintptr_t at;
    size_t pages = 0;
    if (map_at(0, LENGTH, READ_WRITE, 0, &at)) return 0;
    const uintptr_t aligned = (at + HUGE - 1) & ~(uintptr_t)(HUGE - 1);
    *(volatile char *)aligned = 1;
    if (!hp_sys_mincore((void *)aligned, HUGE, resident))
        for (size_t i = 0; i < HUGE / page_size(); i++) pages += resident[i] & 1;
    unmap(at, LENGTH);
    return pages * page_size();
}

static const char *thp_setting(char *text, size_t size) {
    if (read_file("/sys/kernel/mm/transparent_hugepage/enabled", text, size) <= 0)
        return "not to be read";
    char *open = strchr(text, '['), *close = open ? strchr(open, ']') : 0;
    if (!close) return "not understood";
    *close = 0;
    return open + 1;
}

static void thp(struct finding *f) {
    char text[128];
    const char *setting = thp_setting(text, sizeof text);
    const size_t resident = resident_after_touch();
    const bool disabled = hp_sys_prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1;
    if (!resident) return blind(f, "mincore", -ENOSYS);
    if (resident <= page_size()) {
        return found(f, STATUS_OK, "one byte touched, %s resident; the setting is %s%s",
                     BYTES(resident), setting, disabled ? ", off for this process" : "");
    }
    found(f, STATUS_NOTE, "one byte touched, %s resident; the setting is %s", BYTES(resident),
          setting);
    todo(f, "Memory given back page by page grows again. Per process: prctl(PR_SET_THP_DISABLE); "
            "for all: echo madvise > "
            "/sys/kernel/mm/transparent_hugepage/enabled");
}

static const struct fact rows[] = {
    {"mem.overcommit", "32 TiB with write permission, once as it is and once with MAP_NORESERVE.",
     "It decides where running out of memory is met: at mmap, at commit, or at the first touch by "
     "a kill.",
     overcommit},
    {"mem.limits",
     "The limits on address space, data, stack, locked memory, descriptors, and the control "
     "group's.",
     "RLIMIT_AS counts reservations that cost nothing; the others strike at commit or at touch.",
     limits},
    {"mem.maps", "How many mappings this process has, and how many it may have.",
     "At the limit everything that splits a mapping fails with ENOMEM: mprotect, guard pages, even "
     "munmap of a part. It "
     "looks like out of memory and is not.",
     maps},
    {"mem.guard", "MADV_GUARD_INSTALL on one page of three, then a read of each by the kernel.",
     "A guard that is a page-table entry and no mapping: a stack for every task without reaching "
     "vm.max_map_count.",
     guard},
    {"mem.query", "PROCMAP_QUERY about two pages just mapped, and again once they are unmapped.",
     "Whether a range is free, in one call, instead of reading every line of /proc/self/maps.",
     query},
    {"mem.thp", "How much becomes resident when one byte of 2 MiB is touched.",
     "Huge pages that were not asked for make sparse heaps and stacks fat, and undo memory given "
     "back by pages.",
     thp},
};

FAMILY(mem, "commit, limits, guards");
