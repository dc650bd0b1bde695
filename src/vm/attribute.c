/* SPDX-License-Identifier: MIT */
/* Attributes go on whole regions, once: on a part they would split the mapping (and an undone
 * HUGEPAGE does not merge again). */
#include <string.h>

#include "vm.h"

static const struct {
    unsigned flag;
    int advice;
} advised[] = {
    {HP_VM_NO_DUMP, ADVICE_DONTDUMP},        {HP_VM_NO_FORK, ADVICE_DONTFORK},
    {HP_VM_WIPE_ON_FORK, ADVICE_WIPEONFORK}, {HP_VM_HUGE, ADVICE_HUGEPAGE},
    {HP_VM_NO_HUGE, ADVICE_NOHUGEPAGE},
};

enum { NODES_MAX = 1024, BITS = 8 * sizeof(unsigned long) };

static int prefer_node(void *at, size_t size, int node) {
    unsigned long nodes[NODES_MAX / BITS] = {0};
    if (node < 0 || node >= NODES_MAX) return -EINVAL;
    nodes[(size_t)node / BITS] = 1ul << ((size_t)node % BITS);
    return hp_sys_mbind(at, size, PREFER_NODE, nodes, NODES_MAX, 0);
}

static int give_name(void *at, size_t size, const char *name) {
    return hp_sys_prctl(SET_VMA, SET_VMA_NAME, (unsigned long)at, size, (unsigned long)name);
}

unsigned hp_vm_attribute(const struct hp_vm_region *region, void *at, size_t size) {
    unsigned missed = 0;
    for (size_t i = 0; i < HP_COUNT(advised); i++)
        if (region->flags & advised[i].flag && hp_sys_madvise(at, size, advised[i].advice) < 0)
            missed |= advised[i].flag;
    if (region->flags & HP_VM_NODE && prefer_node(at, size, region->node) < 0) missed |= HP_VM_NODE;
    const unsigned refused = __atomic_load_n(&region->missed, __ATOMIC_RELAXED);
    if (region->name && !(refused & HP_VM_NAME) && give_name(at, size, region->name) < 0)
        missed |= HP_VM_NAME;
    return missed;
}

static int attribute_all(struct hp_vm_region *region) {
    region->missed = hp_vm_attribute(region, region->base, region->size);
    if (region->missed && region->flags & HP_VM_STRICT) {
        hp_sys_munmap(region->base, region->size);
        *region = (struct hp_vm_region){0};
        return -EOPNOTSUPP;
    }
    region->flags &= ~region->missed;
    return 0;
}

int hp_vm_take(struct hp_vm_region *region, uintptr_t at, size_t size,
               const struct hp_vm_request *request, int rung) {
    *region = (struct hp_vm_region){
        .base = (unsigned char *)at,
        .size = size,
        .flags = request->flags & ~(unsigned)(HP_VM_SEALED | HP_VM_NAME),
        .rung = rung,
        .node = request->node,
        .name = request->name,
    };
    return region->flags || region->name ? attribute_all(region) : 0;
}
