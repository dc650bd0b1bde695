/* SPDX-License-Identifier: MIT */
/* Random sequences of every verb, on odd kernels, with calls that fail at random; after each, every
 * page it was about reads as the header promises, and no mapping was spent beyond the verb's price.
 * The seed is printed; HP_SEED or the first argument gives it back (0: another), the second is how
 * many operations. */
#include "model_place.h"

enum { OPERATIONS = 30000, OPERATIONS_LONG = 2000000, SEGMENT = 250, FULL_CHECK = 40 };

static void commit(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const unsigned options = chance(4) ? 0 : HP_VM_POPULATE;
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_commit(pick.region, pick.at, pick.size, options);
    assert_answer(answer, answer >= 0 || fault.armed);
    disarm();
    assert_price(before, 2);
    for (unsigned char *at = pick.at; at < pick.at + pick.size; at += page()) {
        struct model_page *is = model_at(at);
        if (answer == HP_VM_ZERO) assert_model(is->value == 0);
        if (answer >= 0) is->guarded = false;
        if (answer >= 0)
            is->access = YES;
        else if (is->access != YES)
            is->access = MAYBE;
    }
    check_pages(pick.at, pick.size);
    if (answer >= 0 && chance(4)) scribble(pick.at, pick.size);
}

/* The range was lost to a failed MAP_FIXED, and nobody is there: this is what its owner does. */
static void mend_lost(unsigned char *at, size_t size) {
    mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    contents_are_zero(at, size);
    access_becomes(at, size, NO);
}

static void decommitted(unsigned char *at, size_t size, unsigned options, int answer) {
    for (unsigned char *each = at; each < at + size; each += page())
        model_at(each)->guarded |= options == HP_VM_HARD;
    if (answer == HP_ELOST) {
        mend_lost(at, size);
    } else if (answer < 0) {
        contents_are_given_up(at, size);
        access_becomes(at, size, MAYBE);
    } else {
        contents_are_zero(at, size);
        access_becomes(at, size, options && answer == 0 ? NO : MAYBE);
    }
}

static bool may_be_lost(int answer) { return answer == HP_ELOST && fixed_is_refused(); }

static void decommit(void) {
    static const unsigned options[] = {0, HP_VM_HARD, HP_VM_REFUND};
    struct pick pick;
    if (!pick_region(&pick)) return;
    const unsigned option = options[chance(3)];
    const struct hp_vm_totals counted = totals();
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_decommit(pick.region, pick.at, pick.size, option);
    assert_answer(answer, answer >= 0 || fault.armed || may_be_lost(answer));
    disarm();
    const bool went_round = totals().decommit_remapped != counted.decommit_remapped ||
                            totals().decommit_protected != counted.decommit_protected ||
                            totals().decommit_zeroed != counted.decommit_zeroed;
    decommitted(pick.at, pick.size, option, answer);
    assert_price(before, went_round || answer < 0 ? 2 : 0);
    check_pages(pick.at, pick.size);
}

enum { RUNS = 8 };

static size_t pick_runs(const struct pick *pick, struct iovec runs[RUNS]) {
    size_t count = 0;
    unsigned char *at = pick->region->base, *end = at + pick->region->size;
    while (count < RUNS && at < end) {
        const size_t size = (1 + chance(3)) * page();
        if (size > (size_t)(end - at)) break;
        if (chance(2)) runs[count++] = (struct iovec){at, size};
        at += size;
    }
    return count;
}

static void decommit_runs(void) {
    struct pick pick;
    struct iovec runs[RUNS];
    size_t done = 0;
    const unsigned option = chance(2) ? HP_VM_HARD : 0;
    if (!pick_region(&pick)) return;
    const size_t count = pick_runs(&pick, runs);
    if (!count) return;
    arm(false);
    const int answer = hp_vm_decommit_runs(pick.region, runs, count, option, &done);
    assert_answer(answer, answer >= 0 || fault.armed || may_be_lost(answer));
    assert_model(answer < 0 ? done < count : done == count);
    disarm();
    for (size_t i = 0; i < count; i++) {
        int one = i < done ? answer : i == done ? answer : -EIO;
        if (i < done && answer < 0) one = HP_VM_NOT_HARD; /* done, and no more is known */
        decommitted(runs[i].iov_base, runs[i].iov_len, option, one);
    }
    check_pages(pick.region->base, pick.region->size);
}

