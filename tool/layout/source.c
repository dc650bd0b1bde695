/* SPDX-License-Identifier: MIT */
/* The layout of a process, or of a text; or a sentence that says why there is none. Half a text is
 * none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "live.h"
#include "where.h"

struct text {
    char *bytes;
    size_t size, room;
};

/* 0 or -errno */
static int read_whole(int fd, struct text *text) {
    const size_t most = (size_t)1 << 30;
    for (;;) {
        if (text->room - text->size < 1 << 15) {
            const size_t room = text->room ? 2 * text->room : 1 << 17;
            char *larger = room <= most ? realloc(text->bytes, room) : 0;
            if (!larger) return -ENOMEM;
            text->bytes = larger;
            text->room = room;
        }
        const long got = hp_sys_read(fd, text->bytes + text->size, text->room - text->size);
        if (got <= 0) return (int)got;
        text->size += (size_t)got;
    }
}

/* Once a process has ended, or called exec, this descriptor reads nothing even from the start; what
 * was read before may be half. */
static int check_alive(int fd) {
    char byte;
    if (hp_sys_lseek(fd, 0, SEEK_SET) < 0) return -ESRCH;
    const long got = hp_sys_read(fd, &byte, 1);
    return got == 1 ? 0 : got < 0 ? (int)got : -ESRCH;
}

static int read_path(const char *path, bool alive, struct text *text) {
    text->size = 0;
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY | O_NOCTTY, 0);
    if (fd < 0) return fd;
    int code = read_whole(fd, text);
    if (!code && alive) code = check_alive(fd);
    hp_sys_close(fd);
    return code;
}

static bool refuse(const char *what, const char *why) {
    fprintf(stderr, "hardpan where: %s: %s\n", what, why);
    return false;
}

static bool refuse_code(const char *what, int code) {
    char why[128];
    const char *text = hp_error_text(code);
    snprintf(why, sizeof why, "%s, %s", error_word(code), text ? text : "cannot be read");
    if (code == -ENOENT || code == -ESRCH)
        return refuse(what, "there is none, or it ended while it was read");
    if (code == -EACCES || code == -EPERM) return refuse(what, "it may not be read; try sudo");
    if (code == -EOPNOTSUPP) return refuse(what, "its machine is not one that is modelled");
    return refuse(what, why);
}

/* A mapping has one line of maps; of smaps it has more, which begin with a capital. */
static size_t count_lines(const struct text *text) {
    size_t lines = 1;
    for (size_t i = 0; i < text->size; i++)
        lines += text->bytes[i] == '\n' &&
                 (i + 1 == text->size || text->bytes[i + 1] < 'A' || text->bytes[i + 1] > 'Z');
    return lines;
}

static bool parse(const char *what, const struct text *text, struct hp_layout_map *map) {
    struct hp_layout_wrong wrong = {0};
    char why[128];
    map->capacity = count_lines(text) + 1;
    map->mappings = calloc(map->capacity, sizeof *map->mappings);
    if (!map->mappings) return refuse(what, "no memory for its mappings");
    if (!hp_layout_parse(text->bytes, text->size, map, &wrong)) return true;
    snprintf(why, sizeof why, "line %zu: the text %s", wrong.line, hp_layout_flaw_text(wrong.flaw));
    return refuse(what, why);
}

/* The kernel's features, guard and windows are found by mappings of this process; a 32-bit task has
 * windows of its own. */
static void adopt_kernel(struct hp_layout *layout, const struct hp_layout *own) {
    static const int common[] = {HP_LAYOUT_FACT_guard, HP_LAYOUT_FACT_min_addr,
                                 HP_LAYOUT_FACT_shared_align, HP_LAYOUT_FACT_memfd_align};
    static const int wide[] = {HP_LAYOUT_FACT_window, HP_LAYOUT_FACT_task_size};
    const struct hp_layout_facts *from = &own->facts;
    layout->facts.has = from->has;
    layout->facts.probed = from->probed;
    layout->facts.search = from->search;
    layout->facts.search_mark = from->search_mark;
    for (size_t i = 0; i < COUNT(common); i++)
        hp_layout_set_fact(&layout->facts, common[i], hp_layout_fact(from, common[i]),
                           from->mark[common[i]]);
    for (size_t i = 0; i < COUNT(wide) && layout->facts.machine == from->machine; i++)
        hp_layout_set_fact(&layout->facts, wide[i], hp_layout_fact(from, wide[i]),
                           from->mark[wide[i]]);
}

/* This process, which also tells what its kernel does; the array is there before the look. */
static bool read_own(struct hp_layout *own) {
    enum { MOST = 1 << 16 };
    own->map.mappings = calloc(MOST, sizeof *own->map.mappings);
    own->map.capacity = MOST;
    if (!own->map.mappings) return refuse("this process", "no memory for its mappings");
    int code = live_facts("self", &own->facts);
    if (!code) code = live_calibrate(own);
    return !code || refuse_code("this process", code);
}

static bool read_other(const char *process, const struct hp_layout *own, struct hp_layout *layout) {
    static struct text text;
    char path[64], what[64];
    snprintf(what, sizeof what, "process %s", process);
    snprintf(path, sizeof path, "/proc/%s/smaps", process);
    int code = live_facts(process, &layout->facts);
    if (!code) code = read_path(path, true, &text);
    if (code) return refuse_code(what, code);
    if (!parse(what, &text, &layout->map)) return false;
    adopt_kernel(layout, own);
    (void)hp_layout_recover(layout); /* the answer says so where a base is not known */
    return true;
}

/* A text tells its machine by how far up it goes. */
static int machine_of(const struct hp_layout_map *map) {
    const uint64_t top = map->mappings[map->count - 1].high;
    return top <= UINT64_C(1) << 32 ? HP_LAYOUT_I386 : HP_LAYOUT_X86_64;
}

static bool read_text(struct question *question, struct hp_layout *layout) {
    static struct text text;
    const int code = read_path(question->from, false, &text);
    if (code) return refuse_code(question->from, code);
    if (!parse(question->from, &text, &layout->map)) return false;
    const char *kernel = question->kernel ? question->kernel : hp_layout_kernel_name(0);
    if (hp_layout_kernel(kernel, machine_of(&layout->map), &layout->facts)) {
        fprintf(stderr, "hardpan where: no rules of a kernel '%s'; there are:", kernel);
        for (int i = 0; hp_layout_kernel_name(i); i++)
            if (hp_layout_kernel_machine(i) == machine_of(&layout->map))
                fprintf(stderr, " %s", hp_layout_kernel_name(i));
        fputs("\n", stderr);
        return false;
    }
    (void)hp_layout_pick(&layout->facts, 0);
    (void)hp_layout_recover(layout);
    return true;
}

/* What --file is, by how this kernel places it. */
static bool read_file_kind(struct question *question, const struct hp_layout *own) {
    const int fd = hp_sys_openat(AT_FDCWD, question->file, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    const int code = fd < 0 ? fd : live_object(own, fd, &question->request);
    if (fd >= 0) hp_sys_close(fd);
    if (code == -ENODEV) return refuse(question->file, "is nothing that can be mapped");
    return !code || refuse_code(question->file, code);
}

bool read_layout(struct question *question, struct hp_layout *layout) {
    static struct hp_layout own;
    if (question->from && !question->file) return read_text(question, layout);
    if (!read_own(&own)) return false;
    if (question->file && !read_file_kind(question, &own)) return false;
    if (question->from) return read_text(question, layout);
    if (strcmp(question->process, "self")) return read_other(question->process, &own, layout);
    *layout = own;
    return true;
}
