/* SPDX-License-Identifier: MIT */
/* The parser: what it reads, and that of a text which is wrong in any way it makes nothing. */
#include <sys/mman.h>

#include "hp_test.h"

static struct hp_layout_mapping mappings[70000];
static struct hp_layout_map map;
static struct hp_layout_wrong wrong;

static int parse_size(const char *text, size_t size) {
    map = (struct hp_layout_map){.mappings = mappings, .capacity = 70000, .count = 7};
    return hp_layout_parse(text, size, &map, &wrong);
}
static int parse(const char *text) { return parse_size(text, strlen(text)); }

static const char maps[] =
    "00400000-00401000 r-xp 00001000 fe:00 42                         /bin/a b (deleted)\n"
    "7f0000000000-7f0000200000 rw-s 00000000 00:00 0 \n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

static bool is_name(size_t index, const char *name) {
    const struct hp_layout_mapping *m = &mappings[index];
    return m->name_size == strlen(name) && !memcmp(map.text + m->name, name, m->name_size);
}

static void a_text_of_maps_is_read(void **state) {
    (void)state;
    assert_int_equal(parse(maps), 0);
    assert_int_equal(map.count, 4);
    assert_int_equal(map.detailed, 0);
    assert_int_equal(wrong.line, 0);
    assert_true(mappings[0].low == 0x400000 && mappings[0].high == 0x401000);
    assert_true(mappings[0].offset == 0x1000);
    assert_int_equal(mappings[0].flags, HP_LAYOUT_READ | HP_LAYOUT_EXECUTE | HP_LAYOUT_FILE);
    assert_true(is_name(0, "/bin/a b (deleted)"));
    assert_int_equal(mappings[1].flags, HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_SHARED);
    assert_int_equal(mappings[1].name_size, 0);
    assert_int_equal(mappings[2].flags, HP_LAYOUT_READ | HP_LAYOUT_WRITE | HP_LAYOUT_GROWS_DOWN);
    assert_true(mappings[3].high == UINT64_C(0xffffffffff601000));
}

static const char smaps[] =
    "1000-2000 rw-p 00000000 00:00 0 \nRss:    4 kB\nShared_Hugetlb: 2048 kB\nSwap: 8 kB\n"
    "AnonHugePages: 1 kB\nTHPeligible:    0\nVmFlags: rd wr mr mw me gd ac \n"
    "3000-4000 rw-p 00000000 00:00 0                [stack]\nPrivate_Hugetlb: 16 kB\nAnonymous:  "
    "12 kB\n"
    "ShmemPmdMapped: 2 kB\nFilePmdMapped: 1 kB\nTHPeligible:    0\nVmFlags: rd wr ss ht\n";

static void a_text_of_smaps_is_read(void **state) {
    (void)state;
    assert_int_equal(parse(smaps), 0);
    assert_int_equal(map.count, 2);
    assert_int_equal(map.detailed, 1);
    assert_true(mappings[0].flags & HP_LAYOUT_GROWS_DOWN);
    assert_true(mappings[0].resident == (4 + 2048) << 10);
    assert_true(mappings[0].swapped == 8 << 10 && mappings[0].huge == 1 << 10);
    /* the flags know better than the name */
    assert_false(mappings[1].flags & HP_LAYOUT_GROWS_DOWN);
    assert_true(mappings[1].flags & HP_LAYOUT_SHADOW_STACK);
    assert_true(mappings[1].flags & HP_LAYOUT_HUGETLB);
    assert_true(mappings[1].anonymous == 12 << 10 && mappings[1].huge == (2 + 1) << 10);
    assert_true(mappings[1].resident == 16 << 10);
}

