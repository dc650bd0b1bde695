/* SPDX-License-Identifier: MIT */
/* This process's mappings, read without changing them: the text goes to storage that is there
 * already. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "../doctor/probe.h"
#include "live.h"

static char text[1 << 23]; /* of smaps, about 10000 mappings */

static int read_map(struct hp_layout *layout, const char *path) {
    const long length = read_file(path, text, sizeof text);
    if (length < 0) return (int)length;
    if (length == sizeof text - 1) return -EFBIG;
    return hp_layout_parse(text, (size_t)length, &layout->map, 0);
}

int live_own_map(struct hp_layout *layout) {
    const int code = read_map(layout, "/proc/self/smaps");
    return code == -ENOENT || code == -EFBIG ? read_map(layout, "/proc/self/maps") : code;
}

static int flags_of(const struct hp_layout_request *request, bool file) {
    enum { BIT32 = 0x40, ABOVE4G = 0x80, NO_REPLACE = 0x100000 };
    const unsigned f = request->flags;
    int flags = MAP_NORESERVE | (f & HP_LAYOUT_MAP_SHARED ? MAP_SHARED : MAP_PRIVATE);
    if (f & HP_LAYOUT_MAP_FIXED) flags |= MAP_FIXED;
    if (f & HP_LAYOUT_MAP_NOREPLACE) flags |= NO_REPLACE;
    if (f & HP_LAYOUT_MAP_32BIT) flags |= BIT32;
    if (f & HP_LAYOUT_MAP_ABOVE_4G) flags |= ABOVE4G;
    if (f & HP_LAYOUT_MAP_GROWS_DOWN) flags |= MAP_GROWSDOWN;
    if (!file) flags |= MAP_ANONYMOUS;
    if (!file && request->object == HP_LAYOUT_HUGE) flags |= MAP_HUGETLB;
    return flags;
}

static int remap(const struct hp_layout_request *request, uint64_t *got) {
    void *at = 0;
    const int code = hp_sys_mremap(
        (void *)(uintptr_t)request->old_address, (size_t)request->old_length,
        (size_t)request->length, request->flags & HP_LAYOUT_MAY_MOVE ? MREMAP_MAYMOVE : 0, 0, &at);
    if (!code) *got = (uintptr_t)at;
    return code;
}

int live_mmap(const struct hp_layout_request *request, int fd, uint64_t *got) {
    if (request->flags & HP_LAYOUT_REMAP) return remap(request, got);
    void *at = 0;
    const int code = hp_sys_mmap((void *)(uintptr_t)request->address, (size_t)request->length,
                                 (int)request->protection, flags_of(request, fd >= 0), fd,
                                 (int64_t)request->offset, &at);
    if (!code) *got = (uintptr_t)at;
    return code;
}

/* ---- What a file is -------------------------------------------------------------------------- */

static bool is_dev_zero(const struct stat *status) {
    return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 5);
}

/* Whether the kernel places 4 MiB of it, from this offset, as the model says of this object. */
static bool goes_from(const struct hp_layout *layout, int fd, const struct hp_layout_request *as) {
    struct hp_layout_answer answer = {0};
    uint64_t got;
    if (live_mmap(as, fd, &got)) return false;
    unmap((uintptr_t)got, (size_t)as->length);
    return !hp_layout_where(layout, as, &answer) && hp_layout_holds(&answer, got, 0);
}

/* From two offsets, for no address suits both. */
static bool goes_as(const struct hp_layout *layout, int fd, int object, uint64_t align) {
    struct hp_layout_request request = {.length = 2 * layout->facts.huge_page,
                                        .object = object,
                                        .flags = HP_LAYOUT_MAP_SHARED,
                                        .protection = HP_LAYOUT_READ,
                                        .align = align};
    if (!goes_from(layout, fd, &request)) return false;
    request.offset = layout->facts.page;
    return goes_from(layout, fd, &request);
}

static int by_behaviour(const struct hp_layout *layout, int fd, struct hp_layout_request *request) {
    request->object = HP_LAYOUT_DRIVER;
    if (goes_as(layout, fd, HP_LAYOUT_PLAIN_FILE, 0)) request->object = HP_LAYOUT_PLAIN_FILE;
    if (goes_as(layout, fd, HP_LAYOUT_THP_FILE, 0)) request->object = HP_LAYOUT_THP_FILE;
    return 0;
}

/* tmpfs aligns to what its mount, or for a memfd the kernel's knob, says. */
static int shmem(const struct hp_layout *layout, int fd, struct hp_layout_request *request) {
    request->object = HP_LAYOUT_TMPFS;
    request->align = layout->facts.huge_page;
    if (goes_as(layout, fd, HP_LAYOUT_TMPFS, 0)) request->align = 0;
    return 0;
}

int live_object(const struct hp_layout *layout, int fd, struct hp_layout_request *request) {
    enum { TMPFS = 0x01021994 };
    const unsigned hugetlbfs = 0x958458f6;
    struct stat status;
    struct statfs system;
    if (fstat(fd, &status) || fstatfs(fd, &system)) return -errno;
    request->align = 0;
    if (is_dev_zero(&status)) return request->object = HP_LAYOUT_DEV_ZERO, 0;
    if (S_ISCHR(status.st_mode)) return request->object = HP_LAYOUT_DRIVER, 0;
    if (!S_ISREG(status.st_mode)) return -ENODEV;
    if ((unsigned)system.f_type == hugetlbfs) {
        request->object = HP_LAYOUT_HUGE;
        request->align = (uint64_t)system.f_bsize;
        return 0;
    }
    if (system.f_type == TMPFS) return shmem(layout, fd, request);
    return by_behaviour(layout, fd, request);
}
