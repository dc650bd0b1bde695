/* SPDX-License-Identifier: MIT */
/* What becomes of a region as a whole. */
#include "vm.h"

int hp_vm_release(struct hp_vm_region *region) {
    const size_t size = region->size;
    if (!size) return -EINVAL;
    hp_vm_let_go(size);
    const int answer = hp_sys_munmap(region->base, size);
    if (answer < 0)
        hp_vm_hold(size);
    else
        *region = (struct hp_vm_region){0};
    return answer;
}

int hp_vm_disown(struct hp_vm_region *region) {
    if (!region->size) return -EINVAL;
    hp_vm_let_go(region->size);
    *region = (struct hp_vm_region){0};
    return 0;
}

int hp_vm_release_part(struct hp_vm_region *region, void *at, size_t size) {
    int answer = hp_vm_check(region, at, size);
    if (answer < 0) return answer;
    if (size == region->size) return hp_vm_release(region);
    const bool head = at == region->base;
    if (!head && (unsigned char *)at + size != region->base + region->size) return -EINVAL;
    answer = hp_sys_munmap(at, size);
    if (answer < 0) return answer;
    if (head) region->base += size;
    region->size -= size;
    hp_vm_count(&hp_vm_held, -hp_vm_held_pages(size));
    return 0;
}

int hp_vm_split(struct hp_vm_region *region, size_t head, struct hp_vm_region *tail) {
    if (hp_vm_check(region, region->base, head) < 0 || head == region->size) return -EINVAL;
    *tail = *region;
    tail->base += head;
    tail->size -= head;
    region->size = head;
    hp_vm_count(&hp_vm_held, HELD_REGION);
    return 0;
}

static bool is_row(const struct hp_vm_region *region, const struct hp_vm_region *tail) {
    if (!region->size || !tail->size || region == tail) return false;
    if (region->base + region->size != tail->base) return false;
    return region->flags == tail->flags && region->node == tail->node;
}

int hp_vm_join(struct hp_vm_region *region, struct hp_vm_region *tail) {
    if (!is_row(region, tail)) return -EINVAL;
    region->size += tail->size;
    region->missed |= tail->missed;
    region->guarded |= tail->guarded;
    if (tail->used_high) hp_vm_use(region, tail->used_low, tail->used_high);
    *tail = (struct hp_vm_region){0};
    hp_vm_count(&hp_vm_held, -(uint64_t)HELD_REGION);
    return 0;
}

int hp_vm_seal(struct hp_vm_region *region) {
    if (!region->size) return -EINVAL;
    const int answer = hp_sys_mseal(region->base, region->size, 0);
    if (answer == 0) region->flags |= HP_VM_SEALED;
    return answer;
}

int hp_vm_adopt(void *base, size_t size, unsigned flags, struct hp_vm_region *region) {
    const uintptr_t low = (uintptr_t)base;
    const size_t page = hp_vm_page();
    uintptr_t end;
    if (!low || !size || !hp_is_aligned(low, page) || !hp_is_aligned(size, page) ||
        !hp_add(low, size, &end))
        return -EINVAL;
    if (flags & ~(unsigned)HP_VM_FLAGS_WITHOUT_NODE) return -EINVAL;
    const int mapped = hp_vm_is_all(0, low, size, 1);
    if (mapped <= 0) return mapped ? mapped : -ENOMEM;
    struct hp_vm_region adopted = {
        .base = base, .size = size, .flags = flags, .rung = HP_VM_ADOPTED};
    adopted.missed = hp_vm_attribute(&adopted, base, size);
    if (adopted.missed && flags & HP_VM_STRICT) return -EOPNOTSUPP;
    adopted.flags &= ~adopted.missed;
    adopted.guarded = !!(hp_vm_features() & HP_VM_HAS_GUARD); /* whose they are cannot be asked */
    adopted.used_low = low;
    adopted.used_high = end;
    hp_vm_hold(size);
    *region = adopted;
    return 0;
}
