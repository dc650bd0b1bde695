/* SPDX-License-Identifier: MIT */
/* The text writer at its edges: no room, room to the byte, one byte short, and every unit. */
#include "text.h"

#include <inttypes.h>

#include "hp_test.h"

enum { CANARY = 0x5a, ROOM = 64 };

/* What a write leaves in `size` bytes that lie between canaries. */
struct written {
    char buffer[ROOM + 2];
    struct hp_text text;
};

static void begin(struct written *written, size_t size) {
    assert_true(size <= ROOM);
    memset(written->buffer, CANARY, sizeof written->buffer);
    written->text = (struct hp_text){size ? written->buffer + 1 : 0, size, 0};
}

static void untouched_around(const struct written *written) {
    assert_int_equal(written->buffer[0], CANARY);
    for (size_t i = written->text.size + 1; i < sizeof written->buffer; i++)
        assert_int_equal(written->buffer[i], CANARY);
}

/* Any room: the longest beginning that fits, ended; and always the whole length. */
static void fits_as(void (*write)(struct hp_text *), const char *whole) {
    for (size_t size = 0; size <= ROOM; size++) {
        struct written written;
        begin(&written, size);
        write(&written.text);
        assert_int_equal(written.text.length, strlen(whole));
        untouched_around(&written);
        if (!size) continue;
        assert_int_equal(strlen(written.text.buf), strlen(whole) < size ? strlen(whole) : size - 1);
        assert_memory_equal(written.text.buf, whole, strlen(written.text.buf));
    }
}

static void write_nothing(struct hp_text *text) { hp_text_string(text, ""); }
static void write_zero(struct hp_text *text) { hp_text_decimal(text, 0); }
static void write_most(struct hp_text *text) { hp_text_decimal(text, UINT64_MAX); }
static void write_hex(struct hp_text *text) { hp_text_hex(text, UINT64_MAX); }
static void write_half(struct hp_text *text) { hp_text_bytes(text, 1536); }
static void write_parts(struct hp_text *text) {
    hp_text_string(text, "a ");
    hp_text_hex(text, 0xbeef);
    hp_text_string(text, "");
    hp_text_decimal(text, 7);
}

static void any_room_is_filled_and_ended(void **state) {
    (void)state;
    fits_as(write_nothing, "");
    fits_as(write_zero, "0");
    fits_as(write_most, "18446744073709551615");
    fits_as(write_hex, "0xffffffffffffffff");
    fits_as(write_half, "1.5 KiB");
    fits_as(write_parts, "a 0xbeef7");
}

static void bytes_read(uint64_t bytes, const char *wanted) {
    char buffer[32];
    struct hp_text text = {buffer, sizeof buffer, 0};
    hp_text_bytes(&text, bytes);
    assert_string_equal(buffer, wanted);
    assert_int_equal(text.length, strlen(wanted));
}

static void every_unit_at_its_edges(void **state) {
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char wanted[32];
    (void)state;
    for (unsigned power = 0; power < HP_COUNT(unit); power++) {
        const uint64_t one = (uint64_t)1 << (10 * power);
        snprintf(wanted, sizeof wanted, "1 %s", unit[power]);
        bytes_read(one, wanted);
        snprintf(wanted, sizeof wanted, "15 %s", unit[power]);
        bytes_read(15 * one, wanted);
        if (!power) continue;
        snprintf(wanted, sizeof wanted, power == 1 ? "1023 %s" : "1023.9 %s", unit[power - 1]);
        bytes_read(one - 1, wanted);
        snprintf(wanted, sizeof wanted, "1.0 %s", unit[power]);
        bytes_read(one + 1, wanted);
        snprintf(wanted, sizeof wanted, "1.5 %s", unit[power]);
        bytes_read(one + one / 2, wanted);
    }
    bytes_read(0, "0 B");
    bytes_read(UINT64_MAX, "15.9 EiB");
}

/* Against the C library, with a seed that is printed and can be given back. */
static void numbers_read_as_printf_writes_them(void **state) {
    uint64_t seed = getenv("HP_SEED") ? strtoull(getenv("HP_SEED"), 0, 0) : 0x9e3779b97f4a7c15;
    char ours[32], theirs[32];
    (void)state;
    printf("HP_SEED=%#" PRIx64 "\n", seed);
    for (int i = 0; i < 10000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const uint64_t number = seed >> (i % 64);
        struct hp_text decimal = {ours, sizeof ours, 0};
        hp_text_decimal(&decimal, number);
        snprintf(theirs, sizeof theirs, "%" PRIu64, number);
        assert_string_equal(ours, theirs);
        struct hp_text hex = {ours, sizeof ours, 0};
        hp_text_hex(&hex, number);
        snprintf(theirs, sizeof theirs, "0x%" PRIx64, number);
        assert_string_equal(ours, theirs);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_room_is_filled_and_ended),
        cmocka_unit_test(every_unit_at_its_edges),
        cmocka_unit_test(numbers_read_as_printf_writes_them),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
