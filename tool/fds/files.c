/* SPDX-License-Identifier: MIT */
/* Texts and folders of /proc, whole or not at all: a process may end between any two reads. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hardpan.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "fds.h"

/* 100,000 sockets are 15 MB of /proc/net/tcp. */
#define TEXT_MOST ((size_t)1 << 30)

static long read_on(int fd, char **text, size_t *room, size_t size) {
    if (*room - size < 4096) {
        char *larger = realloc(*text, *room * 2);
        if (!larger) return -ENOMEM;
        *text = larger;
        *room *= 2;
    }
    return *room > TEXT_MOST ? -EFBIG : hp_sys_read(fd, *text + size, *room - size - 1);
}

static int read_whole(int fd, char **text) {
    size_t room = 8192, size = 0;
    long got;
    *text = malloc(room);
    if (!*text) return -ENOMEM;
    while ((got = read_on(fd, text, &room, size)) > 0) size += (size_t)got;
    (*text)[size] = 0;
    if (got == 0) return 0;
    free(*text);
    *text = 0;
    return (int)got;
}

int read_text(int folder, const char *path, char **text) {
    const int fd = hp_sys_openat(folder, path, O_RDONLY, 0);
    if (fd < 0) return fd;
    const int answer = read_whole(fd, text);
    hp_sys_close(fd);
    return answer;
}

static int visit_entries(const char *entries, long length, int (*visit)(int number, void *context),
                         void *context) {
    const struct dirent64 *entry;
    int answer = 0;
    for (long at = 0; at < length && answer == 0; at += entry->d_reclen) {
        entry = (const struct dirent64 *)(entries + at);
        if (*entry->d_name >= '0' && *entry->d_name <= '9')
            answer = visit((int)strtol(entry->d_name, 0, 10), context);
    }
    return answer;
}

int each_number(int folder, const char *path, int (*visit)(int number, void *context),
                void *context) {
    char entries[8192] __attribute__((aligned(8)));
    const int fd = hp_sys_openat(folder, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    long length;
    int answer = 0;
    while (answer == 0 && (length = hp_sys_getdents64(fd, entries, sizeof entries)) > 0)
        answer = visit_entries(entries, length, visit, context);
    hp_sys_close(fd);
    return answer ? answer : (int)length;
}

int compare_identities(const struct identity *one, const struct identity *other) {
    if (one->device != other->device) return one->device < other->device ? -1 : 1;
    return (one->inode > other->inode) - (one->inode < other->inode);
}

void make_printable(char *text) {
    for (; *text; text++)
        if (*text < ' ' || *text > '~') *text = '?';
}
