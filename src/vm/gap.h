/* SPDX-License-Identifier: MIT */
/* Choosing a gap: in a range the lowest, near an address the nearest. */
#ifndef HP_VM_GAP_H
#define HP_VM_GAP_H

#include "vm.h"

struct hp_gap_wish {
    uintptr_t low, high; /* all of it in [low, high) */
    uintptr_t near;      /* 0: the lowest place is the best */
    size_t size, align;
};

struct hp_gap_wish hp_gap_wish(const struct hp_vm_request *request, size_t size, size_t align);

/* -EEXIST: no gap does. */
int hp_gap_find(const struct hp_vm_view *view, const struct hp_gap_wish *wish, uintptr_t *at);

#endif
