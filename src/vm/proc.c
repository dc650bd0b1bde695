/* SPDX-License-Identifier: MIT */
/* Files of /proc read through one page: this runs when memory has just been refused. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <hardpan/sys.h>

/* Fed every byte of a file in turn; true ends the reading. */
typedef bool byte_visitor(void *state, char byte);

static int visit(const char *path, byte_visitor *visitor, void *state) {
    char chunk[4096]; /* what the kernel hands out of /proc/self/maps at a time */
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return fd;
    long got;
    int found = 0;
    while (!found && (got = hp_sys_read(fd, chunk, sizeof chunk)) > 0)
        for (long i = 0; i < got && !found; i++) found = visitor(state, chunk[i]);
    hp_sys_close(fd);
    return found ? 0 : got < 0 ? (int)got : -ENOENT;
}

/* Keys stand at the start of a line, so a mismatch skips to the next one. */
struct search {
    const char *key, *next; /* NULL next: not on this line */
    uint64_t number;
    bool digits;
};

static bool match_key(struct search *search, char byte) {
    if (search->next && byte == *search->next)
        search->next++;
    else
        search->next = 0;
    return false;
}

static bool search_number(void *state, char byte) {
    struct search *search = state;
    if (byte == '\n' && !search->digits)
        search->next = search->key;
    else if (!search->next || *search->next)
        return match_key(search, byte);
    else if (byte >= '0' && byte <= '9') {
        search->digits = true;
        search->number = search->number * 10 + (uint64_t)(byte - '0');
    } else
        return search->digits;
    return false;
}

int hp_proc_number(const char *path, const char *key, uint64_t *number) {
    struct search search = {key, key, 0, false};
    const int answer = visit(path, search_number, &search);
    if (search.digits) *number = search.number;
    return search.digits ? 0 : answer < 0 ? answer : -ENOENT;
}

static bool count_line(void *state, char byte) {
    *(uint64_t *)state += byte == '\n';
    return false;
}

int hp_proc_lines(const char *path, uint64_t *lines) {
    uint64_t count = 0;
    const int answer = visit(path, count_line, &count);
    if (answer < 0 && answer != -ENOENT) return answer;
    if (!count) return -ENOENT;
    *lines = count;
    return 0;
}
