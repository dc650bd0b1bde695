/* SPDX-License-Identifier: MIT */
/* Which anonymous mappings are stacks: since 4.5 maps does not say so, but of a thread that waits
 * the kernel tells the stack pointer. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "map.h"

/* Each thread costs three calls, some 10 us. */
enum { THREADS_MOST = 4096 };

/* "number arguments... sp pc", "-1 sp pc", or "running" */
static bool stack_pointer(const char *process, const char *thread, uint64_t *pointer) {
    char path[80], text[256];
    snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/syscall", process, thread);
    if (read_file(path, text, sizeof text) <= 0) return false;
    char *word = strrchr(text, ' ');
    if (!word) return false;
    *word = 0;
    word = strrchr(text, ' ');
    if (!word) return false;
    *pointer = strtoull(word, 0, 16);
    return *pointer != 0;
}

static void mark(struct picture *picture, uint64_t pointer) {
    const size_t i = hp_layout_find(&picture->map, pointer);
    if (i == picture->map.count || picture->map.mappings[i].low > pointer) return;
    if (picture->purpose[i] == FOR_ANONYMOUS) picture->purpose[i] = FOR_STACK;
}

struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    unsigned char type;
    char name[];
};

static void visit(struct picture *picture, const char *process, const char *thread) {
    uint64_t pointer;
    if (*thread == '.') return;
    if (stack_pointer(process, thread, &pointer))
        mark(picture, pointer);
    else if (strcmp(process, thread) != 0) /* the first thread's is [stack] */
        picture->unseen++;
}

void find_stacks(struct picture *picture, const char *process) {
    char path[64];
    _Alignas(8) char buffer[8192];
    long length;
    size_t threads = 0;
    snprintf(path, sizeof path, "/proc/%.20s/task", process);
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return;
    while (threads < THREADS_MOST && (length = hp_sys_getdents64(fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < length; threads++) {
            const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
            visit(picture, process, entry->name);
            at += entry->size;
        }
    hp_sys_close(fd);
}
