/* SPDX-License-Identifier: MIT */
/* What an epoll watches, and whether the number of each registration still stands for it. kcmp
 * knows for certain; where it is refused, the inode and its file system tell all but eventfds and
 * their like apart, which share one. */
#include <errno.h>
#include <hardpan.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "fds.h"

/* The kernel's own numbers of devices: 20 bits of the minor one. */
static uint64_t device_of(unsigned kernels) { return makedev(kernels >> 20, kernels & 0xfffff); }

/* "tfd:        4 events:       19 data:  7f4d00000004  pos:0 ino:40e sdev:10"; the last three came
 * with Linux 5.1 and 5.2. */
static bool read_line(const char *line, struct watch *watch) {
    unsigned device = 0;
    const int got = sscanf(
        line, "tfd: %d events: %" SCNx32 " data: %" SCNx64 " pos:%*d ino:%" SCNx64 " sdev:%x",
        &watch->fd, &watch->events, &watch->data, &watch->identity.inode, &device);
    watch->identity.device = device_of(device);
    return got >= 3;
}

static size_t lines(const char *text) {
    size_t count = 1;
    for (; *text; text++) count += *text == '\n';
    return count;
}

static int by_fd(const void *one, const void *other) {
    const struct watch *a = one, *b = other;
    if (a->fd != b->fd) return a->fd < b->fd ? -1 : 1;
    return (a->nth > b->nth) - (a->nth < b->nth);
}

/* The kernel counts registrations under one number in the order in which it prints them. */
static void number(struct descriptor *poller) {
    struct watch *watches = poller->watches;
    for (size_t i = 0; i < poller->watch_count; i++) watches[i].nth = (uint32_t)i;
    if (poller->watch_count) qsort(watches, poller->watch_count, sizeof *watches, by_fd);
    for (size_t i = 0; i < poller->watch_count; i++)
        watches[i].nth = i && watches[i].fd == watches[i - 1].fd ? watches[i - 1].nth + 1 : 0;
}

int read_watches(struct descriptor *poller, const char *info) {
    poller->watches = calloc(lines(info), sizeof *poller->watches);
    if (!poller->watches) return -ENOMEM;
    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, "tfd:", 4) && read_line(line, &poller->watches[poller->watch_count]))
            poller->watch_count++;
    }
    number(poller);
    return 0;
}

/* 0 the same, positive another, or why it is not told. */
static long compare(const struct table *table, const struct descriptor *poller,
                    const struct watch *watch, int pid, int fd) {
    enum { KCMP_EPOLL_TFD = 7 };
    const struct {
        uint32_t poller, fd, nth;
    } slot = {(uint32_t)poller->fd, (uint32_t)watch->fd, watch->nth};
    return hp_sys_call(SYS_kcmp, pid, table->pid, KCMP_EPOLL_TFD, fd, (long)&slot, 0);
}

/* No such call, no such question (before 4.13), or a filter. Else one of the two has just gone. */
static bool is_refusal(long answer) {
    return answer == -ENOSYS || answer == -EINVAL || answer == -EPERM;
}

static bool is_told(const struct watch *watch) {
    return watch->identity.inode != 0; /* since Linux 5.2 */
}

bool is_watched_at(const struct table *table, const struct descriptor *poller,
                   const struct watch *watch, const struct place *place) {
    const long answer = compare(table, poller, watch, place->pid, place->fd);
    if (!is_refusal(answer)) return answer == 0;
    return is_told(watch) && compare_identities(&watch->identity, &place->identity) == 0;
}

/* The kernel walks over the registrations for each kcmp, which is quadratic where a server watches
 * 100,000 sockets; a socket is one description for life, so its inode is enough. */
static enum watch_state judge(const struct table *table, const struct descriptor *poller,
                              const struct watch *watch) {
    const struct descriptor *now = find_descriptor(table, watch->fd);
    if (!now) return WATCH_CLOSED;
    const struct place here = {now->identity, table->pid, now->fd, 0};
    const bool differs = compare_identities(&watch->identity, &now->identity) != 0;
    if (is_told(watch) && differs) return WATCH_OTHER;
    if (is_told(watch) && !strcmp(now->kind, "socket")) return WATCH_SAME;
    if (!is_told(watch) && is_refusal(compare(table, poller, watch, table->pid, now->fd)))
        return WATCH_SAME;
    return is_watched_at(table, poller, watch, &here) ? WATCH_SAME : WATCH_OTHER;
}

void judge_watches(struct table *table) {
    for (size_t i = 0; i < table->count; i++) {
        struct descriptor *poller = &table->descriptors[i];
        for (size_t j = 0; j < poller->watch_count; j++)
            poller->watches[j].state = judge(table, poller, &poller->watches[j]);
    }
}
