/* SPDX-License-Identifier: MIT */
/* What a process holds open: the descriptors, what its pollers watch, and where else in the system
 * the same things are open. Found once by the readers, shown as text or as JSON. */
#ifndef FDS_H
#define FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which object: pipes and sockets have one each; eventfds, timers and pollers share one. */
struct identity {
    uint64_t device, inode;
};

/* What stands under a registration's number in the process now. */
enum watch_state { WATCH_SAME, WATCH_CLOSED, WATCH_OTHER };

/* One registration of an epoll. */
struct watch {
    int fd; /* the number that it was made under */
    uint32_t events;
    uint64_t data;
    struct identity identity;
    uint32_t nth; /* among those of this poller under the same number */
    enum watch_state state;
};

struct descriptor {
    int fd;
    const char *kind;
    unsigned flags; /* as fdinfo has them: O_RDWR, O_NONBLOCK, O_CLOEXEC... */
    struct identity identity;
    char *name;   /* where the link of /proc points to */
    char *detail; /* "" for none */
    struct watch *watches;
    size_t watch_count;
};

/* Somewhere in the system where one of the wanted identities is open. */
struct place {
    struct identity identity;
    int pid, fd;
    unsigned flags;
};

struct table {
    int root; /* the folder of the process in /proc */
    int pid;
    char name[64];
    struct descriptor *descriptors; /* ascending */
    size_t count;
    size_t handed_on, outlived; /* descriptors without close-on-exec; registrations */
    struct place *places;       /* by identity, process, descriptor */
    size_t place_count;
    size_t unseen; /* processes that could not be looked at for places */
};

/* ---- Finding out: 0, or -errno; -ESRCH when there is no such process or it has ended --------- */

int read_table(struct table *table, const char *process);
void free_table(struct table *table);
bool is_handed_on(const struct descriptor *descriptor);
const struct descriptor *find_descriptor(const struct table *table, int fd);
const char *access_word(unsigned flags);

/* kinds.c */
const char *kind_of(const char *link, unsigned mode, unsigned flags);
char *detail_of(const char *kind, const char *info);

/* sockets.c: details of all sockets that /proc/PID/net tells of. */
int describe_sockets(struct table *table);

/* watches.c */
int read_watches(struct descriptor *poller, const char *info);
void judge_watches(struct table *table);
/* Is it this registration's description that is open there? */
bool is_watched_at(const struct table *table, const struct descriptor *poller,
                   const struct watch *watch, const struct place *place);

/* places.c: where pipes and what outlived its descriptor are open. */
int find_places(struct table *table);
/* Those of one identity: the first, and how many. */
const struct place *places_of(const struct table *table, struct identity identity, size_t *count);

/* files.c: relative to a folder of /proc. */
int read_text(int folder, const char *path, char **text);
int each_number(int folder, const char *path, int (*visit)(int number, void *context),
                void *context);
int compare_identities(const struct identity *one, const struct identity *other);
/* What others chose as names: bytes that a terminal would obey become '?'. */
void make_printable(char *text);

/* ---- Showing --------------------------------------------------------------------------------- */

void print_fds(const struct table *table, bool colour);
bool print_fds_json(const struct table *table);
int fds_main(int count, char **arguments);

/* "4242 name", of a process in whose table something is open. */
struct process_name {
    char text[64];
};
struct process_name name_of_process(int pid);
/* Calls visit for each place that holds the other end of a pipe, or keeps a registration alive. */
typedef void place_visitor(const struct place *place, void *context);
void each_other_end(const struct table *table, const struct descriptor *pipe, place_visitor *visit,
                    void *context);
void each_keeper(const struct table *table, const struct descriptor *poller,
                 const struct watch *watch, place_visitor *visit, void *context);

#endif
