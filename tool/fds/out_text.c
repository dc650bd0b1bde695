/* SPDX-License-Identifier: MIT */
/* The table for people: a line for each descriptor, those that a poller watches below it, and at
 * the end what an exec would hand on and what outlives its descriptor. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "fds.h"

enum ink { PLAIN, BOLD, DIM, YELLOW, RED };
static const char *const inks[] = {"", "\033[1m", "\033[2m", "\033[1;33m", "\033[1;31m"};

struct page {
    const struct table *table;
    bool colour;
};

static void paint(const struct page *page, enum ink ink, const char *text) {
    if (page->colour && ink != PLAIN)
        printf("%s%s\033[0m", inks[ink], text);
    else
        fputs(text, stdout);
}

/* ---- Who else -------------------------------------------------------------------------------- */

enum { SHOWN = 3 }; /* of those who hold the same thing: more are counted */

struct crowd {
    int own; /* the process that all of this is about */
    unsigned count;
};

static void put_place(const struct place *place, void *context) {
    struct crowd *crowd = context;
    if (crowd->count++ >= SHOWN) return;
    fputs(crowd->count > 1 ? ", " : "", stdout);
    if (place->pid == crowd->own)
        printf("%d here", place->fd);
    else
        printf("%d in %d %s", place->fd, place->pid, name_of_process(place->pid).text);
}

static void put_rest(const struct page *page, const struct crowd *crowd) {
    if (crowd->count > SHOWN) printf(" and %u more", crowd->count - SHOWN);
    if (!crowd->count)
        fputs(page->table->unseen ? "nobody that can be seen from here" : "nobody", stdout);
}

static void put_other_ends(const struct page *page, const struct descriptor *pipe) {
    static const char *const sides[] = {"written by ", "read by ", "shared with "};
    struct crowd crowd = {.own = page->table->pid};
    fputs(sides[(pipe->flags & O_ACCMODE) % 3], stdout);
    each_other_end(page->table, pipe, put_place, &crowd);
    put_rest(page, &crowd);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static bool is_pipe(const struct descriptor *descriptor) {
    return !strcmp(descriptor->kind, "pipe") || !strcmp(descriptor->kind, "fifo");
}

/* The link says something only where it is a path, or of a kind known by no other word. */
static bool is_named(const struct descriptor *descriptor) {
    return *descriptor->name == '/' || (!*descriptor->detail && !is_pipe(descriptor));
}

static void put_words(const struct page *page, const struct descriptor *descriptor) {
    if (is_named(descriptor)) fputs(descriptor->name, stdout);
    if (is_named(descriptor) && *descriptor->detail) fputs(", ", stdout);
    fputs(descriptor->detail, stdout);
    if (!is_pipe(descriptor)) return;
    if (is_named(descriptor)) fputs(", ", stdout);
    put_other_ends(page, descriptor);
}

static void put_events(uint32_t events) {
    static const struct {
        uint32_t bit;
        const char *word;
    } words[] = {{EPOLLIN, "in"},
                 {EPOLLPRI, "pri"},
                 {EPOLLOUT, "out"},
                 {EPOLLRDHUP, "rdhup"},
                 {EPOLLET, "edge"},
                 {EPOLLONESHOT, "oneshot"},
                 {EPOLLEXCLUSIVE, "exclusive"}};
    char text[64] = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!(events & words[i].bit)) continue;
        if (*text) strcat(text, " ");
        strcat(text, words[i].word);
    }
    printf("%-12s", *text ? text : "nothing");
}

static void put_state(const struct page *page, const struct descriptor *poller,
                      const struct watch *watch) {
    struct crowd crowd = {.own = page->table->pid};
    if (watch->state == WATCH_SAME) {
        const struct descriptor *now = find_descriptor(page->table, watch->fd);
        printf(" %s", now ? now->kind : "");
        return;
    }
    paint(page, RED, watch->state == WATCH_CLOSED ? " closed" : " another by now");
    fputs("; what was watched is open as ", stdout);
    each_keeper(page->table, poller, watch, put_place, &crowd);
    put_rest(page, &crowd);
}

static void put_watches(const struct page *page, const struct descriptor *poller) {
    for (size_t i = 0; i < poller->watch_count; i++) {
        const struct watch *watch = &poller->watches[i];
        printf("%31s%6d  ", "", watch->fd);
        put_events(watch->events);
        printf(" data 0x%-16" PRIx64, watch->data);
        put_state(page, poller, watch);
        putchar('\n');
    }
}

static void put_row(const struct page *page, const struct descriptor *descriptor) {
    const bool handed_on = is_handed_on(descriptor), beyond = descriptor->fd > 2;
    printf("%6d  ", descriptor->fd);
    paint(page, handed_on ? beyond ? YELLOW : PLAIN : DIM, handed_on ? "handed on" : "closed   ");
    printf("  %-2s  %-11s ", access_word(descriptor->flags), descriptor->kind);
    put_words(page, descriptor);
    putchar('\n');
    put_watches(page, descriptor);
}

/* ---- The sum --------------------------------------------------------------------------------- */

static void put_handed_on(const struct page *page) {
    const struct table *table = page->table;
    unsigned beyond = 0;
    printf("%zu descriptor%s, of which an exec would hand on %zu", table->count,
           table->count == 1 ? "" : "s", table->handed_on);
    for (size_t i = 0; i < table->count; i++) {
        const struct descriptor *descriptor = &table->descriptors[i];
        if (descriptor->fd <= 2 || !is_handed_on(descriptor)) continue;
        printf("%s%d %s", beyond++ ? ", " : "; beyond 0, 1 and 2: ", descriptor->fd,
               descriptor->kind);
    }
    fputs(beyond ? "\n" : "; none beyond 0, 1 and 2\n", stdout);
}

static void put_outlived(const struct page *page) {
    const struct table *table = page->table;
    if (!table->outlived) return;
    char text[160];
    snprintf(text, sizeof text,
             "%zu registration%s outlived the descriptor: events may come for what is closed here",
             table->outlived, table->outlived == 1 ? "" : "s");
    paint(page, RED, text);
    putchar('\n');
}

void print_fds(const struct table *table, bool colour) {
    const struct page page = {table, colour};
    char title[96];
    snprintf(title, sizeof title, "%d %s", table->pid, table->name);
    paint(&page, BOLD, title);
    fputs("\n\n    fd  at exec        kind        what\n", stdout);
    for (size_t i = 0; i < table->count; i++) put_row(&page, &table->descriptors[i]);
    putchar('\n');
    put_handed_on(&page);
    put_outlived(&page);
    if (table->unseen)
        printf("%zu process%s could not be looked at for other ends\n", table->unseen,
               table->unseen == 1 ? "" : "es");
}