static const struct {
    const char *text;
    int flaw;
    size_t line;
} bad[] = {
    {"", HP_LAYOUT_EMPTY, 0},
    {"1000-2000 rw-p 00000000 00:00 0", HP_LAYOUT_CUT_OFF, 1},
    {"hello\n", HP_LAYOUT_GARBLED, 1},
    {"\n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 00:00 0 \n\n", HP_LAYOUT_GARBLED, 2},
    {"Rss: 4 kB\n", HP_LAYOUT_GARBLED, 1},
    {"2000-1000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-1000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1001-2000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2fff rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2A00000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-10000000000000000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rwxq 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 wr-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p\n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 00:00\n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 00:00 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 00:00 x\n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 0000 0 \n", HP_LAYOUT_GARBLED, 1},
    {"1000-2000 rw-p 00000000 00:00 0 a\r\n", HP_LAYOUT_GARBLED, 1},
    {"-2000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_GARBLED, 1},
    {"3000-4000 rw-p 00000000 00:00 0 \n1000-2000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_BACKWARD, 2},
    {"1000-3000 rw-p 00000000 00:00 0 \n2000-4000 rw-p 00000000 00:00 0 \n", HP_LAYOUT_BACKWARD, 2},
    {"1000-2000 rw-p 00000000 00:00 0 \nRss: 4 MB\n", HP_LAYOUT_GARBLED, 2},
    {"1000-2000 rw-p 00000000 00:00 0 \nRss: x kB\n", HP_LAYOUT_GARBLED, 2},
    {"1000-2000 rw-p 00000000 00:00 0 \nRss: 99999999999999999 kB\n", HP_LAYOUT_GARBLED, 2},
    {"1000-2000 rw-p 00000000 00:00 0 \nRss 4 kB\n", HP_LAYOUT_GARBLED, 2},
    /* the second mapping has lost a line, or all, or its flags */
    {"1000-2000 rw-p 00000000 00:00 0 \nRss: 4 kB\nSwap: 0 kB\n"
     "2000-3000 rw-p 00000000 00:00 0 \nRss: 4 kB\n",
     HP_LAYOUT_CUT_OFF, 5},
    {"1000-2000 rw-p 00000000 00:00 0 \nRss: 4 kB\n2000-3000 rw-p 00000000 00:00 0 \n"
     "3000-4000 rw-p 00000000 00:00 0 \n",
     HP_LAYOUT_CUT_OFF, 4},
    {"1000-2000 rw-p 00000000 00:00 0 \nVmFlags: rd\n2000-3000 rw-p 00000000 00:00 0 \nRss: 4 kB\n",
     HP_LAYOUT_CUT_OFF, 4},
};

static void a_text_that_is_wrong_makes_no_map(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int code = parse(bad[i].text);
        if (code != -EBADMSG || wrong.flaw != bad[i].flaw || wrong.line != bad[i].line || map.count)
            fail_msg("%s: %d, flaw %d in line %zu", bad[i].text, code, wrong.flaw, wrong.line);
    }
    static const char nul[] = "1000-2000 rw-p 00000000 00:00 1 /a\0b\n";
    assert_int_equal(parse_size(nul, sizeof nul - 1), -EBADMSG);
}

/* However a text is cut, what is read is a beginning in whole mappings, or nothing. */
static void a_text_that_is_cut_anywhere_makes_no_half_map(void **state) {
    (void)state;
    size_t read = 0;
    for (size_t size = 0; size < sizeof smaps - 1; size++)
        if (!parse_size(smaps, size)) {
            read++;
            /* the first entry: how many lines there should be is not known yet */
            assert_int_equal(map.count, 1);
            assert_int_equal(smaps[size - 1], '\n');
        }
    assert_int_equal(read, 7);
    for (size_t size = 0; size < sizeof maps - 1; size++)
        if (!parse_size(maps, size)) assert_int_equal(maps[size - 1], '\n');
}

/* One byte changed: it is read or refused, and what is read is in order. */
static void a_byte_that_is_changed_breaks_no_order(void **state) {
    (void)state;
    char text[sizeof smaps];
    for (size_t i = 0; i < sizeof smaps - 1; i++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, smaps, sizeof smaps);
            text[i] = (char)byte;
            if (parse_size(text, sizeof smaps - 1)) {
                assert_int_equal(map.count, 0);
                continue;
            }
            for (size_t k = 0; k < map.count; k++) {
                assert_true(mappings[k].low < mappings[k].high);
                assert_true(!k || mappings[k - 1].high <= mappings[k].low);
                assert_true(mappings[k].name + mappings[k].name_size <= sizeof smaps - 1);
            }
        }
}

