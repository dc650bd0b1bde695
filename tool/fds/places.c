/* SPDX-License-Identifier: MIT */
/* Where in the system a pipe's ends are, and who keeps alive what a poller still watches: one walk
 * over the descriptors of every process that may be looked at, and none when nothing is wanted. */
#include <errno.h>
#include <fcntl.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fds.h"

struct walk {
    struct table *table;
    struct identity *wanted; /* ascending */
    size_t count;
    int pid, folder;
};

static int by_identity(const void *one, const void *other) {
    return compare_identities(one, other);
}

static bool is_pipe(const struct descriptor *descriptor) {
    return !strcmp(descriptor->kind, "pipe") || !strcmp(descriptor->kind, "fifo");
}

static size_t most_wanted(const struct table *table) {
    size_t count = 1;
    for (size_t i = 0; i < table->count; i++) count += 1 + table->descriptors[i].watch_count;
    return count;
}

static void want(struct walk *walk, struct identity identity) {
    walk->wanted[walk->count++] = identity;
}

static int list_wanted(struct walk *walk) {
    const struct table *table = walk->table;
    walk->wanted = calloc(most_wanted(table), sizeof *walk->wanted);
    if (!walk->wanted) return -ENOMEM;
    for (size_t i = 0; i < table->count; i++) {
        const struct descriptor *descriptor = &table->descriptors[i];
        if (is_pipe(descriptor)) want(walk, descriptor->identity);
        for (size_t j = 0; j < descriptor->watch_count; j++)
            if (descriptor->watches[j].state != WATCH_SAME)
                want(walk, descriptor->watches[j].identity);
    }
    qsort(walk->wanted, walk->count, sizeof *walk->wanted, by_identity);
    return 0;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static int keep(struct table *table, struct place place) {
    if ((table->place_count & (table->place_count - 1)) == 0) {
        const size_t room = table->place_count ? 2 * table->place_count : 1;
        struct place *larger = realloc(table->places, room * sizeof *larger);
        if (!larger) return -ENOMEM;
        table->places = larger;
    }
    table->places[table->place_count++] = place;
    return 0;
}

static unsigned flags_at(int folder, int fd) {
    char path[32], *info = 0;
    snprintf(path, sizeof path, "fdinfo/%d", fd);
    if (read_text(folder, path, &info) < 0) return 0;
    const char *flags = strstr(info, "flags:");
    const unsigned found = flags ? (unsigned)strtoul(flags + 6, 0, 8) : 0;
    free(info);
    return found;
}

static int look_at(int fd, void *context) {
    struct walk *walk = context;
    struct stat kind;
    char path[32];
    snprintf(path, sizeof path, "fd/%d", fd);
    if (fstatat(walk->folder, path, &kind, 0) < 0) return 0;
    const struct identity identity = {kind.st_dev, kind.st_ino};
    if (!bsearch(&identity, walk->wanted, walk->count, sizeof identity, by_identity)) return 0;
    const struct place place = {identity, walk->pid, fd, flags_at(walk->folder, fd)};
    return keep(walk->table, place);
}

static int look_into(int pid, void *context) {
    struct walk *walk = context;
    char path[32];
    snprintf(path, sizeof path, "/proc/%d", pid);
    walk->pid = pid;
    walk->folder = hp_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (walk->folder < 0) return 0;
    const int answer = each_number(walk->folder, "fd", look_at, walk);
    hp_sys_close(walk->folder);
    walk->table->unseen += answer == -EACCES || answer == -EPERM;
    return answer == -ENOMEM ? answer : 0;
}

static int by_place(const void *one, const void *other) {
    const struct place *a = one, *b = other;
    const int order = compare_identities(&a->identity, &b->identity);
    if (order) return order;
    if (a->pid != b->pid) return a->pid < b->pid ? -1 : 1;
    return (a->fd > b->fd) - (a->fd < b->fd);
}

int find_places(struct table *table) {
    struct walk walk = {.table = table};
    int answer = list_wanted(&walk);
    if (answer == 0 && walk.count) answer = each_number(AT_FDCWD, "/proc", look_into, &walk);
    if (table->place_count)
        qsort(table->places, table->place_count, sizeof *table->places, by_place);
    free(walk.wanted);
    return answer;
}

/* ---- What was found -------------------------------------------------------------------------- */

const struct place *places_of(const struct table *table, struct identity identity, size_t *count) {
    size_t low = 0, high = table->place_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_identities(&table->places[middle].identity, &identity) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < table->place_count; high++)
        if (compare_identities(&table->places[high].identity, &identity) != 0) break;
    *count = high - low;
    return &table->places[low];
}

static bool is_other_end(unsigned one, unsigned other) {
    const unsigned mine = one & O_ACCMODE, theirs = other & O_ACCMODE;
    return mine == O_RDWR || theirs == O_RDWR || mine != theirs;
}

void each_other_end(const struct table *table, const struct descriptor *pipe, place_visitor *visit,
                    void *context) {
    size_t count;
    const struct place *places = places_of(table, pipe->identity, &count);
    if (!is_pipe(pipe)) return;
    for (size_t i = 0; i < count; i++) {
        const bool itself = places[i].pid == table->pid && places[i].fd == pipe->fd;
        if (!itself && is_other_end(pipe->flags, places[i].flags)) visit(&places[i], context);
    }
}

void each_keeper(const struct table *table, const struct descriptor *poller,
                 const struct watch *watch, place_visitor *visit, void *context) {
    size_t count;
    const struct place *places = places_of(table, watch->identity, &count);
    if (watch->state == WATCH_SAME) return;
    for (size_t i = 0; i < count; i++)
        if (is_watched_at(table, poller, watch, &places[i])) visit(&places[i], context);
}

struct process_name name_of_process(int pid) {
    struct process_name name;
    char path[32], *comm = 0;
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    const int answer = read_text(AT_FDCWD, path, &comm);
    if (answer == 0) comm[strcspn(comm, "\n")] = 0;
    if (answer == 0) make_printable(comm);
    snprintf(name.text, sizeof name.text, "%.40s", answer == 0 ? comm : "");
    free(comm);
    return name;
}
