/* SPDX-License-Identifier: MIT */
/* What a descriptor is: by the name that the kernel gives its link, or by the type of its file; and
 * what fdinfo says of it, in words. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fds.h"

/* Names of links, seen on 4.19 to 6.18; some lost or gained brackets on the way. */
static const struct {
    const char *link, *kind;
} links[] = {
    {"pipe:[", "pipe"},
    {"socket:[", "socket"},
    {"/memfd:", "memfd"},
    {"pidfd:[", "pidfd"},
    {"anon_inode:[eventfd]", "eventfd"},
    {"anon_inode:[timerfd]", "timerfd"},
    {"anon_inode:[signalfd]", "signalfd"},
    {"anon_inode:[eventpoll]", "epoll"},
    {"anon_inode:[pidfd]", "pidfd"},
    {"anon_inode:inotify", "inotify"},
    {"anon_inode:[io_uring]", "io_uring"},
    {"anon_inode:[userfaultfd]", "userfaultfd"},
    {"anon_inode:[fanotify]", "fanotify"},
    {"anon_inode:[perf_event]", "perf"},
    {"anon_inode:bpf", "bpf"},
    {"anon_inode:kvm", "kvm"},
    {"anon_inode:seccomp", "seccomp"},
};

static const char *kind_of_mode(unsigned mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return "file";
    case S_IFDIR: return "directory";
    case S_IFCHR: return "device";
    case S_IFBLK: return "disk";
    case S_IFIFO: return "fifo";
    case S_IFSOCK: return "socket";
    default: return "other";
    }
}

const char *kind_of(const char *link, unsigned mode, unsigned flags) {
    if (flags & O_PATH) return "path";
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (!strncmp(link, links[i].link, strlen(links[i].link))) return links[i].kind;
    return strncmp(link, "anon_inode:", 11) ? kind_of_mode(mode) : "other";
}

/* What is behind "key:" at the start of a line, NULL where there is none. */
static const char *field(const char *info, const char *key) {
    const size_t length = strlen(key);
    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, length) && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
    }
    return 0;
}

static size_t count_lines(const char *info, const char *start) {
    size_t count = 0;
    for (const char *line = info; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += !strncmp(line, start, strlen(start));
    }
    return count;
}

struct words {
    char text[1024];
    size_t length;
};

static void say(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct words *words, const char *format, ...) {
    va_list list;
    va_start(list, format);
    const size_t left = sizeof words->text - words->length;
    const int wanted = vsnprintf(words->text + words->length, left, format, list);
    if (wanted > 0) words->length += (size_t)wanted < left ? (size_t)wanted : left - 1;
    va_end(list);
}

static void say_eventfd(struct words *words, const char *info) {
    const char *count = field(info, "eventfd-count");
    if (count) say(words, "count 0x%" PRIx64, (uint64_t)strtoull(count, 0, 16));
}

struct span {
    long long seconds, nanoseconds;
};

static struct span span_of(const char *text) {
    struct span span = {0, 0};
    char *rest;
    if (!text || *text != '(') return span;
    span.seconds = strtoll(text + 1, &rest, 10);
    if (*rest == ',') span.nanoseconds = strtoll(rest + 1, 0, 10);
    return span;
}

static bool is_nothing(struct span span) { return !span.seconds && !span.nanoseconds; }

static void say_timerfd(struct words *words, const char *info) {
    static const char *const clocks[] = {
        "realtime", "monotonic", [7] = "boottime", [8] = "realtime alarm", "boottime alarm"};
    const char *clock = field(info, "clockid");
    const unsigned long id = clock ? strtoul(clock, 0, 10) : 0;
    const struct span left = span_of(field(info, "it_value")),
                      every = span_of(field(info, "it_interval"));
    if (clock && id < sizeof clocks / sizeof *clocks && clocks[id]) say(words, "%s, ", clocks[id]);
    if (is_nothing(left)) {
        say(words, "not armed");
        return;
    }
    say(words, "due in %lld.%09lld s", left.seconds, left.nanoseconds);
    if (!is_nothing(every)) say(words, ", every %lld.%09lld s", every.seconds, every.nanoseconds);
}

static void say_signalfd(struct words *words, const char *info) {
    const char *mask = field(info, "sigmask");
    const uint64_t set = mask ? strtoull(mask, 0, 16) : 0;
    if (!set) say(words, "no signals");
    for (int signal = 1; signal <= 64; signal++)
        if (set >> (signal - 1) & 1) say(words, "%s%d", words->length ? ", " : "signals ", signal);
}

static void say_inotify(struct words *words, const char *info) {
    say(words, "watches %zu", count_lines(info, "inotify wd:"));
}

static void say_epoll(struct words *words, const char *info) {
    say(words, "watches %zu", count_lines(info, "tfd:"));
}

/* -1 for a process that has ended, and 0 for one that cannot be named here. */
static void say_pidfd(struct words *words, const char *info) {
    const char *process = field(info, "Pid");
    if (!process) return;
    const long pid = strtol(process, 0, 10);
    if (pid > 0) say(words, "process %ld", pid);
    if (pid < 0) say(words, "a process that has ended");
}

static void say_ring(struct words *words, const char *info) {
    const char *mask = field(info, "SqMask");
    if (mask) say(words, "%lu entries", strtoul(mask, 0, 16) + 1);
}

static const struct {
    const char *kind;
    void (*say)(struct words *words, const char *info);
} speakers[] = {
    {"eventfd", say_eventfd}, {"timerfd", say_timerfd}, {"signalfd", say_signalfd},
    {"inotify", say_inotify}, {"epoll", say_epoll},     {"pidfd", say_pidfd},
    {"io_uring", say_ring},
};

char *detail_of(const char *kind, const char *info) {
    struct words words = {.length = 0};
    for (size_t i = 0; i < sizeof speakers / sizeof *speakers; i++)
        if (!strcmp(speakers[i].kind, kind)) speakers[i].say(&words, info);
    return strdup(words.text);
}
