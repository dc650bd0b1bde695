/* SPDX-License-Identifier: MIT */
/* In what 6.1 was seen to differ, by verify under qemu-system. */
#include "hp_test.h"
#include "layout_test.h"

#define MIB UINT64_C(1048576)

static struct asked a;

static const char map[] = "555555554000-555555556000 r-xp 00000000 00:00 0\n"
                          "7ffff7ffd000-7ffff7fff000 r-xp 00000000 00:00 0\n";

static void on(const char *kernel, int machine) {
    set_up(&a, kernel, machine, map, UINT64_C(0x7ffff7fff000), UINT64_C(0x2aaaaaaab000));
    assert_int_equal(a.code, 0);
    KNOW(&a, raw_io, 1);
}

static void goes(const struct hp_layout_request *request, uint64_t address, int code) {
    ask(&a, *request);
    assert_int_equal(a.code, 0);
    assert_true(hp_layout_holds(&a.answer, address, code) == 1);
}

/* What 6.18 refuses at once fails for want of room, in place too. */
static void more_than_the_address_space_is_another_error(void **state) {
    (void)state;
    struct hp_layout_request request = {.old_address = 0x555555554000,
                                        .old_length = 0x2000,
                                        .length = UINT64_C(0xffffffffffffe000),
                                        .flags = HP_LAYOUT_REMAP | HP_LAYOUT_MAY_MOVE};
    on("6.18", HP_LAYOUT_X86_64);
    goes(&request, 0, -EINVAL);
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, 0, -ENOMEM);
    request.flags = HP_LAYOUT_REMAP;
    goes(&request, 0, -ENOMEM);
    request.flags |= HP_LAYOUT_MAY_MOVE | HP_LAYOUT_MAP_FIXED;
    goes(&request, 0, -EINVAL);
}

/* A hint that its rounding makes 0 is taken there, which is free; no hint is none. x86 rounds down,
 * arm64 up. */
static void a_hint_for_huge_pages_may_come_to_zero(void **state) {
    (void)state;
    struct hp_layout_request request = {
        .address = 0x1f30d, .length = 2 * MIB, .object = HP_LAYOUT_HUGE, .align = 2 * MIB};
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, 0, 0);
    request.address = UINT64_C(0xffffffffffffd000);
    on("6.1", HP_LAYOUT_AARCH64);
    goes(&request, 0, 0);
    on("6.18", HP_LAYOUT_AARCH64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
    request.address = 0;
    on("6.1", HP_LAYOUT_X86_64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
    on("6.1", HP_LAYOUT_AARCH64);
    goes(&request, UINT64_C(0x7ffff7c00000), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_the_address_space_is_another_error),
        cmocka_unit_test(a_hint_for_huge_pages_may_come_to_zero),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
