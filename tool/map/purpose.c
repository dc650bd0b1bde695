/* SPDX-License-Identifier: MIT */
/* What each mapping is there for, by its name, its rights and its neighbours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "map.h"

const struct purpose_words purposes[PURPOSES] = {
    [FOR_HEAP] = {"heap", "heap", 'h', "\033[31m", "#c9472b", "#f0836a"},
    [FOR_STACK] = {"stack", "stacks", 's', "\033[33m", "#b7791f", "#e5b454"},
    [FOR_CODE] = {"code", "program, libraries", 'c', "\033[34m", "#2f6fb7", "#6aa9ec"},
    [FOR_FILES] = {"file", "files", 'f', "\033[36m", "#1d8a99", "#5cc4d1"},
    [FOR_ANONYMOUS] = {"anonymous", "anonymous", 'a', "\033[32m", "#3f8f46", "#7cc983"},
    [FOR_SHARED] = {"shared", "shared memory", 'm', "\033[35m", "#8a4fb0", "#c39ae0"},
    [FOR_RESERVED] = {"reserved", "reserved, no access", 'r', "\033[90m", "#8d97a3", "#78838f"},
    [FOR_GUARD] = {"guard", "guards", 'g', "\033[90m", "#4b5563", "#aab4c0"},
    [FOR_DEVICE] = {"device", "devices", 'd', "\033[91m", "#b8336a", "#ee7fae"},
    [FOR_KERNEL] = {"kernel", "kernel's (vdso)", 'k', "\033[94m", "#5a5fc7", "#9ea2f5"},
};

uint64_t size_of(const struct hp_layout_mapping *mapping) { return mapping->high - mapping->low; }

bool has_access(const struct hp_layout_mapping *mapping) {
    return mapping->flags & (HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_EXECUTE);
}

struct name {
    const char *text;
    size_t size;
};

static struct name name_of(const struct picture *picture, size_t i) {
    const struct hp_layout_mapping *mapping = &picture->map.mappings[i];
    return (struct name){picture->text + mapping->name, mapping->name_size};
}

static bool begins(struct name name, const char *with) {
    const size_t size = strlen(with);
    return name.size >= size && !memcmp(name.text, with, size);
}

static bool is(struct name name, const char *what) {
    return name.size == strlen(what) && begins(name, what);
}

static bool is_kernels(struct name name) {
    static const char *const names[] = {"[vdso]",    "[vsyscall]", "[vectors]",
                                        "[sigpage]", "[uprobes]",  "[vvar]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is(name, names[i])) return true;
    return begins(name, "[vvar_");
}

/* Memory that has a name because the kernel keeps it in a file of its own. */
static bool is_shared_memory(struct name name) {
    return begins(name, "/memfd:") || begins(name, "/dev/shm/") || begins(name, "/SYSV") ||
           begins(name, "/dev/zero") || begins(name, "[anon_shmem");
}

static enum purpose purpose_by_name(struct name name, const struct hp_layout_mapping *mapping) {
    const bool shared = mapping->flags & HP_LAYOUT_SHARED;
    if (is(name, "[heap]")) return FOR_HEAP;
    if (begins(name, "[stack") || mapping->flags & HP_LAYOUT_GROWS_DOWN) return FOR_STACK;
    if (is_kernels(name)) return FOR_KERNEL;
    if (is_shared_memory(name)) return shared ? FOR_SHARED : FOR_FILES;
    if (begins(name, "/anon_hugepage")) return shared ? FOR_SHARED : FOR_ANONYMOUS;
    if (begins(name, "/dev/")) return FOR_DEVICE;
    if (mapping->flags & HP_LAYOUT_FILE) return begins(name, "/") ? FOR_FILES : FOR_DEVICE;
    if (!has_access(mapping)) return FOR_RESERVED;
    return shared ? FOR_SHARED : FOR_ANONYMOUS;
}

enum { GUARD_MOST = 1 << 20 };

static bool touches_access(const struct hp_layout_map *map, size_t i) {
    const struct hp_layout_mapping *it = &map->mappings[i];
    if (i > 0 && it[-1].high == it->low && has_access(it - 1)) return true;
    return i + 1 < map->count && it[1].low == it->high && has_access(it + 1);
}

static int compare_names(struct name a, struct name b) {
    const int order = memcmp(a.text, b.text, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_name(const void *a, const void *b) {
    return compare_names(*(const struct name *)a, *(const struct name *)b);
}

/* A file of which one part may be executed is code in all its parts. */
static void find_code(struct picture *picture, struct name *executed) {
    size_t count = 0;
    for (size_t i = 0; i < picture->map.count; i++)
        if (picture->purpose[i] == FOR_FILES && picture->map.mappings[i].flags & HP_LAYOUT_EXECUTE)
            executed[count++] = name_of(picture, i);
    qsort(executed, count, sizeof *executed, by_name);
    for (size_t i = 0; i < picture->map.count; i++) {
        if (picture->purpose[i] != FOR_FILES) continue;
        const struct name name = name_of(picture, i);
        if (bsearch(&name, executed, count, sizeof *executed, by_name))
            picture->purpose[i] = FOR_CODE;
    }
}

int find_purposes(struct picture *picture) {
    const struct hp_layout_map *map = &picture->map;
    struct name *executed = calloc(map->count + 1, sizeof *executed);
    picture->purpose = calloc(map->count + 1, 1);
    if (!executed || !picture->purpose) {
        free(executed);
        return fputs("hardpan map: no memory\n", stderr), EXIT_BLIND;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct hp_layout_mapping *mapping = &map->mappings[i];
        picture->purpose[i] = (unsigned char)purpose_by_name(name_of(picture, i), mapping);
        if (picture->purpose[i] == FOR_RESERVED && size_of(mapping) <= GUARD_MOST &&
            touches_access(map, i))
            picture->purpose[i] = FOR_GUARD;
    }
    find_code(picture, executed);
    free(executed);
    return 0;
}

/* How many bytes of UTF-8 stand here that a terminal may be sent: no controls, of one byte or two.
 * 0: none. */
static size_t printable(const unsigned char *at, size_t size) {
    static const unsigned least[] = {0, 0, 0xa0, 0x800, 0x10000};
    if (*at < 0x80) return *at >= ' ' && *at != 0x7f;
    const size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at > 0xf4 || size < length) return 0;
    unsigned code = *at & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    return code >= least[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

struct label clean(const char *bytes, size_t size) {
    struct label label;
    const size_t room = sizeof label.text - 4;
    size_t kept = 0, i = 0;
    while (i < size && kept < room - 4) {
        const size_t length = printable((const unsigned char *)bytes + i, size - i);
        if (length)
            memcpy(label.text + kept, bytes + i, length);
        else
            label.text[kept] = '?';
        kept += length ? length : 1;
        i += length ? length : 1;
    }
    memcpy(label.text + kept, i < size ? "..." : "", i < size ? 4 : 1);
    return label;
}

struct label label_of(const struct picture *picture, size_t mapping) {
    const struct name name = name_of(picture, mapping);
    return clean(name.text, name.size);
}
