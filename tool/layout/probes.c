/* SPDX-License-Identifier: MIT */
/* Features of the kernel, each by a mapping that goes one way with it and another way without: the
 * model says which way, so a probe that could not tell them apart is seen to say nothing. Version
 * numbers would not do: 6.1.192 and 6.12.107 both have rules of later kernels. */
#include "probes.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "../doctor/probe.h"

#define MIB UINT64_C(1048576)

enum ground { UNEVEN, EVEN }; /* where the free space begins: beside a huge page, or on one */

struct probe {
    uint32_t feature;
    enum ground ground;
    struct hp_layout_request request; /* address 1: a hint at what is mapped */
};

static const struct probe probes[] = {
    {HP_LAYOUT_HAS_NOREPLACE,
     UNEVEN,
     {.address = 1, .length = 4096, .flags = HP_LAYOUT_MAP_NOREPLACE}},
    {HP_LAYOUT_HAS_THP, UNEVEN, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_NO_HINT, UNEVEN, {.address = 1, .length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_MULTIPLES, UNEVEN, {.length = 4 * MIB + 4096}},
    {HP_LAYOUT_HAS_THP_UP, EVEN, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_NOT_COMPAT, UNEVEN, {.length = 4 * MIB}},
    {HP_LAYOUT_HAS_THP_ZERO, UNEVEN, {.length = 4 * MIB, .object = HP_LAYOUT_DEV_ZERO}},
    {HP_LAYOUT_HAS_HUGETLB_X86,
     UNEVEN,
     {.address = 1, .length = 2 * MIB, .object = HP_LAYOUT_HUGE, .align = 2 * MIB}},
    {HP_LAYOUT_HAS_HUGETLB_GENERIC,
     UNEVEN,
     {.address = 1, .length = 2 * MIB, .object = HP_LAYOUT_HUGE, .align = 2 * MIB}},
    {HP_LAYOUT_HAS_RANDOM_32BIT, UNEVEN, {.length = 4096, .flags = HP_LAYOUT_MAP_32BIT}},
};

/* Room for all that a probe's answer may be. */
static bool holds(struct hp_layout *layout, uint32_t feature, bool with,
                  const struct hp_layout_request *request, uint64_t got, int code) {
    static struct hp_layout_part parts[64];
    struct hp_layout_answer answer = {.parts = parts, .capacity = COUNT(parts)};
    const uint32_t has = layout->facts.has;
    layout->facts.has = with ? has | feature : has & ~feature;
    const int wrong = hp_layout_where(layout, request, &answer);
    layout->facts.has = has;
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

/* A mapping that takes the nearest free space up to an edge on a huge page, or a page beyond. */
static bool lay_ground(struct hp_layout *layout, enum ground ground,
                       struct hp_layout_mapping *spacer) {
    const size_t page = page_size();
    const uint64_t huge = layout->facts.huge_page;
    const bool up = layout->facts.legacy;
    uintptr_t at;
    if (map_at(0, page, PROT_NONE, MAP_NORESERVE, &at)) return false;
    unmap(at, page);
    const uint64_t over = up ? -(uint64_t)at & (huge - 1) : (at + page) & (huge - 1);
    const uint64_t length = (over ? over : huge) + (ground == UNEVEN ? page : 0);
    if (map_at(0, (size_t)length, PROT_NONE, MAP_NORESERVE, &at)) return false;
    *spacer = (struct hp_layout_mapping){.low = at, .high = at + length};
    return shadow_put(&layout->map, spacer);
}

static void clear_ground(struct hp_layout *layout, const struct hp_layout_mapping *spacer) {
    unmap((uintptr_t)spacer->low, (size_t)(spacer->high - spacer->low));
    shadow_cut(&layout->map, spacer->low, spacer->high);
}

static void probe_one(struct hp_layout *layout, const struct probe *probe) {
    struct hp_layout_request request = probe->request;
    struct hp_layout_mapping spacer;
    uint64_t got = 0;
    if (!lay_ground(layout, probe->ground, &spacer)) return;
    if (request.address) request.address = spacer.low;
    const int code = ask(&request, &got);
    const bool with = holds(layout, probe->feature, true, &request, got, code);
    const bool without = holds(layout, probe->feature, false, &request, got, code);
    if (with && !without) layout->facts.has |= probe->feature;
    if (without && !with) layout->facts.has &= ~probe->feature;
    clear_ground(layout, &spacer);
}

/* What shared memory of this kind is aligned to: of all sizes the first by which the model comes to
 * the kernel's answer. */
static void probe_align(struct hp_layout *layout, int fact, int object) {
    struct hp_layout_request request = {
        .length = 2 * layout->facts.huge_page, .object = object, .flags = HP_LAYOUT_MAP_SHARED};
    struct hp_layout_mapping spacer;
    uint64_t got = 0, align = 0;
    if (!lay_ground(layout, UNEVEN, &spacer)) return;
    const int code = ask(&request, &got);
    while (align <= layout->facts.huge_page) {
        hp_layout_set_fact(&layout->facts, fact, align, HP_LAYOUT_PROBED);
        if (holds(layout, 0, true, &request, got, code)) break;
        align = align ? align * 2 : 2 * layout->facts.page;
    }
    clear_ground(layout, &spacer);
}

void find_features(struct hp_layout *layout) {
    /* by turns: what one probe says may depend on a feature that another has yet to find */
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < COUNT(probes); i++) probe_one(layout, &probes[i]);
    probe_align(layout, HP_LAYOUT_FACT_shared_align, HP_LAYOUT_ANONYMOUS);
    probe_align(layout, HP_LAYOUT_FACT_memfd_align, HP_LAYOUT_MEMFD);
}
