/* SPDX-License-Identifier: MIT */
/* From a process or a file to a picture, or to a sentence that says why there is none. A text that
 * is wrong in any way makes no picture: half of an address space looks like a whole one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "../tool.h"
#include "map.h"

/* The text of a million mappings with all of smaps is 700 MB. */
#define TEXT_MOST ((size_t)1 << 30)

static int refuse(const char *what, const char *why) {
    fprintf(stderr, "hardpan map: %s: %s\n", clean(what, strlen(what)).text, why);
    return EXIT_BLIND;
}

static int refuse_code(const char *what, int code) {
    const char *text = hp_error_text(code);
    char why[128];
    snprintf(why, sizeof why, "%s, %s", error_word(code), text ? text : "cannot be read");
    return refuse(what, why);
}

/* Whole, into picture->text. 0 or -errno; -EFBIG. */
static int read_whole(struct picture *picture, int fd) {
    size_t room = (size_t)1 << 16;
    picture->size = 0;
    for (;;) {
        char *larger = realloc(picture->text, room);
        if (!larger) return -ENOMEM;
        picture->text = larger;
        const long answer = hp_sys_read(fd, larger + picture->size, room - picture->size);
        if (answer < 0) return (int)answer;
        if (!answer) return 0;
        picture->size += (size_t)answer;
        if (picture->size > TEXT_MOST) return -EFBIG;
        if (room - picture->size < 1 << 15) room *= 2;
    }
}

/* Lines of maps begin with a small letter or a digit, those that smaps adds with a capital. */
static size_t count_mappings(const char *text, size_t size) {
    size_t count = 0;
    for (const char *line = text, *end = text + size; line && line < end; count++) {
        while (line < end && *line >= 'A' && *line <= 'Z') {
            line = memchr(line, '\n', (size_t)(end - line));
            if (!line++) return count;
        }
        if (line == end) break;
        line = memchr(line, '\n', (size_t)(end - line));
        if (line) line++;
    }
    return count;
}

static int parse(struct picture *picture, struct hp_layout_wrong *wrong) {
    struct hp_layout_map *map = &picture->map;
    map->capacity = count_mappings(picture->text, picture->size) + 1;
    free(map->mappings);
    map->mappings = calloc(map->capacity, sizeof *map->mappings);
    if (!map->mappings) return -ENOMEM;
    return hp_layout_parse(picture->text, picture->size, map, wrong);
}

static int refuse_flaw(const char *what, const struct hp_layout_wrong *wrong) {
    char why[160];
    const char *text = hp_layout_flaw_text(wrong->flaw);
    if (wrong->line)
        snprintf(why, sizeof why, "line %zu %s; no picture is drawn of a text that is wrong",
                 wrong->line, text);
    else
        snprintf(why, sizeof why, "%s", text);
    return refuse(what, why);
}

static int draw(struct picture *picture) {
    const int status = find_purposes(picture);
    return status ? status : find_gaps(picture);
}

int picture_of_file(struct picture *picture, const char *path) {
    struct hp_layout_wrong wrong = {0};
    const struct label title = clean(path, strlen(path));
    snprintf(picture->title, sizeof picture->title, "%.*s", (int)sizeof picture->title - 1,
             title.text);
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0) return refuse_code(path, fd);
    const int answer = read_whole(picture, fd);
    hp_sys_close(fd);
    if (answer < 0) return refuse_code(path, answer);
    const int parsed = parse(picture, &wrong);
    if (parsed == -ENOMEM) return refuse_code(path, parsed);
    if (parsed < 0) return refuse_flaw(path, &wrong);
    return draw(picture);
}

/* ---- A process ------------------------------------------------------------------------------- */

static int refuse_process(const char *process, int code) {
    char what[64];
    snprintf(what, sizeof what, "process %s", process);
    if (code == -ENOENT || code == -ESRCH)
        return refuse(what, "there is none (or /proc is not mounted)");
    if (code == -EACCES || code == -EPERM)
        return refuse(what, "its mappings may be read by its own user with the right to trace it, "
                            "and by root; try sudo");
    return refuse_code(what, code);
}

/* A mapping that changes between two reads may be listed twice, which is no flaw of the process:
 * look again. Once the process ended, or called exec, the descriptor reads nothing even from the
 * start, and what was read before may be half. */
enum { TRIES = 16 };
enum { ENDED = 1 };

static int read_once(struct picture *picture, int fd, struct hp_layout_wrong *wrong) {
    char first;
    const int64_t start = hp_sys_lseek(fd, 0, SEEK_SET);
    const int whole = start < 0 ? (int)start : read_whole(picture, fd);
    if (whole < 0) return whole;
    const int64_t again = hp_sys_lseek(fd, 0, SEEK_SET);
    if (again < 0) return (int)again;
    const long left = hp_sys_read(fd, &first, 1);
    if (left <= 0) return picture->size ? ENDED : left == 0 ? -ESRCH : (int)left;
    return parse(picture, wrong);
}

static int read_process(struct picture *picture, const char *process, int fd) {
    struct hp_layout_wrong wrong = {0};
    int answer = -EBADMSG;
    for (int i = 0; i < TRIES && (answer == -EBADMSG || answer == -ENOSPC); i++)
        answer = read_once(picture, fd, &wrong);
    char what[64];
    snprintf(what, sizeof what, "process %s", process);
    if (answer == ENDED) return refuse(what, "ended, or called exec, while it was read");
    if (answer == -ESRCH) return refuse(what, "has no mappings: a kernel thread, or it has ended");
    if (answer == -EBADMSG || answer == -ENOSPC) return refuse_flaw(what, &wrong);
    return answer < 0 ? refuse_process(process, answer) : 0;
}

static bool is_process(const char *word) {
    return !strcmp(word, "self") || (*word && strspn(word, "0123456789") == strlen(word));
}

/* smaps tells what is resident; where a kernel was built without it, maps does for the rest. */
static int open_mappings(const char *process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/smaps", process);
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd != -ENOENT) return fd;
    snprintf(path, sizeof path, "/proc/%.20s/maps", process);
    return hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
}

static void find_title(struct picture *picture, const char *process) {
    char path[64], comm[64];
    snprintf(path, sizeof path, "/proc/%.20s/comm", process);
    const long length = read_file(path, comm, sizeof comm);
    const size_t size = length > 0 ? (size_t)length - (comm[length - 1] == '\n') : 0;
    const struct label name = clean(comm, size);
    snprintf(picture->title, sizeof picture->title, "process %.20s%s%.64s%s", process,
             size ? " (" : "", name.text, size ? ")" : "");
}

int picture_of_process(struct picture *picture, const char *process, bool as_text) {
    if (!is_process(process) || strlen(process) > 19) return refuse_process(process, -ENOENT);
    find_title(picture, process);
    const int fd = open_mappings(process);
    if (fd < 0) return refuse_process(process, fd);
    const int status = read_process(picture, process, fd);
    hp_sys_close(fd);
    if (status) return status;
    if (read_number("/proc/sys/vm/max_map_count", &picture->most) < 0) picture->most = 0;
    const int purposes_found = find_purposes(picture);
    if (purposes_found) return purposes_found;
    if (!as_text) find_stacks(picture, process);
    return find_gaps(picture);
}

void picture_free(struct picture *picture) {
    free(picture->text);
    free(picture->map.mappings);
    free(picture->purpose);
    free(picture->gaps);
    *picture = (struct picture){0};
}
