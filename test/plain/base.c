/* SPDX-License-Identifier: MIT */
/* Page arithmetic, checked arithmetic and the text writer on the target's own word size. */
#include "base.h"
#include "plain.h"
#include "text.h"

static void arithmetic(void) {
    size_t sum, product;
    uintptr_t up;
    TRUE(hp_add(1, 2, &sum) && sum == 3);
    TRUE(hp_add(SIZE_MAX, 0, &sum) && sum == SIZE_MAX);
    TRUE(!hp_add(SIZE_MAX, 1, &sum));
    TRUE(hp_mul(SIZE_MAX / 2, 2, &product) && product == SIZE_MAX - 1);
    TRUE(!hp_mul(SIZE_MAX / 2 + 1, 2, &product));
    TRUE(hp_align_up(1, 4096, &up) && up == 4096);
    TRUE(hp_align_up(UINTPTR_MAX - 4095, 4096, &up) && up == UINTPTR_MAX - 4095);
    TRUE(!hp_align_up(UINTPTR_MAX - 4094, 4096, &up));
    EQUAL(hp_align_down(8191, 4096), 4096);
    TRUE(hp_is_aligned(8192, 4096) && !hp_is_aligned(8193, 4096));
    TRUE(hp_is_power_of_two(1) && !hp_is_power_of_two(0) && !hp_is_power_of_two(12));
}

static void reads(uint64_t bytes, const char *wanted) {
    char buffer[32];
    struct hp_text text = {buffer, sizeof buffer, 0};
    hp_text_bytes(&text, bytes);
    TRUE(strcmp(buffer, wanted) == 0);
    EQUAL(text.length, strlen(wanted));
}

static void cuts_and_counts(void) {
    char buffer[8];
    memset(buffer, 'x', sizeof buffer);
    struct hp_text text = {buffer, 4, 0};
    hp_text_string(&text, "abc");
    hp_text_decimal(&text, UINT64_MAX);
    TRUE(strcmp(buffer, "abc") == 0);
    EQUAL(buffer[4], 'x');
    EQUAL(text.length, 23);
}

int main(void) {
    arithmetic();
    reads(0, "0 B");
    reads(1023, "1023 B");
    reads(65536, "64 KiB");
    reads((uint64_t)3 << 39, "1.5 TiB");
    cuts_and_counts();
    return plain_end();
}
