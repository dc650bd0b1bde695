/* SPDX-License-Identifier: MIT */
/* The reader of /proc/PID/maps, a byte at a time: good text, odd text, cut text, and noise. */
#include "vm_test.h"

#include "maps.h"

struct found {
    struct hp_mapping mapping[16];
    size_t count;
};

static struct found feed(const char *text, size_t length) {
    struct hp_maps_reader reader = {0};
    struct found found = {.count = 0};
    struct hp_mapping mapping;
    for (size_t i = 0; i < length; i++)
        if (hp_maps_feed(&reader, text[i], &mapping))
            if (found.count < 16) found.mapping[found.count++] = mapping;
    return found;
}

static void assert_mapping(const struct hp_mapping *mapping, uintptr_t low, uintptr_t high,
                           int protection) {
    assert_int_equal(mapping->low, low);
    assert_int_equal(mapping->high, high);
    assert_int_equal(mapping->protection, protection);
}

static const char good[] =
    "00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus-daemon\n"
    "00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
    "35b1800000-35b1820000 ---p 00000000 08:02 135522  /usr/lib64/ld-2.15.so\n"
    "f6c51000-f7dd2000 -w-s 00000000 00:00 0\n"
    "fffff000-fffffffe --xp 00000000 00:00 0           [end]\n";

static void good_text_gives_every_mapping(void **state) {
    (void)state;
    const struct found found = feed(good, sizeof good - 1);
    assert_int_equal(found.count, 5);
    assert_mapping(&found.mapping[0], 0x400000, 0x452000, HP_VM_READ | HP_VM_EXECUTE);
    assert_mapping(&found.mapping[1], 0xe03000, 0xe24000, HP_VM_READ | HP_VM_WRITE);
    if (sizeof(void *) == 8) {
        const uint64_t low = 0x35b1800000;
        assert_mapping(&found.mapping[2], (uintptr_t)low, (uintptr_t)(low + 0x20000), 0);
    }
    assert_mapping(&found.mapping[3], 0xf6c51000, 0xf7dd2000, HP_VM_WRITE);
    assert_mapping(&found.mapping[4], 0xfffff000, 0xfffffffe, HP_VM_EXECUTE);
}

/* Wherever it is cut, what came before the cut is as in the whole, and nothing is made up. */
static void cut_text_gives_a_prefix(void **state) {
    (void)state;
    const struct found whole = feed(good, sizeof good - 1);
    size_t count = 0;
    for (size_t length = 0; length < sizeof good; length++) {
        const struct found found = feed(good, length);
        assert_in_range(found.count, count, count + 1);
        count = found.count;
        assert_memory_equal(found.mapping, whole.mapping, count * sizeof *whole.mapping);
    }
    assert_int_equal(count, 5);
}

/* A path may hold anything but a line end: spaces, dashes, what looks like a mapping, 4 KiB of it.
 */
static void a_path_may_be_odd_and_long(void **state) {
    (void)state;
    static char text[8192];
    const char *start = "1000-2000 rw-p 00000000 08:02 17   ";
    strcpy(text, start);
    size_t length = strlen(start);
    while (length < 6000) {
        const char *odd = "/7000-8000 r-xp a\\012b \xff\x80 ";
        strcpy(text + length, odd);
        length += strlen(odd);
    }
    strcpy(text + length, "\n3000-4000 r--p 0 0:0 0\n");
    const struct found found = feed(text, strlen(text));
    assert_int_equal(found.count, 2);
    assert_mapping(&found.mapping[0], 0x1000, 0x2000, HP_VM_READ | HP_VM_WRITE);
    assert_mapping(&found.mapping[1], 0x3000, 0x4000, HP_VM_READ);
}

static void odd_lines_do_not_reach_the_next(void **state) {
    (void)state;
    static const char *const odd[] = {"\n",      "garbage\n", "12-\n",        "-\n",
                                      "12 34\n", "1-2-3\n",   "zz-yy rw-p\n", "1000-2000\n",
                                      " \n",     "- \n",      "1000\n"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char text[128];
        snprintf(text, sizeof text, "%sa000-b000 r--p 0 0:0 0\n", odd[i]);
        const struct found found = feed(text, strlen(text));
        assert_in_range(found.count, 1, 2);
        assert_mapping(&found.mapping[found.count - 1], 0xa000, 0xb000, HP_VM_READ);
    }
}

/* Noise does no harm, and the line after it is read right. */
static void noise_does_no_harm(void **state) {
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 2000; round++) {
        struct hp_maps_reader reader = {0};
        struct hp_mapping mapping = {0, 0, 0};
        for (int i = 0; i < 200; i++) {
            seed = seed * 1664525 + 1013904223;
            static const char likely[] = "0123456789abcdef- rwxp\n";
            const unsigned pick = seed >> 24;
            const char byte = round & 1 ? (char)pick : likely[pick % (sizeof likely - 1)];
            if (hp_maps_feed(&reader, byte, &mapping)) assert_in_range(mapping.protection, 0, 7);
        }
        bool done = false;
        const char *line = "\nc000-d000 -w-p ";
        for (const char *byte = line; *byte; byte++) done = hp_maps_feed(&reader, *byte, &mapping);
        assert_true(done);
        assert_mapping(&mapping, 0xc000, 0xd000, HP_VM_WRITE);
    }
}

/* The text, the query and mincore agree on the same place, whatever is there. */
static void three_ways_of_looking_agree(void **state) {
    (void)state;
    static const unsigned ways[] = {0, HP_VM_HAS_QUERY, HP_VM_HAS_QUERY | HP_VM_HAS_MAPS};
    struct hp_vm_region block[2];
    unsigned char *at = free_place(16 * page());
    assert_int_equal(hp_vm_place(at + 2 * page(), 3 * page(), 0, &block[0]), 0);
    assert_int_equal(hp_vm_place(at + 9 * page(), 2 * page(), 0, &block[1]), 0);
    assert_in_range(hp_vm_commit(&block[1], block[1].base, page(), 0), 0, HP_VM_ZERO);
    for (size_t first = 0; first < 16; first++) {
        struct hp_vm_span want;
        for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
            struct hp_vm_span span;
            hp_vm_force(ways[way]);
            const uintptr_t low = (uintptr_t)at + first * page();
            assert_int_equal(hp_vm_query(0, low, (16 - first) * page(), &span), 0);
            if (way == 0) want = span;
            if (way == 2) assert_int_equal(span.protection, span.mapped ? -1 : 0);
            if (way == 2 && span.mapped) continue; /* mincore cannot tell neighbours apart */
            assert_int_equal(span.low, want.low);
            assert_int_equal(span.high, want.high);
            assert_int_equal(span.mapped, want.mapped);
            if (way == 1) assert_int_equal(span.protection, want.protection);
        }
    }
    assert_int_equal(hp_vm_release(&block[0]), 0);
    assert_int_equal(hp_vm_release(&block[1]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_gives_every_mapping),
        cmocka_unit_test(cut_text_gives_a_prefix),
        cmocka_unit_test(a_path_may_be_odd_and_long),
        cmocka_unit_test(odd_lines_do_not_reach_the_next),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test_setup(three_ways_of_looking_agree, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
