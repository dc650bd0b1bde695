/* SPDX-License-Identifier: MIT */
/* The loop: the model's answer, the kernel's answer, and the list of mappings one call further. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "../tool.h"

enum { MOST_MAPPINGS = 4096, MOST_OWN = 100, MOST_PARTS = 9000, MOST_STEPS = 256, EVERY = 20000 };

static struct worker worker;
static struct hp_layout_mapping mappings[MOST_MAPPINGS], seen[MOST_MAPPINGS];
static struct hp_layout_part parts[MOST_PARTS];
static struct hp_layout_step steps[MOST_STEPS];
static uint64_t seed;

/* ---- Saying what went wrong ------------------------------------------------------------------ */

static void say_request(const struct hp_layout_request *r) {
    static const char *const objects[] = {"anonymous", "file",  "file (huge aligned)",
                                          "memfd",     "tmpfs", "/dev/zero",
                                          "hugetlb",   "device"};
    if (r->flags & HP_LAYOUT_REMAP)
        printf("mremap(%#llx, %#llx, ", (unsigned long long)r->old_address,
               (unsigned long long)r->old_length);
    else
        printf("mmap(%#llx, ", (unsigned long long)r->address);
    printf("%#llx), %s, offset %#llx, flags:", (unsigned long long)r->length, objects[r->object],
           (unsigned long long)r->offset);
    static const char *const flags[] = {"shared",  "fixed",  "noreplace", "32bit", "growsdown",
                                        "above4g", "shadow", "int80",     "remap", "maymove"};
    for (size_t i = 0; i < COUNT(flags); i++)
        if (r->flags >> i & 1) printf(" %s", flags[i]);
    putchar('\n');
}

static void say_place(const char *who, uint64_t address, int code) {
    if (code)
        printf("  %s: %s\n", who, error_word(code));
    else
        printf("  %s: %#llx\n", who, (unsigned long long)address);
}

static void say_answer(const struct hp_layout_answer *answer) {
    switch (answer->verdict) {
    case HP_LAYOUT_EXACT: say_place("model", answer->address, 0); break;
    case HP_LAYOUT_REFUSED: say_place("model", 0, answer->code); break;
    case HP_LAYOUT_NOT_KNOWN:
        printf("  model: not known: %s\n",
               answer->missing < 0 ? "a routine" : hp_layout_fact_title(answer->missing));
        break;
    default: printf("  model: one of %zu parts\n", answer->count);
    }
    for (size_t i = 0; i < answer->count && i < 16; i++)
        printf("    %#llx ... %#llx, %llu draws\n", (unsigned long long)answer->parts[i].first,
               (unsigned long long)answer->parts[i].last,
               (unsigned long long)answer->parts[i].draws);
}

static void say_trace(const struct hp_layout_answer *answer) {
    char text[256];
    for (size_t i = 0; i < answer->fired && i < MOST_STEPS; i++) {
        hp_layout_step_text(&worker.layout, &answer->steps[i], text, sizeof text);
        printf("    %-14s %s\n", hp_layout_rule_name(answer->steps[i].rule), text);
    }
}

static int mismatch(const struct hp_layout_request *request, const struct hp_layout_answer *answer,
                    uint64_t got, int code) {
    printf("mismatch at call %llu: ", (unsigned long long)worker.calls);
    say_request(request);
    say_place("kernel", got, code);
    say_answer(answer);
    say_trace(answer);
    return EXIT_WRONG;
}

/* ---- The list -------------------------------------------------------------------------------- */

static int kind_number(const struct hp_layout_request *request, int fd) {
    for (int kind = 0; kind < FD_KINDS; kind++)
        if (fd >= 0 && worker.fds[kind] == fd) return kind;
    return request->object == HP_LAYOUT_MEMFD ? FD_MEMFD : FD_NONE;
}

static struct hp_layout_mapping made_of(const struct hp_layout_request *request, int fd,
                                        uint64_t at, uint64_t length) {
    uint32_t flags = 0;
    if (request->flags & HP_LAYOUT_MAP_SHARED) flags |= HP_LAYOUT_SHARED;
    if (request->flags & HP_LAYOUT_MAP_GROWS_DOWN) flags |= HP_LAYOUT_GROWS_DOWN;
    if (request->object == HP_LAYOUT_HUGE) flags |= HP_LAYOUT_HUGETLB;
    return (struct hp_layout_mapping){.low = at,
                                      .high = at + length,
                                      .offset = request->offset,
                                      .flags = flags,
                                      .name = (uint64_t)kind_number(request, fd)};
}

