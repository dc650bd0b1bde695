/* SPDX-License-Identifier: MIT */
/* Small and shared, so that a fact is the question it asks and little else. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

int map_at(uintptr_t address, size_t length, int protection, int extra, uintptr_t *got) {
    void *at = 0;
    const int code =
        hp_sys_mmap((void *)address, length, protection, ANONYMOUS | extra, -1, 0, &at);
    *got = (uintptr_t)at;
    return code;
}

void unmap(uintptr_t address, size_t length) { hp_sys_munmap((void *)address, length); }

uintptr_t free_hole(size_t length) {
    uintptr_t hole;
    if (map_at(0, length, PROT_NONE, MAP_NORESERVE, &hole)) return 0;
    unmap(hole, length);
    return hole;
}

/* 8 EiB is beyond every address space, 2 GiB beyond none of 32 bits. */
static const unsigned top_power = sizeof(void *) == 8 ? 62 : 31;

enum { SLOW = 8000000 }; /* ns; a kernel needs a few thousand */

/* Reserves and gives back; *took is how long that was. */
static int reserve_once(unsigned power, int64_t *took) {
    const int64_t began = hp_sys_now();
    uintptr_t at;
    const int code = map_at(0, (size_t)1 << power, PROT_NONE, MAP_NORESERVE, &at);
    if (!code) unmap(at, (size_t)1 << power);
    *took = hp_sys_now() - began;
    return code;
}

/* Slow each time: once may be another process's turn. */
static bool is_slow(unsigned power) {
    enum { TRIES = 3 };
    int64_t took = SLOW;
    for (int i = 0; i < TRIES && took >= SLOW; i++) reserve_once(power, &took);
    return took >= SLOW;
}

/* Upwards, and not on when it gets slow: an emulator spends seconds on a terabyte (qemu-user 7.2:
 * 9 s for 128 GiB). */
unsigned largest_reservation(int *refusal) {
    unsigned granted = 0;
    for (unsigned power = 24; power <= top_power; power++) {
        int64_t took;
        *refusal = reserve_once(power, &took);
        if (*refusal) break;
        granted = power;
        if (took >= SLOW && is_slow(power)) break;
    }
    return granted;
}

long read_file(const char *path, char *text, size_t size) {
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return fd;
    size_t length = 0;
    long answer;
    while ((answer = hp_sys_read(fd, text + length, size - 1 - length)) > 0)
        length += (size_t)answer;
    hp_sys_close(fd);
    text[length] = 0;
    return answer < 0 ? answer : (long)length;
}

int read_number(const char *path, uint64_t *number) {
    char text[64];
    const long length = read_file(path, text, sizeof text);
    if (length < 0) return (int)length;
    char *end;
    *number = strtoull(text, &end, 10);
    return end == text ? -EINVAL : 0;
}

int read_field(const char *path, const char *key, uint64_t *number) {
    char text[8192];
    const long length = read_file(path, text, sizeof text);
    if (length < 0) return (int)length;
    const size_t width = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, width) || line[width] != ':') continue;
        *number = strtoull(line + width + 1, 0, 10);
        return 0;
    }
    return -ENOENT;
}

static bool parse_mapping(const char *line, struct mapping *mapping) {
    unsigned long start, end;
    int name = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &start, &end, &name) < 2) return false;
    *mapping = (struct mapping){start, end, line + name};
    return true;
}

/* Visits the whole lines in text and returns how many bytes they took; *go turns false when the
 * visitor is done. */
static size_t visit_lines(char *text, bool *go, bool (*visit)(const struct mapping *, void *),
                          void *context) {
    char *line = text, *end;
    while (*go && (end = strchr(line, '\n'))) {
        struct mapping mapping;
        *end = 0;
        if (parse_mapping(line, &mapping)) *go = visit(&mapping, context);
        line = end + 1;
    }
    return (size_t)(line - text);
}

int each_mapping(bool (*visit)(const struct mapping *, void *), void *context) {
    const int fd = hp_sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
    if (fd < 0) return fd;
    char text[8192];
    size_t held = 0;
    bool go = true;
    long answer = 0;
    while (go && (answer = hp_sys_read(fd, text + held, sizeof text - 1 - held)) > 0) {
        held += (size_t)answer;
        text[held] = 0;
        const size_t used = visit_lines(text, &go, visit, context);
        memmove(text, text + used, held - used);
        held -= used;
    }
    hp_sys_close(fd);
    return answer < 0 ? (int)answer : 0;
}

long call_number(const char *name) {
    const struct hp_call_row *row;
    for (size_t i = 0; (row = hp_sys_call_row(i)); i++)
        if (!strcmp(row->name, name)) return row->number;
    return -1;
}

const char *error_word(int code) {
    static char number[16];
    const char *name = hp_error_name(code);
    if (name) return name;
    snprintf(number, sizeof number, "error %d", code);
    return number;
}

struct words bytes_words(uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned power = 0;
    while (power + 1 < COUNT(units) && bytes >> (10 * (power + 1))) power++;
    const double value = (double)bytes / (double)(UINT64_C(1) << (10 * power));
    struct words words;
    const bool whole = bytes % (UINT64_C(1) << (10 * power)) == 0;
    snprintf(words.text, sizeof words.text, whole ? "%.0f %s" : "%.1f %s", value, units[power]);
    return words;
}

void list_add(struct list *list, const char *format, ...) {
    char item[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item, sizeof item, format, arguments);
    va_end(arguments);
    const size_t room = sizeof list->text - list->length;
    const int wrote =
        snprintf(list->text + list->length, room, "%s%s", list->count ? ", " : "", item);
    list->length += (size_t)wrote < room ? (size_t)wrote : room - 1;
    list->count++;
}
