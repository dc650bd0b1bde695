/* SPDX-License-Identifier: MIT */
/* A process's table of descriptors. Each may be closed and each number reused while it is read:
 * what has gone in between is left out, and a process that has gone is an error. All is read
 * through one descriptor of its folder, which never stands for the next process of that number. */
#include <errno.h>
#include <fcntl.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fds.h"

static unsigned flags_of(const char *info) {
    const char *flags = strstr(info, "flags:");
    return flags ? (unsigned)strtoul(flags + 6, 0, 8) : 0;
}

bool is_handed_on(const struct descriptor *descriptor) { return !(descriptor->flags & O_CLOEXEC); }

const char *access_word(unsigned flags) {
    static const char *const words[] = {"r", "w", "rw", "-"};
    return flags & O_PATH ? "-" : words[flags & O_ACCMODE];
}

static struct descriptor *one_more(struct table *table) {
    if ((table->count & (table->count - 1)) == 0) {
        const size_t room = table->count ? 2 * table->count : 1;
        struct descriptor *larger = realloc(table->descriptors, room * sizeof *larger);
        if (!larger) return 0;
        table->descriptors = larger;
    }
    table->descriptors[table->count] = (struct descriptor){.fd = -1};
    return &table->descriptors[table->count];
}

static char *link_text(int folder, const char *path) {
    char target[4096];
    const long length = hp_sys_readlinkat(folder, path, target, sizeof target);
    return length < 0 ? 0 : strndup(target, (size_t)length);
}

static int fill(struct descriptor *descriptor, const struct stat *kind, const char *info) {
    descriptor->identity = (struct identity){kind->st_dev, kind->st_ino};
    descriptor->flags = flags_of(info);
    descriptor->kind = kind_of(descriptor->name, kind->st_mode, descriptor->flags);
    descriptor->detail = detail_of(descriptor->kind, info);
    if (!descriptor->detail) return -ENOMEM;
    return strcmp(descriptor->kind, "epoll") ? 0 : read_watches(descriptor, info);
}

/* Gone by now: no error, and no row. */
static bool is_gone(int answer) {
    return answer == -ENOENT || answer == -ESRCH || answer == -EBADF;
}

static int read_one(int number, void *context) {
    struct table *table = context;
    struct descriptor *descriptor = one_more(table);
    struct stat kind;
    char path[32], *info = 0;
    if (!descriptor) return -ENOMEM;
    snprintf(path, sizeof path, "fdinfo/%d", number);
    int answer = read_text(table->root, path, &info);
    if (answer < 0) return is_gone(answer) ? 0 : answer;
    snprintf(path, sizeof path, "fd/%d", number);
    descriptor->fd = number;
    descriptor->name = link_text(table->root, path);
    if (descriptor->name && fstatat(table->root, path, &kind, 0) == 0) {
        table->count++;
        answer = fill(descriptor, &kind, info);
        make_printable(descriptor->name);
    } else {
        free(descriptor->name);
    }
    free(info);
    return answer;
}

static int by_number(const void *one, const void *other) {
    const struct descriptor *a = one, *b = other;
    return (a->fd > b->fd) - (a->fd < b->fd);
}

const struct descriptor *find_descriptor(const struct table *table, int fd) {
    const struct descriptor wanted = {.fd = fd};
    if (!table->count) return 0;
    return bsearch(&wanted, table->descriptors, table->count, sizeof wanted, by_number);
}

static void leave_out(struct table *table, size_t at) {
    free(table->descriptors[at].name);
    free(table->descriptors[at].detail);
    memmove(&table->descriptors[at], &table->descriptors[at + 1],
            (--table->count - at) * sizeof *table->descriptors);
}

/* The descriptors through which this is read are nobody's business when the process is our own. */
static void leave_out_own(struct table *table) {
    if (table->pid != hp_sys_getpid()) return;
    for (size_t i = table->count; i-- > 0;) {
        const int fd = table->descriptors[i].fd;
        if (fd == table->root || hp_sys_fcntl(fd, F_GETFD, 0) < 0) leave_out(table, i);
    }
}

/* "42 (a name) S ...": what is in the brackets may have brackets of its own. */
static int read_state(struct table *table, char *state) {
    char *text = 0;
    const int answer = read_text(table->root, "stat", &text);
    if (answer < 0) return is_gone(answer) ? -ESRCH : answer;
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    *state = 'X';
    if (open && close && close[1] && close[2]) {
        table->pid = (int)strtol(text, 0, 10);
        snprintf(table->name, sizeof table->name, "%.*s", (int)(close - open - 1), open + 1);
        make_printable(table->name);
        *state = close[2];
    }
    free(text);
    return 0;
}

/* A process that has ended and is not yet waited for has an empty table. */
static int check_alive(struct table *table) {
    char state;
    const int answer = read_state(table, &state);
    if (answer < 0) return answer;
    return state == 'Z' || state == 'X' ? -ESRCH : 0;
}

static int read_all(struct table *table) {
    int answer = check_alive(table);
    if (answer == 0) answer = each_number(table->root, "fd", read_one, table);
    if (is_gone(answer)) return -ESRCH;
    if (answer < 0) return answer;
    if (table->count)
        qsort(table->descriptors, table->count, sizeof *table->descriptors, by_number);
    leave_out_own(table);
    return check_alive(table);
}

static void count(struct table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct descriptor *descriptor = &table->descriptors[i];
        table->handed_on += is_handed_on(descriptor);
        for (size_t j = 0; j < descriptor->watch_count; j++)
            table->outlived += descriptor->watches[j].state != WATCH_SAME;
    }
}

int read_table(struct table *table, const char *process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s", process);
    table->root = hp_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (table->root < 0) return table->root == -ENOENT ? -ESRCH : table->root;
    int answer = read_all(table);
    if (answer == 0) judge_watches(table);
    if (answer == 0) answer = describe_sockets(table);
    if (answer == 0) answer = find_places(table);
    if (answer == 0) count(table);
    return answer;
}

void free_table(struct table *table) {
    for (size_t i = 0; i < table->count; i++) {
        free(table->descriptors[i].name);
        free(table->descriptors[i].detail);
        free(table->descriptors[i].watches);
    }
    free(table->descriptors);
    free(table->places);
    if (table->root >= 0) hp_sys_close(table->root);
}
