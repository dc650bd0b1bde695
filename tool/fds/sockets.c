/* SPDX-License-Identifier: MIT */
/* What sockets are, by the tables in the process's own view of the network: each is read once,
 * sorted by inode. A socket that stands in none (not bound, or of a rarer family) gives at least
 * the name of its protocol. */
#include <arpa/inet.h>
#include <errno.h>
#include <hardpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "fds.h"

struct entry {
    uint64_t inode;
    char *detail;
};

struct book {
    struct entry *entries;
    size_t count;
};

enum { FIELDS = 12 };

struct line {
    const char *field[FIELDS]; /* "" behind the last */
    int count;
};

/* Cut at blanks, in place; the last field is what remains. */
static struct line cut(char *text) {
    struct line line = {.count = 0};
    for (int i = 0; i < FIELDS; i++) line.field[i] = "";
    while (*text && line.count < FIELDS) {
        text += strspn(text, " ");
        if (!*text) break;
        line.field[line.count++] = text;
        if (line.count == FIELDS) break;
        text += strcspn(text, " ");
        if (*text) *text++ = 0;
    }
    return line;
}

/* "0100007F:1F90": words of the address as this machine reads them, then the port. */
static void put_address(char *to, size_t size, const char *from) {
    uint32_t words[4] = {0};
    char text[INET6_ADDRSTRLEN] = "?";
    const size_t digits = strcspn(from, ":");
    for (size_t i = 0; i < digits / 8 && i < 4; i++) {
        char word[9] = {0};
        memcpy(word, from + 8 * i, 8);
        words[i] = (uint32_t)strtoul(word, 0, 16);
    }
    const bool wide = digits > 8;
    inet_ntop(wide ? AF_INET6 : AF_INET, words, text, sizeof text);
    const unsigned long port = from[digits] ? strtoul(from + digits + 1, 0, 16) : 0;
    snprintf(to, size, wide ? "[%s]:%lu" : "%s:%lu", text, port);
}

static bool is_nowhere(const char *address) { return strspn(address, "0:") == strlen(address); }

static const char *state_word(const char *protocol, const char *state) {
    static const char *const words[] = {
        "",          "",       "syn sent",        "syn received", "fin wait", "fin wait",
        "time wait", "closed", "peer has closed", "last ack",     "listens",  "closing"};
    const unsigned long number = strtoul(state, 0, 16);
    if (strncmp(protocol, "tcp", 3) != 0) return "";
    return number < sizeof words / sizeof *words ? words[number] : "";
}

/* sl local remote state queues timer retransmits uid timeout inode */
static char *describe_internet(const char *protocol, const struct line *line) {
    char text[256], local[64], remote[64];
    put_address(local, sizeof local, line->field[1]);
    put_address(remote, sizeof remote, line->field[2]);
    const char *state = state_word(protocol, line->field[3]);
    const bool connected = !is_nowhere(line->field[2]);
    snprintf(text, sizeof text, "%s %s%s%s%s%s", protocol, local, connected ? " to " : "",
             connected ? remote : "", *state ? ", " : "", state);
    return strdup(text);
}

/* number references protocol flags type state inode path */
static char *describe_unix(const struct line *line) {
    enum { LISTENS = 0x10000 };
    static const char *const types[] = {"", "stream", "datagram", "", "", "seqpacket"};
    char text[256];
    const unsigned long type = strtoul(line->field[4], 0, 16);
    snprintf(text, sizeof text, "unix %s%s%.128s%s",
             type < sizeof types / sizeof *types ? types[type] : "", line->count > 7 ? " " : "",
             line->count > 7 ? line->field[7] : "",
             strtoul(line->field[3], 0, 16) & LISTENS ? ", listens" : "");
    make_printable(text);
    return strdup(text);
}

static char *describe_netlink(const struct line *line) {
    char text[64];
    snprintf(text, sizeof text, "netlink, protocol %.16s, port %.16s", line->field[1],
             line->field[2]);
    return strdup(text);
}

