/* SPDX-License-Identifier: MIT */
/* Where a program may lie: one path after the other, as exec's own search has them. */
#include "spawn.h"

static bool has_slash(const char *path) {
    while (*path && *path != '/') path++;
    return *path == '/';
}

/* The n-th of what ':' parts; NULL past the last. */
static const char *element(const char *search, unsigned n, size_t *length) {
    for (; n; n--) {
        while (*search && *search != ':') search++;
        if (!*search++) return 0;
    }
    for (*length = 0; search[*length] && search[*length] != ':';) ++*length;
    return search;
}

static int put(char *path, const char *directory, size_t length, const char *name) {
    size_t at = 0;
    while (at < length && at < HP_SPAWN_PATH_MAX - 1) path[at++] = *directory++;
    if (at && path[at - 1] != '/') path[at++] = '/';
    while (*name && at < HP_SPAWN_PATH_MAX) path[at++] = *name++;
    const bool fits = at < HP_SPAWN_PATH_MAX;
    path[fits ? at : 0] = 0;
    return fits ? 1 : -ENAMETOOLONG;
}

int hp_search(const struct hp_spawn_plan *plan, unsigned n, char *path) {
    size_t length = 0;
    if (!plan->search || has_slash(plan->path)) return n ? 0 : put(path, "", 0, plan->path);
    const char *directory = element(plan->search, n, &length);
    return directory ? put(path, directory, length, plan->path) : 0;
}

bool hp_search_goes_on(int answer) {
    return answer == -ENOENT || answer == -ENOTDIR || answer == -EACCES ||
           answer == -ENAMETOOLONG || answer == -ESTALE || answer == -ENODEV ||
           answer == -ETIMEDOUT || answer == -ELOOP;
}
