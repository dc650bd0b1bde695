/* SPDX-License-Identifier: MIT */
/* Descriptors that a child would be handed without anybody meaning it. */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "creators.h"

enum { NEVER_MADE = -1 };

/* Closes what was made. NEVER_MADE with *refusal set, otherwise whether all of it is
 * close-on-exec. */
static int born_closed(const struct creator *creator, int *refusal) {
    int fds[2] = {-1, -1};
    *refusal = creator->make(fds);
    bool closed = true;
    for (int i = 0; i < 2; i++) {
        if (fds[i] < 0) continue;
        const int flags = hp_sys_fcntl(fds[i], F_GETFD, 0);
        closed &= flags >= 0 && flags & FD_CLOEXEC;
        hp_sys_close(fds[i]);
    }
    return *refusal ? NEVER_MADE : closed;
}

struct tally {
    struct list leaky, refused;
    bool common; /* something is refused that every system has */
};

static void judge_atomic(struct finding *f, const struct tally *tally) {
    if (tally->leaky.count) {
        found(f, STATUS_WRONG, "not close-on-exec though asked: %s", tally->leaky.text);
        return todo(f, "Set FD_CLOEXEC by fcntl under a lock that every fork takes; a foreign fork "
                       "still leaks.");
    }
    if (!tally->refused.count)
        return found(f, STATUS_OK, "all %zu ways to make a descriptor are close-on-exec at birth",
                     creator_count);
    found(f, tally->common ? STATUS_WRONG : STATUS_NOTE,
          "%zu of %zu ways are close-on-exec at birth; refused: %s",
          creator_count - tally->refused.count, creator_count, tally->refused.text);
    todo(f, tally->common ? "Let the sandbox pass it, or create and set FD_CLOEXEC under a lock "
                            "that every fork takes."
                          : "Fine unless the program needs it.");
}

static void atomic(struct finding *f) {
    struct tally tally = {0};
    for (size_t i = 0; i < creator_count; i++) {
        int refusal;
        const int born = born_closed(&creators[i], &refusal);
        if (refusal == -EMFILE || refusal == -ENFILE) return blind(f, creators[i].name, refusal);
        if (born == NEVER_MADE) {
            list_add(&tally.refused, "%s (%s)", creators[i].name, error_word(refusal));
            tally.common |= creators[i].common;
        } else if (!born) {
            list_add(&tally.leaky, "%s", creators[i].name);
        }
    }
    judge_atomic(f, &tally);
}

enum { SWEEP_UNSHARE = 2, SWEEP_CLOEXEC = 4, FAR = 0x7ffffff0 };

/* Marks, then closes, a descriptor of our own. 0, or what went wrong. */
static const char *sweep_one(int fd) {
    const unsigned n = (unsigned)fd;
    hp_sys_fcntl(fd, F_SETFD, 0);
    const int marked = hp_sys_close_range(n, n, SWEEP_CLOEXEC);
    if (marked == -EINVAL) return "no CLOSE_RANGE_CLOEXEC (Linux 5.11)";
    if (marked) return error_word(marked);
    if (!(hp_sys_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC))
        return "CLOSE_RANGE_CLOEXEC is accepted and marks nothing";
    const int closed = hp_sys_close_range(n, n, 0);
    if (closed) return error_word(closed);
    return hp_sys_fcntl(fd, F_GETFD, 0) == -EBADF ? 0 : "a range is accepted and not closed";
}

/* The range is empty: nobody's descriptors are that high, so nothing is closed and, with one
 * thread, nothing copied. */
static int sweep_nothing(void) {
    const int plain = hp_sys_close_range(FAR, ~0U, 0);
    return plain ? plain : hp_sys_close_range(FAR, ~0U, SWEEP_UNSHARE);
}

static void sweep(struct finding *f) {
    const int empty = sweep_nothing();
    const int fd = hp_sys_eventfd(0, 0);
    if (fd < 0) return blind(f, "eventfd2", fd);
    const char *wrong = empty ? error_word(empty) : sweep_one(fd);
    hp_sys_close(fd);
    if (!wrong)
        return found(f, STATUS_OK,
                     "close_range closes, marks close-on-exec, and takes CLOSE_RANGE_UNSHARE");
    found(f, strstr(wrong, "accepted") ? STATUS_WRONG : STATUS_NOTE, "close_range: %s", wrong);
    todo(f, "Walk /proc/self/fd before exec, and let the limit of descriptors stay small.");
}

struct handed {
    struct list list;
    int own; /* the descriptor that reads the folder */
};

static void note_handed(struct handed *handed, int fd) {
    char link[32], target[96] = "?";
    const int flags = hp_sys_fcntl(fd, F_GETFD, 0);
    if (fd == handed->own || flags < 0 || flags & FD_CLOEXEC) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const long length = hp_sys_readlinkat(AT_FDCWD, link, target, sizeof target - 1);
    if (length > 0) target[length] = 0;
    list_add(&handed->list, "%d %s", fd, target);
}

/* A descriptor that came through exec has no close-on-exec flag, or it would not have come. */
static long read_handed(struct handed *handed) {
    char entries[2048] __attribute__((aligned(8)));
    long length;
    while ((length = hp_sys_getdents64(handed->own, entries, sizeof entries)) > 0) {
        const struct dirent64 *entry;
        for (long at = 0; at < length; at += entry->d_reclen) {
            entry = (const struct dirent64 *)(entries + at);
            const int fd = *entry->d_name == '.' ? 0 : atoi(entry->d_name);
            if (fd > 2) note_handed(handed, fd);
        }
    }
    return length;
}

static void inherited(struct finding *f) {
    struct handed handed = {
        .own = hp_sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0)};
    if (handed.own < 0) return blind(f, "/proc/self/fd", handed.own);
    const long code = read_handed(&handed);
    hp_sys_close(handed.own);
    if (code < 0) return blind(f, "/proc/self/fd", (int)code);
    if (!handed.list.count) return found(f, STATUS_OK, "none but 0, 1 and 2");
    found(f, STATUS_NOTE, "%u that would be handed on: %s", handed.list.count, handed.list.text);
    todo(f, "Whoever starts this should open with O_CLOEXEC; here: close_range(3, ~0U, "
            "CLOSE_RANGE_CLOEXEC) first.");
}

static const struct fact rows[] = {
    {"fd.atomic", "Every call that makes a descriptor, with its close-on-exec flag; then F_GETFD.",
     "Between making a descriptor and marking it, another thread's fork and exec hands it to a "
     "stranger.",
     atomic},
    {"fd.sweep",
     "close_range over an empty range and over a descriptor of our own, with each flag.",
     "One call before exec instead of one for each possible descriptor; limits of a billion exist.",
     sweep},
    {"fd.inherited",
     "Which descriptors beyond 0, 1 and 2 this process was handed, without the close-on-exec flag.",
     "They keep pipes open, files busy and sockets bound, and go on to every child.", inherited},
};

FAMILY(fd, "descriptors that would leak");
