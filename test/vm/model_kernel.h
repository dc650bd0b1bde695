/* SPDX-License-Identifier: MIT */
/* The kernel that the model's operations meet: one of quirks.h, with features missing at random and
 * calls that fail at random. And what an operation works on. */
#ifndef MODEL_KERNEL_H
#define MODEL_KERNEL_H

#include "model.h"
#include "quirks.h"

static struct {
    const struct quirk *quirk;
    bool armed; /* a call may fail by our hand: any error is an answer */
} fault;

#define assert_answer(answer, condition)                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("operation %u on \"%s\": answer %d, has %#x", model.operations,               \
                     fault.quirk->name, answer, has());                                            \
    } while (0)

static void install_quirk(void) {
    open_reset();
    for (size_t i = 0; i < 3; i++)
        if (fault.quirk->in_place[i].function)
            open_replace(fault.quirk->in_place[i].call, fault.quirk->in_place[i].function);
}

/* Some of what is there counts as missing from here on; regions live through that. */
static void change_features(void) {
    unsigned missing = 0;
    if (chance(5) > 1)
        for (unsigned bit = 0; bit < 13; bit++) missing |= (unsigned)!chance(4) << bit;
    hp_vm_force(missing);
}

/* Another kernel, which is looked at before anything of ours fails. */
static void change_kernels(void) {
    fault.quirk = &quirks[chance(2) ? chance(QUIRKS) : 0];
    install_quirk();
    hp_vm_forget();
    hp_vm_force(0);
    has();
}

/* munmap fails only where that is the point: a stray that cannot be given back stays, and may lie
 * in the next operation's way. */
static void arm(bool munmap_too) {
    static const enum hp_call calls[] = {
        HP_CALL_mmap,  HP_CALL_mprotect, HP_CALL_madvise, HP_CALL_process_madvise, HP_CALL_openat,
        HP_CALL_read,  HP_CALL_ioctl,    HP_CALL_lseek,   HP_CALL_mincore,         HP_CALL_shmget,
        HP_CALL_shmat, HP_CALL_shmctl,   HP_CALL_prctl};
    static const int errors[] = {ENOMEM, EINVAL, EPERM, EACCES, ENOSYS, EBADF, EAGAIN};
    const size_t count = sizeof calls / sizeof *calls;
    fault.armed = chance(3) == 0;
    if (!fault.armed) return;
    enum hp_call call = calls[chance(count)];
    if (munmap_too) call = HP_CALL_munmap;
    const unsigned n = 1 + chance(3);
    /* of mincore, ENOMEM is no failure: it is the answer "free" */
    const int error = call == HP_CALL_mincore ? EAGAIN : errors[chance(7)];
    open_fail(call, n, error, chance(3) == 0);
}

static void disarm(void) {
    install_quirk();
    fault.armed = false;
}

static int room_of(const unsigned char *at) {
    return (int)((size_t)(at - room(0)) / ((ROOM_PAGES + 1) * page()));
}

struct price {
    int room, before;
};

static struct price price(const unsigned char *at) {
    const int index = room_of(at);
    return (struct price){index, mappings_of(room(index), ROOM_PAGES * page())};
}

static void assert_price(struct price price, int most) {
    const int now = mappings_of(room(price.room), ROOM_PAGES * page());
    assert_model(now - price.before <= most);
}

/* ---- Choosing what to work on ---- */

struct pick {
    struct hp_vm_region *region;
    unsigned char *at;
    size_t size;
};

static bool pick_region(struct pick *pick) {
    for (int tries = 0; tries < 30; tries++) {
        pick->region = &model.regions[chance(REGIONS_MAX)];
        if (!pick->region->size) continue;
        const uint32_t pages = (uint32_t)(pick->region->size / page());
        const uint32_t from = chance(pages);
        pick->at = pick->region->base + from * page();
        pick->size = (1 + chance(pages - from)) * page();
        return true;
    }
    return false;
}

static int free_slot(void) {
    for (int i = 0; i < REGIONS_MAX; i++)
        if (!model.regions[i].size) return i;
    return NOBODY;
}

static void scribble(unsigned char *at, size_t size) {
    for (unsigned char *end = at + size; at < end; at += page()) {
        struct model_page *is = model_at(at);
        is->value = (unsigned char)(1 + chance(255));
        is->or_zero = false;
        at[0] = at[page() - 1] = is->value;
    }
}

#endif
