/* SPDX-License-Identifier: MIT */
/* A page for a bug report: what the kernel does, what it does not, and how often the ways round
 * were taken. */
#include <sys/resource.h>

#include "proc.h"
#include "text.h"
#include "vm.h"

static void features(struct hp_text *text, const char *title, unsigned has) {
    hp_text_string(text, title);
    for (unsigned bit = 1; hp_vm_has_name(bit); bit <<= 1) {
        if (!(has & bit)) continue;
        hp_text_string(text, " ");
        hp_text_string(text, hp_vm_has_name(bit));
    }
    hp_text_string(text, "\n");
}

static void number(struct hp_text *text, const char *name, uint64_t value) {
    hp_text_string(text, name);
    hp_text_decimal(text, value);
    hp_text_string(text, "\n");
}

static void limit(struct hp_text *text, const char *name, int resource) {
    uint64_t value[2];
    hp_text_string(text, name);
    if (hp_sys_prlimit(0, resource, 0, value) < 0)
        hp_text_string(text, "unknown");
    else if (value[0] == UINT64_MAX)
        hp_text_string(text, "unlimited");
    else
        hp_text_bytes(text, value[0]);
    hp_text_string(text, "\n");
}

static void proc(struct hp_text *text, const char *name, const char *path) {
    uint64_t value;
    hp_text_string(text, name);
    if (hp_proc_number(path, "", &value) < 0)
        hp_text_string(text, "unknown");
    else
        hp_text_decimal(text, value);
    hp_text_string(text, "\n");
}

static void bounds(struct hp_text *text) {
    uintptr_t low, high;
    const int answer = hp_vm_bounds(0, &low, &high);
    hp_text_string(text, "addresses       ");
    if (answer < 0) {
        hp_text_string(text, hp_error_name(answer));
    } else {
        hp_text_hex(text, low);
        hp_text_string(text, " to ");
        hp_text_hex(text, high);
    }
    hp_text_string(text, "\n");
}

static const char *const totals_names[] = {
    "regions         ", "reserved        ", "committed       ", "decommitted     ",
    "by noreplace    ", "by hint         ", "by shm          ", "by race         ",
    "strays          ", "halved          ", "trimmed         ", "locked          ",
    "remapped        ", "protected       ", "zeroed          ", "guards by none  ",
    "batches         ", "singles         ", "eager discards  ", "pages touched   ",
    "looks by maps   ", "looks by mincore", "retaken         ", "rings by memfd  ",
    "rings by shm    "};
_Static_assert(HP_COUNT(totals_names) == sizeof(struct hp_vm_totals) / sizeof(uint64_t),
               "a name for each total");

static void totals(struct hp_text *text) {
    struct hp_vm_totals now;
    hp_vm_stats(&now);
    const uint64_t *value = (const uint64_t *)&now;
    for (size_t i = 0; i < HP_COUNT(totals_names); i++) {
        if (!value[i]) continue;
        hp_text_string(text, totals_names[i]);
        number(text, " ", value[i]);
    }
}

size_t hp_vm_report(char *buffer, size_t capacity) {
    struct hp_text text = {buffer, buffer ? capacity : 0, 0};
    struct hp_vm_info info;
    hp_vm_probe(&info);
    number(&text, "page            ", info.page);
    number(&text, "huge page       ", info.huge_page);
    features(&text, "has            ", info.has);
    features(&text, "lacks          ", ~info.has & HP_VM_HAS_EVERYTHING);
    bounds(&text);
    limit(&text, "address limit   ", RLIMIT_AS);
    limit(&text, "data limit      ", RLIMIT_DATA);
    limit(&text, "locked limit    ", RLIMIT_MEMLOCK);
    proc(&text, "overcommit      ", "/proc/sys/vm/overcommit_memory");
    proc(&text, "mappings max    ", "/proc/sys/vm/max_map_count");
    totals(&text);
    return text.length;
}