static void discard(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_discard(pick.region, pick.at, pick.size);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    assert_price(before, 0);
    contents_are_given_up(pick.at, pick.size);
    check_pages(pick.at, pick.size);
}

static void populate(void) {
    struct pick pick;
    if (!pick_region(&pick) || !all_have(pick.at, pick.size, YES)) return;
    arm(false);
    const int answer = hp_vm_populate(pick.region, pick.at, pick.size);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    check_pages(pick.at, pick.size);
}

static void protect(void) {
    static const int protections[] = {HP_VM_NONE, HP_VM_READ, HP_VM_READ | HP_VM_WRITE};
    struct pick pick;
    if (!pick_region(&pick)) return;
    const uint32_t which = chance(3);
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_protect(pick.region, pick.at, pick.size, protections[which]);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    assert_price(before, 2);
    for (unsigned char *at = pick.at; at < pick.at + pick.size; at += page()) {
        struct model_page *is = model_at(at);
        is->access = answer < 0 || (which && is->guarded) ? MAYBE : (enum access)which;
    }
    check_pages(pick.at, pick.size);
    if (answer == 0 && all_have(pick.at, pick.size, YES)) scribble(pick.at, pick.size);
}

static void guard(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const bool free_of_charge = has() & HP_VM_HAS_GUARD;
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_guard(pick.region, pick.at, pick.size);
    assert_answer(answer, answer == 0 || fault.armed);
    assert_price(before, free_of_charge && !fault.armed ? 0 : 2);
    disarm();
    contents_are_given_up(pick.at, pick.size);
    access_becomes(pick.at, pick.size, answer == 0 ? NO : MAYBE);
    for (unsigned char *at = pick.at; at < pick.at + pick.size; at += page())
        model_at(at)->guarded = true;
    check_pages(pick.at, pick.size);
}

static void unguard(void) {
    struct pick pick;
    if (!pick_region(&pick)) return;
    const struct price before = price(pick.at);
    arm(false);
    const int answer = hp_vm_unguard(pick.region, pick.at, pick.size);
    assert_answer(answer, answer == 0 || fault.armed);
    disarm();
    assert_price(before, 0);
    access_becomes(pick.at, pick.size, MAYBE);
    check_pages(pick.at, pick.size);
}

static void operate(void) {
    static void (*const every[])(void) = {
        place,    reserve_within, adopt,         commit,  commit,   commit,  decommit,
        decommit, discard,        decommit_runs, protect, guard,    unguard, split,
        release,  release_part,   populate,      query,   find_gap, join,    join};
    every[chance(sizeof every / sizeof *every)]();
}

static unsigned long long seed_wanted;
static unsigned operations = OPERATIONS;

static uint64_t choose_seed(void) {
    uint64_t seed = seed_wanted;
    if (!seed) hp_sys_getrandom(&seed, sizeof seed, 0);
    return seed | 1;
}

static void every_page_is_as_promised(void **state) {
    (void)state;
    const int descriptors_before = descriptors();
    const uint64_t seed = choose_seed();
    print_message("seed %llu, %u operations\n", (unsigned long long)seed, operations);
    fflush(stdout);
    build_model(seed);
    for (; model.operations < operations; model.operations++) {
        if (model.operations % SEGMENT == 0) {
            if (model.operations) release_everything();
            remove_segments();
            change_kernels();
        }
        if (model.operations % FULL_CHECK == 0) {
            check_everything();
            change_features();
        }
        operate();
    }
    release_everything();
    check_everything();
    tear_model_down();
    remove_segments();
    assert_int_equal(descriptors(), descriptors_before);
}

int main(int count, char **arguments) {
    const char *given = count > 1 ? arguments[1] : getenv("HP_SEED");
    if (given) seed_wanted = strtoull(given, 0, 0);
    if (getenv("HP_LONG")) operations = OPERATIONS_LONG;
    if (count > 2) operations = (unsigned)strtoul(arguments[2], 0, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_page_is_as_promised, fresh, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