static char *describe_packet(const struct line *line) {
    char text[64];
    snprintf(text, sizeof text, "packet, protocol 0x%.16s, interface %.16s", line->field[3],
             line->field[4]);
    return strdup(text);
}

static const struct source {
    const char *path, *protocol;
    int inode; /* which field has it */
} sources[] = {
    {"net/tcp", "tcp", 9},   {"net/tcp6", "tcp6", 9},       {"net/udp", "udp", 9},
    {"net/udp6", "udp6", 9}, {"net/raw", "raw", 9},         {"net/raw6", "raw6", 9},
    {"net/unix", "unix", 6}, {"net/netlink", "netlink", 9}, {"net/packet", "packet", 8},
};

static char *describe(const char *protocol, const struct line *line) {
    if (!strcmp(protocol, "unix")) return describe_unix(line);
    if (!strcmp(protocol, "netlink")) return describe_netlink(line);
    if (!strcmp(protocol, "packet")) return describe_packet(line);
    return describe_internet(protocol, line);
}

static int note(struct book *book, uint64_t inode, char *detail) {
    if (!detail) return -ENOMEM;
    if ((book->count & (book->count - 1)) == 0) {
        const size_t room = book->count ? 2 * book->count : 1;
        struct entry *larger = realloc(book->entries, room * sizeof *larger);
        if (!larger) return free(detail), -ENOMEM;
        book->entries = larger;
    }
    book->entries[book->count++] = (struct entry){inode, detail};
    return 0;
}

/* The first line names the columns. */
static int read_lines(struct book *book, const struct source *source, char *text) {
    int answer = 0;
    char *next = strchr(text, '\n');
    while (answer == 0 && next && *++next) {
        char *start = next;
        next = strchr(start, '\n');
        if (next) *next = 0;
        const struct line line = cut(start);
        if (line.count <= source->inode) continue;
        const uint64_t inode = strtoull(line.field[source->inode], 0, 10);
        if (inode) answer = note(book, inode, describe(source->protocol, &line));
    }
    return answer;
}

/* What a kernel is built without has no table. */
static int read_sources(struct book *book, int root) {
    int answer = 0;
    for (size_t i = 0; answer == 0 && i < sizeof sources / sizeof *sources; i++) {
        char *text = 0;
        if (read_text(root, sources[i].path, &text) < 0) continue;
        answer = read_lines(book, &sources[i], text);
        free(text);
    }
    return answer;
}

static int by_inode(const void *one, const void *other) {
    const struct entry *a = one, *b = other;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

static char *ask_protocol(const struct table *table, int fd) {
    char path[64], name[32] = {0};
    snprintf(path, sizeof path, "/proc/%d/fd/%d", table->pid, fd);
    const ssize_t length = getxattr(path, "system.sockprotoname", name, sizeof name - 1);
    make_printable(name);
    return strdup(length > 0 ? name : "");
}

static void fill_in(struct table *table, const struct book *book) {
    for (size_t i = 0; i < table->count; i++) {
        struct descriptor *descriptor = &table->descriptors[i];
        if (strcmp(descriptor->kind, "socket") != 0) continue;
        const struct entry wanted = {descriptor->identity.inode, 0};
        const struct entry *found = 0;
        if (book->count)
            found = bsearch(&wanted, book->entries, book->count, sizeof wanted, by_inode);
        char *detail = found ? strdup(found->detail) : ask_protocol(table, descriptor->fd);
        if (!detail) continue;
        free(descriptor->detail);
        descriptor->detail = detail;
    }
}

static bool has_sockets(const struct table *table) {
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(table->descriptors[i].kind, "socket")) return true;
    return false;
}

int describe_sockets(struct table *table) {
    struct book book = {0};
    if (!has_sockets(table)) return 0;
    const int answer = read_sources(&book, table->root);
    if (book.count) qsort(book.entries, book.count, sizeof *book.entries, by_inode);
    if (answer == 0) fill_in(table, &book);
    for (size_t i = 0; i < book.count; i++) free(book.entries[i].detail);
    free(book.entries);
    return answer;
}
