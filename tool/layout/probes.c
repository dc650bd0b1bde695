/* SPDX-License-Identifier: MIT */
/* Features of the kernel, each by a mapping that goes one way with it and another way without: the
 * model says which way, so a probe that could not tell them apart is seen to say nothing. Version
 * numbers would not do: 6.1.192 and 6.12.107 both have rules of later kernels. */
#include "probes.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "../doctor/probe.h"
#include "ground.h"

#define MIB UINT64_C(1048576)

/* Beside the features: a maple tree is searched, or a red-black one. */
#define IS_MAPLE (UINT32_C(1) << 31)

struct probe {
    uint32_t feature;
    ground_lay *lay;
    struct hp_layout_request request; /* what its ground leaves to it */
};

#define HUGE .object = HP_LAYOUT_HUGE, .align = 2 * MIB

static const struct probe probes[] = {
    {HP_LAYOUT_HAS_NOREPLACE,
     lay_uneven,
     {.address = 1, .length = 4096, .flags = HP_LAYOUT_MAP_NOREPLACE}},
    {IS_MAPLE, lay_in_guard, {0}},
    {HP_LAYOUT_HAS_SEARCH_MIN, lay_below, {0}},
    {HP_LAYOUT_HAS_WINDOW_CHECK, lay_short, {0}},
    {HP_LAYOUT_HAS_ABOVE_4G, lay_lowest, {.flags = HP_LAYOUT_MAP_ABOVE_4G}},
    {HP_LAYOUT_HAS_THP, lay_uneven, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_NO_HINT, lay_uneven, {.address = 1, .length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_MULTIPLES, lay_uneven, {.length = 4 * MIB + 4096}},
    {HP_LAYOUT_HAS_THP_UP, lay_even, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_NOT_COMPAT, lay_uneven, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_ZERO, lay_uneven, {.length = 4 * MIB, .object = HP_LAYOUT_DEV_ZERO}},
    {HP_LAYOUT_HAS_HUGETLB_X86, lay_hint, {.length = 2 * MIB, HUGE}},
    {HP_LAYOUT_HAS_HUGETLB_MIN,
     lay_whole,
     {.flags = HP_LAYOUT_MAP_FIXED | HP_LAYOUT_MAP_NOREPLACE, HUGE}},
    {HP_LAYOUT_HAS_HUGETLB_GENERIC, lay_hint, {.length = 2 * MIB, HUGE}},
    {HP_LAYOUT_HAS_HUGETLB_GENERIC, lay_wrap, {.length = 2 * MIB, HUGE}},
    {HP_LAYOUT_HAS_CUT_EINVAL, lay_huge, {.length = 4096, .flags = HP_LAYOUT_MAP_FIXED}},
    {HP_LAYOUT_HAS_REMAP_EINVAL, lay_remap, {.flags = HP_LAYOUT_REMAP | HP_LAYOUT_MAY_MOVE}},
    {IS_MAPLE, lay_under_guard, {.length = 2 * MIB, HUGE}},
    {HP_LAYOUT_HAS_RANDOM_32BIT, lay_uneven, {.length = 4096, .flags = HP_LAYOUT_MAP_32BIT}},
};

static void set(struct hp_layout_facts *facts, uint32_t feature, bool with) {
    if (feature & IS_MAPLE)
        facts->search = with ? HP_LAYOUT_MAPLE : HP_LAYOUT_RBTREE;
    else
        facts->has = with ? facts->has | feature : facts->has & ~feature;
}

/* Room for all that a probe's answer may be. */
static bool holds(struct hp_layout *layout, uint32_t feature, bool with,
                  const struct hp_layout_request *request, uint64_t got, int code) {
    static struct hp_layout_part parts[64];
    struct hp_layout_answer answer = {.parts = parts, .capacity = COUNT(parts)};
    const uint32_t has = layout->facts.has;
    const int search = layout->facts.search;
    set(&layout->facts, feature, with);
    const int wrong = hp_layout_where(layout, request, &answer);
    layout->facts.has = has;
    layout->facts.search = search;
    return !wrong && hp_layout_holds(&answer, got, code) > 0;
}

static int descriptor(const struct hp_layout_request *request) {
    if (request->object == HP_LAYOUT_DEV_ZERO)
        return hp_sys_openat(AT_FDCWD, "/dev/zero", O_RDONLY, 0);
    return request->object == HP_LAYOUT_MEMFD ? hp_sys_memfd_create("hardpan", 0) : -1;
}

/* Where the kernel puts it; an address or an error. */
static int ask(const struct hp_layout_request *request, uint64_t *got) {
    const int fd = descriptor(request);
    const int code = live_mmap(request, fd, got);
    if (!code) unmap((uintptr_t)*got, (size_t)request->length);
    if (fd >= 0) hp_sys_close(fd);
    return code;
}

static void settle(struct hp_layout_facts *facts, uint32_t feature, bool with) {
    set(facts, feature, with);
    if (feature & IS_MAPLE)
        facts->search_mark = HP_LAYOUT_PROBED;
    else
        facts->probed |= feature;
}

static void look(struct hp_layout *layout, uint32_t feature,
                 const struct hp_layout_request *request) {
    uint64_t got = 0;
    const int code = ask(request, &got);
    const bool with = holds(layout, feature, true, request, got, code);
    const bool without = holds(layout, feature, false, request, got, code);
    if (with != without) settle(&layout->facts, feature, with);
}

static void probe_one(struct hp_layout *layout, const struct probe *probe) {
    struct hp_layout_request request = probe->request;
    struct ground ground = {.count = 0};
    if (probe->lay(layout, &ground, &request)) look(layout, probe->feature, &request);
    ground_clear(layout, &ground);
}

/* What shared memory of this kind is aligned to: of all sizes the first by which the model comes to
 * the kernel's answer. */
static void probe_align(struct hp_layout *layout, int fact, int object) {
    struct hp_layout_request request = {
        .length = 2 * layout->facts.huge_page, .object = object, .flags = HP_LAYOUT_MAP_SHARED};
    struct ground ground = {.count = 0};
    uint64_t got = 0, align = 0;
    if (lay_uneven(layout, &ground, &request)) {
        const int code = ask(&request, &got);
        while (align <= layout->facts.huge_page) {
            hp_layout_set_fact(&layout->facts, fact, align, HP_LAYOUT_PROBED);
            if (holds(layout, 0, true, &request, got, code)) break;
            align = align ? align * 2 : 2 * layout->facts.page;
        }
    }
    ground_clear(layout, &ground);
}

void find_features(struct hp_layout *layout) {
    /* by turns: what one probe says may depend on a feature that another has yet to find */
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < COUNT(probes); i++) probe_one(layout, &probes[i]);
    probe_align(layout, HP_LAYOUT_FACT_shared_align, HP_LAYOUT_ANONYMOUS);
    probe_align(layout, HP_LAYOUT_FACT_memfd_align, HP_LAYOUT_MEMFD);
}
