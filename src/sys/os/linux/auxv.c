/* SPDX-License-Identifier: MIT */
/* The vector is read afresh each time: what would keep it needs a place, and the first use a
 * lock. */
#include "auxv.h"

#include "sys.h"

enum { PR_GET_AUXV = 0x41555856, CURRENT_DIRECTORY = -100, ENTRIES = 64 };

struct entry {
    unsigned long type, value;
};

static long load(struct entry *vector, size_t bytes) {
    const int length = hp_sys_prctl(PR_GET_AUXV, (unsigned long)vector, bytes, 0, 0);
    if (length > 0) return length < (int)bytes ? length : (long)bytes;
    const int fd = hp_sys_openat(CURRENT_DIRECTORY, "/proc/self/auxv", 0, 0);
    if (fd < 0) return fd;
    const long got = hp_sys_read(fd, vector, bytes);
    hp_sys_close(fd);
    return got;
}

unsigned long hp_auxv(unsigned long type) {
    struct entry vector[ENTRIES] = {{0, 0}}; /* so that no sanitizer takes it for unwritten */
    const long bytes = load(vector, sizeof vector);
    const size_t count = bytes > 0 ? (size_t)bytes / sizeof *vector : 0;
    for (size_t i = 0; i < count && vector[i].type; i++)
        if (vector[i].type == type) return vector[i].value;
    return 0;
}
