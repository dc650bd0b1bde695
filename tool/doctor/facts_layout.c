/* SPDX-License-Identifier: MIT */
/* From where, and in which direction, the kernel hands out addresses. */
#include "probe.h"

#include <string.h>
#include <sys/personality.h>

enum {
    SPAN = (32 << 20) + 65536
}; /* wider than the holes between libraries, and no multiple of a huge page */

/* Two reservations one after the other: which way does the second lie, and how far? */
static int two_spans(uintptr_t *first, uintptr_t *second) {
    int code = map_at(0, SPAN, PROT_NONE, MAP_NORESERVE, first);
    if (code) return code;
    code = map_at(0, SPAN, PROT_NONE, MAP_NORESERVE, second);
    if (!code) unmap(*second, SPAN);
    unmap(*first, SPAN);
    return code;
}

static void kind(struct finding *f) {
    uintptr_t first, second;
    const int code = two_spans(&first, &second);
    if (code) return blind(f, "two reservations", code);
    const uintptr_t apart = first > second ? first - second : second - first;
    if (apart > UINT64_C(4) * SPAN) {
        found(f, STATUS_NOTE, "neither: two reservations lie %s apart", BYTES(apart));
        return todo(f,
                    "Do not expect neighbours to touch; reserve in one piece what must be near.");
    }
    if (second < first)
        return found(f, STATUS_OK, "top-down: the second of two reservations lies below the first");
    found(f, STATUS_NOTE, "legacy, bottom-up: the second of two reservations lies above the first");
    todo(f, "Not setarch -L, and sysctl vm.legacy_va_layout=0: it begins at a third of the space.");
}

struct run { /* of mappings that touch */
    uintptr_t start, end;
};

struct edges {
    uintptr_t page;    /* whose run is looked for */
    struct run run;    /* being read */
    struct run around; /* the page's */
    uintptr_t stack;   /* where [stack] begins; 0: not seen */
};

static bool follow(const struct mapping *mapping, void *context) {
    struct edges *edges = context;
    if (mapping->start != edges->run.end) edges->run.start = mapping->start;
    edges->run.end = mapping->end;
    if (edges->run.start <= edges->page && edges->page < edges->run.end) edges->around = edges->run;
    if (!strcmp(mapping->name, "[stack]")) edges->stack = mapping->start;
    return true;
}

/* A page that the kernel places itself touches the base, or a run of mappings that does: its upper
 * end when addresses are handed out top-down, its lower end when bottom-up. */
static int find_edges(struct edges *edges) {
    int code = map_at(0, page_size(), PROT_NONE, 0, &edges->page);
    if (code) return code;
    code = each_mapping(follow, edges);
    unmap(edges->page, page_size());
    return code;
}

static bool bottom_up(void) {
    uintptr_t first, second;
    return !two_spans(&first, &second) && second > first;
}

enum { ASK_ONLY = -1 };

static void base(struct finding *f) {
    struct edges edges = {0};
    const int code = find_edges(&edges);
    if (code) return blind(f, "/proc/self/maps", code);
    const uintptr_t at = bottom_up() ? edges.around.start : edges.around.end;
    const int persona = hp_sys_personality((unsigned long)ASK_ONLY);
    const bool fixed = persona >= 0 && persona & ADDR_NO_RANDOMIZE;
    char room[64] = "";
    if (edges.stack > at)
        snprintf(room, sizeof room, ", %s below the stack", BYTES(edges.stack - at));
    found(f, fixed ? STATUS_NOTE : STATUS_OK, "%#lx%s%s", (long)at, room,
          fixed ? ", not randomised" : "");
    if (fixed)
        todo(f, "Fine under a debugger or setarch -R; elsewhere every run has the same addresses.");
}

static const struct fact rows[] = {
    {"layout.kind", "Two reservations of 32 MiB, addresses left to the kernel.",
     "Top-down leaves one large hole below the libraries; bottom-up starts at a third of the "
     "address space and has less "
     "to give. Whoever guesses addresses must know which.",
     kind},
    {"layout.base", "A page placed by the kernel, and where the mappings that touch it end.",
     "Top-down it is the ceiling of what mmap gives, and above it is the stack's; bottom-up it is "
     "the floor.",
     base},
};

FAMILY(layout, "how addresses are chosen");