static void moved(const struct hp_layout_request *request, uint64_t at, uint64_t length) {
    struct hp_layout_map *map = &worker.layout.map;
    struct hp_layout_mapping m = map->mappings[hp_layout_find(map, request->old_address)];
    m.offset += request->old_address - m.low;
    /* private memory of /dev/zero that was never touched takes its offset from its address */
    if (at != request->old_address && m.name == FD_ZERO && !(m.flags & HP_LAYOUT_SHARED))
        m.offset = at;
    m.low = at;
    m.high = at + length;
    shadow_cut(map, request->old_address, request->old_address + request->old_length);
    shadow_put(map, &m);
}

static void unmap_own(void) {
    const struct hp_layout_mapping *m = random_own(&worker);
    if (!m) return;
    const uint64_t page = worker.layout.facts.page;
    uint64_t low = m->low, high = m->high;
    if (!(m->flags & HP_LAYOUT_HUGETLB) && random_percent(&worker, 40)) {
        low += random_below(&worker, (high - low) / page) * page;
        high = low + page * (1 + random_below(&worker, (high - low) / page));
    }
    worker.last = low;
    if (!hp_sys_munmap((void *)(uintptr_t)low, (size_t)(high - low)))
        shadow_cut(&worker.layout.map, low, high);
}

/* What piles up hides the edges of an empty space. */
static void unmap_all(void) {
    struct hp_layout_map *map = &worker.layout.map;
    for (size_t i = 0; i < map->count;) {
        const struct hp_layout_mapping m = map->mappings[i];
        if (m.flags & FOREIGN || hp_sys_munmap((void *)(uintptr_t)m.low, (size_t)(m.high - m.low)))
            i++;
        else
            shadow_cut(map, m.low, m.high);
    }
}

static void protect_own(void) {
    const struct hp_layout_mapping *m = random_own(&worker);
    if (!m || m->flags & HP_LAYOUT_HUGETLB) return;
    const uint64_t page = worker.layout.facts.page, pages = (m->high - m->low) / page;
    const uint64_t low = m->low + random_below(&worker, pages) * page;
    const uint64_t length = page * (1 + random_below(&worker, (m->high - low) / page));
    hp_sys_mprotect((void *)(uintptr_t)low, (size_t)length,
                    random_percent(&worker, 50) ? PROT_READ : PROT_NONE);
    shadow_split(&worker.layout.map, low, low + length);
}

/* 6.18: MAP_FIXED that begins in an ordinary mapping and is refused because it ends inside a huge
 * page of MAP_HUGETLB leaves the first one in two, and mremap of it as a whole is EFAULT then. */
static void refused(const struct hp_layout_request *request) {
    struct hp_layout_map *map = &worker.layout.map;
    const uint64_t page = worker.layout.facts.page;
    const uint64_t end = (request->address + request->length + page - 1) & ~(page - 1);
    const uint64_t edges[] = {request->address, end};
    if (!(request->flags & HP_LAYOUT_MAP_FIXED) || request->address & (page - 1)) return;
    for (size_t i = 0; i < COUNT(edges); i++) {
        const size_t at = hp_layout_find(map, edges[i]);
        if (at < map->count && !(map->mappings[at].flags & (HP_LAYOUT_HUGETLB | FOREIGN)))
            shadow_split(map, edges[i], edges[i]);
    }
}

/* ---- Asking both ----------------------------------------------------------------------------- */

static void count(const struct hp_layout_answer *answer) {
    uint64_t *const counts[] = {
        [HP_LAYOUT_EXACT] = &worker.exact,       [HP_LAYOUT_REFUSED] = &worker.refused,
        [HP_LAYOUT_ONE_OF] = &worker.sets,       [HP_LAYOUT_HISTORY] = &worker.histories,
        [HP_LAYOUT_NOT_KNOWN] = &worker.refused,
    };
    worker.calls++;
    ++*counts[answer->verdict];
}

static int compare(const struct hp_layout_request *request, int fd) {
    struct hp_layout_answer answer = {
        .parts = parts, .capacity = MOST_PARTS, .steps = steps, .steps_capacity = MOST_STEPS};
    uint64_t got = 0;
    const int wrong = hp_layout_where(&worker.layout, request, &answer);
    const int code = live_mmap(request, fd, &got);
    count(&answer);
    if (wrong) printf("the model: %s\n", error_word(wrong));
    if (wrong || !hp_layout_holds(&answer, got, code)) return mismatch(request, &answer, got, code);
    if (code) return refused(request), 0;
    worker.last = got;
    if (request->flags & HP_LAYOUT_REMAP) return moved(request, got, answer.length), 0;
    const struct hp_layout_mapping made = made_of(request, fd, got, answer.length);
    shadow_put(&worker.layout.map, &made);
    return 0;
}