static void an_array_that_is_too_small_is_said(void **state) {
    (void)state;
    map = (struct hp_layout_map){.mappings = mappings, .capacity = 3};
    assert_int_equal(hp_layout_parse(maps, sizeof maps - 1, &map, &wrong), -ENOSPC);
    assert_int_equal(map.count, 0);
    assert_int_equal(wrong.flaw, HP_LAYOUT_CROWDED);
    assert_int_equal(wrong.line, 4);
    map.mappings = 0;
    assert_int_equal(hp_layout_parse(maps, sizeof maps - 1, &map, 0), -EINVAL);
    map.capacity = 0;
    assert_int_equal(hp_layout_parse(maps, sizeof maps - 1, &map, 0), -ENOSPC);
    assert_int_equal(hp_layout_parse(0, 1, &map, 0), -EINVAL);
    assert_int_equal(hp_layout_parse(0, 0, &map, &wrong), -EBADMSG);
    assert_int_equal(wrong.flaw, HP_LAYOUT_EMPTY);
    assert_int_equal(hp_layout_parse(maps, 1, 0, 0), -EINVAL);
    assert_null(hp_layout_flaw_text(-1));
    assert_null(hp_layout_flaw_text(HP_LAYOUT_CROWDED + 1));
    assert_string_equal(hp_layout_flaw_text(HP_LAYOUT_CUT_OFF), "is cut off");
}

/* One piece of a file over and over, for 4 GiB of text take 16 MiB of memory. */
enum { PIECE = 16 << 20, PIECES = 257 };

static char *repeated(FILE *file) {
    char *text = mmap(0, (size_t)PIECE * PIECES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(text != MAP_FAILED);
    for (size_t i = 0; i < PIECES; i++)
        if (mmap(text + i * PIECE, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                 fileno(file), 0) == MAP_FAILED)
            fail_msg("piece %zu of a long text: %s", i, strerror(errno));
    return text;
}

/* name_size has 32 bits: a name that has more is refused, and not cut to 16 MiB. */
static void a_name_beyond_32_bits_is_refused(void **state) {
    (void)state;
    static const char head[] = "1000-2000 rw-p 00000000 00:00 1 /";
    const uint64_t size = UINT64_C(1) * PIECE * PIECES;
    if (size > SIZE_MAX) skip(); /* no text is that long */
    FILE *file = tmpfile();
    for (int i = 0; i < PIECE / 4096; i++) fprintf(file, "%04096d", 0);
    assert_int_equal(fflush(file), 0);
    char *text = repeated(file);
    memcpy(text, head, sizeof head - 1);
    text[size - 1] = '\n';
    assert_int_equal(parse_size(text, (size_t)size), -EBADMSG);
    assert_int_equal(wrong.flaw, HP_LAYOUT_GARBLED);
    munmap(text, (size_t)size);
    fclose(file);
}

static void sixty_thousand_mappings_are_read_and_found(void **state) {
    (void)state;
    static char text[60000 * 64];
    size_t size = 0;
    for (unsigned i = 0; i < 60000; i++)
        size += (size_t)sprintf(text + size, "%08x-%08x rw-p 00000000 00:00 0 \n",
                                0x10000 + i * 0x3000, 0x11000 + i * 0x3000);
    assert_int_equal(parse_size(text, size), 0);
    assert_int_equal(map.count, 60000);
    for (unsigned i = 0; i < 60000; i++) {
        const uint64_t low = 0x10000 + UINT64_C(0x3000) * i;
        assert_true(mappings[i].low == low);
        assert_int_equal(hp_layout_find(&map, low), i);
        assert_int_equal(hp_layout_find(&map, low + 0xfff), i);
        assert_int_equal(hp_layout_find(&map, low + 0x1000), i + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_of_maps_is_read),
        cmocka_unit_test(a_text_of_smaps_is_read),
        cmocka_unit_test(a_text_that_is_wrong_makes_no_map),
        cmocka_unit_test(a_text_that_is_cut_anywhere_makes_no_half_map),
        cmocka_unit_test(a_byte_that_is_changed_breaks_no_order),
        cmocka_unit_test(an_array_that_is_too_small_is_said),
        cmocka_unit_test(a_name_beyond_32_bits_is_refused),
        cmocka_unit_test(sixty_thousand_mappings_are_read_and_found),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
