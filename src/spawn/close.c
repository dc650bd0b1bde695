/* SPDX-License-Identifier: MIT */
/* Everything that the plan does not name. In the child, so without anything of a C library.
 *
 * By close_range to be closed at the execution: the kernel lets the parent go on before it closes
 * them. A suspended child has no execution in sight, and closes them at once; so do kernels before
 * 5.11, by close_range or one by one. */
#include <fcntl.h>

#include "spawn.h"

enum { RANGE_CLOEXEC = 1 << 2, LIST_BYTES = 1024, RLIMIT_NUMBERS = 7 /* RLIMIT_NOFILE */ };

static int range(unsigned first, unsigned last, unsigned flags) {
    return first > last ? 0 : hp_sys_close_range(first, last, flags);
}

/* Every gap between what is kept, the one behind the last included. */
static int ranges(const struct hp_start *start, unsigned flags) {
    unsigned first = 0;
    for (unsigned i = 0; i < start->kept_count; i++) {
        const unsigned kept = (unsigned)start->kept[i];
        const int answer = kept ? range(first, kept - 1, flags) : 0;
        if (answer < 0) return answer;
        first = kept + 1;
    }
    return range(first, ~0u, flags);
}

static bool is_kept(const struct hp_start *start, int fd) {
    for (unsigned i = 0; i < start->kept_count; i++)
        if (start->kept[i] == fd) return true;
    return false;
}

/* Of struct linux_dirent64: its length at 16, its name at 19. */
static int entry_number(const char *entry) {
    int number = 0;
    for (const char *digit = entry + 19; *digit; digit++) {
        if (*digit < '0' || *digit > '9') return -1;
        number = number * 10 + *digit - '0';
    }
    return number;
}

static void close_listed(const struct hp_start *start, const char *list, long bytes,
                         int directory) {
    unsigned short length;
    for (long at = 0; at < bytes; at += length) {
        __builtin_memcpy(&length, list + at + 16, sizeof length);
        const int fd = entry_number(list + at);
        if (fd >= 0 && fd != directory && !is_kept(start, fd)) hp_sys_close(fd);
    }
}

/* The kernel's place in this list is a number of its own counting: closing what it has shown does
 * not move it. */
static int by_list(const struct hp_start *start) {
    char list[LIST_BYTES] __attribute__((aligned(8)));
    if (!hp_spawn_has(HP_SPAWN_HAS_PROC)) return -ENOSYS;
    const int directory = hp_sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0) return directory;
    long bytes;
    while ((bytes = hp_sys_getdents64(directory, list, sizeof list)) > 0)
        close_listed(start, list, bytes, directory);
    hp_sys_close(directory);
    return bytes < 0 ? (int)bytes : HP_CLOSED_BY_LIST;
}

/* Up to the limit: a number above it, from before it was lowered, is out of sight without /proc. */
static int by_force(const struct hp_start *start) {
    uint64_t limit[2];
    const int answer = hp_sys_prlimit(0, RLIMIT_NUMBERS, 0, limit);
    if (answer < 0) return answer;
    const int most = limit[0] < INT32_MAX ? (int)limit[0] : INT32_MAX;
    for (int fd = 0; fd < most; fd++)
        if (!is_kept(start, fd)) hp_sys_close(fd);
    return HP_CLOSED_BY_FORCE;
}

static int by_range(const struct hp_start *start) {
    const bool marks = !start->closes_now && hp_spawn_has(HP_SPAWN_HAS_RANGE_FLAG);
    const int answer = marks ? ranges(start, RANGE_CLOEXEC) : -EINVAL;
    if (answer != -EINVAL) return answer;
    if (marks) hp_spawn_lack(HP_SPAWN_HAS_RANGE_FLAG);
    return ranges(start, 0);
}

int hp_close_others(const struct hp_start *start) {
    if (hp_spawn_has(HP_SPAWN_HAS_RANGE)) {
        const int answer = by_range(start);
        if (answer == 0) return HP_CLOSED_BY_RANGE;
        if (!hp_is_refusal(answer)) return answer;
        hp_spawn_lack(HP_SPAWN_HAS_RANGE);
    }
    const int answer = by_list(start);
    return answer < 0 ? by_force(start) : answer;
}