/* Pages up to a number of them, few as often as many. */
static uint64_t some_pages(uint64_t most) {
    return worker.layout.facts.page * random_below(&worker, random_percent(&worker, 50) ? 8 : most);
}

/* Nothing is free below the base but what the guard of the lowest mapping keeps, and a little below
 * that: chance alone comes to it once in tens of millions of calls. */
static int crowd(void) {
    const struct hp_layout_map *map = &worker.layout.map;
    const struct hp_layout_facts *facts = &worker.layout.facts;
    const uint64_t guard_pages = facts->guard / facts->page;
    const uint64_t least = random_percent(&worker, 50) ? facts->guard : facts->min_addr;
    struct hp_layout_request request = {
        .address = least + facts->page + some_pages(guard_pages),
        .length = facts->page,
        .flags = HP_LAYOUT_MAP_GROWS_DOWN | HP_LAYOUT_MAP_NOREPLACE};
    unmap_all();
    int status = compare(&request, -1);
    request.flags = HP_LAYOUT_MAP_NOREPLACE;
    for (size_t i = 1; !status && i < map->count && map->mappings[i - 1].high < facts->base; i++) {
        const uint64_t high = map->mappings[i].low, end = high < facts->base ? high : facts->base;
        request.address = map->mappings[i - 1].high;
        request.length = end - request.address;
        if (request.length) status = compare(&request, -1);
    }
    request = (struct hp_layout_request){.length = facts->page + some_pages(guard_pages)};
    return status ? status : compare(&request, -1);
}

/* The next run of one kind in a list, neighbours joined: the kernel merges some of them. */
static bool next_run(const struct hp_layout_map *map, size_t *index,
                     struct hp_layout_mapping *run) {
    const uint32_t kinds = HP_LAYOUT_SHARED | HP_LAYOUT_GROWS_DOWN | HP_LAYOUT_HUGETLB;
    *run = (struct hp_layout_mapping){0};
    if (*index == map->count) return false;
    *run = map->mappings[(*index)++];
    run->flags &= kinds;
    while (*index < map->count && map->mappings[*index].low == run->high &&
           (map->mappings[*index].flags & kinds) == run->flags)
        run->high = map->mappings[(*index)++].high;
    return true;
}

static int compare_lists(void) {
    struct hp_layout now = {.map = {.mappings = seen, .capacity = MOST_MAPPINGS}};
    const int code = live_own_map(&now);
    if (code) return printf("smaps: %s\n", error_word(code)), EXIT_BLIND;
    struct hp_layout_mapping one, other;
    size_t i = 0, j = 0;
    worker.compared++;
    for (;;) {
        const bool more = next_run(&worker.layout.map, &i, &one);
        if (more != next_run(&now.map, &j, &other)) break;
        if (!more) return 0;
        if (one.low != other.low || one.high != other.high || one.flags != other.flags) break;
    }
    printf("the list is not as smaps: %#llx ... %#llx, flags %#x, there %#llx ... %#llx, %#x\n",
           (unsigned long long)one.low, (unsigned long long)one.high, one.flags,
           (unsigned long long)other.low, (unsigned long long)other.high, other.flags);
    return EXIT_WRONG;
}

static int one_round(uint64_t foreign) {
    struct hp_layout_request request;
    int fd = -1, status = 0;
    const uint64_t roll = random_below(&worker, 100);
    /* the kernel merges what this list keeps apart: it grows by more than is mapped */
    while (worker.layout.map.count > foreign + MOST_OWN + random_below(&worker, MOST_OWN))
        unmap_own();
    if (!random_below(&worker, 400)) unmap_all();
    if (roll < 40) unmap_own();
    if (roll < 8) protect_own();
    if (!random_below(&worker, 800) && (status = crowd())) return status;
    if (roll >= 94 && random_mremap(&worker, &request)) {
        status = compare(&request, -1);
    } else {
        random_mmap(&worker, &request, &fd);
        status = compare(&request, fd);
    }
    return status;
}

static int run(uint64_t calls) {
    const uint64_t foreign = worker.layout.map.count;
    uint64_t next = EVERY;
    int status = compare_lists();
    while (!status && worker.calls < calls) {
        status = one_round(foreign);
        if (!status && worker.calls >= next) {
            status = compare_lists();
            next += EVERY;
            printf("at %llu\n", (unsigned long long)worker.calls);
            fflush(stdout);
        }
    }
    return status ? status : compare_lists();
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static void open_kinds(void) {
    const char *const paths[FD_KINDS] = {[FD_FILE] = "/proc/self/exe", [FD_ZERO] = "/dev/zero"};
    for (int kind = 0; kind < FD_KINDS; kind++) {
        worker.fds[kind] = paths[kind] ? hp_sys_openat(AT_FDCWD, paths[kind], O_RDONLY, 0) : -1;
        worker.kinds[kind].object = HP_LAYOUT_ANONYMOUS;
    }
    worker.fds[FD_MEMFD] = hp_sys_memfd_create("hardpan", 0);
    worker.fds[FD_TMPFS] = hp_sys_openat(AT_FDCWD, "/dev/shm", O_RDWR | O_TMPFILE, 0600);
    for (int kind = FD_FILE; kind < FD_KINDS; kind++) {
        const int fd = worker.fds[kind];
        if (fd >= 0 && live_object(&worker.layout, fd, &worker.kinds[kind])) worker.fds[kind] = -1;
    }
    worker.kinds[FD_MEMFD].object = HP_LAYOUT_MEMFD;
}

static void look_for_huge(void) {
    const struct hp_layout_request request = {.length = worker.layout.facts.huge_page,
                                              .object = HP_LAYOUT_HUGE};
    uint64_t got;
    worker.has_huge = !live_mmap(&request, -1, &got);
    if (worker.has_huge) unmap((uintptr_t)got, (size_t)request.length);
}

/* Stack that the run will need is there before the list is read. */
static void __attribute__((noinline)) touch_stack(void) {
    volatile char deep[24 << 10];
    for (size_t i = 0; i < sizeof deep; i += 1024) deep[i] = 0;
}

static uint64_t mapped(void) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < worker.layout.map.count; i++)
        bytes += mappings[i].high - mappings[i].low;
    return bytes;
}

static bool is_littered; /* the probes have not taken back all that they mapped */

static int calibrate(void) {
    int code = live_own_map(&worker.layout);
    const uint64_t before = mapped();
    if (!code) code = live_calibrate(&worker.layout);
    is_littered = !code && mapped() != before;
    if (is_littered)
        printf("the probes: %llu bytes were mapped before them, %llu after\n",
               (unsigned long long)before, (unsigned long long)mapped());
    return code;
}

static int set_up(void) {
    touch_stack();
    worker.layout.map = (struct hp_layout_map){.mappings = mappings, .capacity = MOST_MAPPINGS};
    int code = live_facts("self", &worker.layout.facts);
    if (!code) code = calibrate();
    if (code) return code;
    open_kinds();
    look_for_huge();
    code = live_own_map(&worker.layout);
    for (size_t i = 0; i < worker.layout.map.count; i++)
        mappings[i] = (struct hp_layout_mapping){
            .low = mappings[i].low, .high = mappings[i].high, .flags = mappings[i].flags | FOREIGN};
    worker.layout.map.text = 0;
    return code;
}

static void say_facts(void) {
    static char text[4096];
    hp_layout_describe(&worker.layout, text, sizeof text);
    fputs(text, stdout);
    printf("has %#x\n", worker.layout.facts.has);
}

static void say_counts(void) {
    printf("done %llu calls %llu exact %llu refused %llu sets %llu history %llu compared\n",
           (unsigned long long)worker.calls, (unsigned long long)worker.exact,
           (unsigned long long)worker.refused, (unsigned long long)worker.sets,
           (unsigned long long)worker.histories, (unsigned long long)worker.compared);
}

/* worker CALLS SEED WITHOUT: the last a set of rules, by number. */
int worker_main(int count, char **arguments) {
    static char buffer[1 << 14];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (count != 4) return EXIT_USAGE;
    seed = strtoull(arguments[2], 0, 10);
    worker.random = seed;
    const int code = set_up();
    if (code) return printf("cannot look: %s\n", error_word(code)), fflush(stdout), EXIT_BLIND;
    worker.layout.facts.without = strtoull(arguments[3], 0, 0);
    int status = is_littered ? EXIT_WRONG : run(strtoull(arguments[1], 0, 10));
    if (status) say_facts();
    say_counts();
    return fflush(stdout) ? EXIT_BLIND : status;
}
