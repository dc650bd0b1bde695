/* SPDX-License-Identifier: MIT */
/* Not snprintf: it may allocate, lock and read the locale, and this must work in a signal
 * handler. */
#include "text.h"

static void put(struct hp_text *text, char c) {
    if (text->length + 1 < text->size) {
        text->buf[text->length] = c;
        text->buf[text->length + 1] = 0;
    } else if (text->size && text->length == 0) {
        text->buf[0] = 0;
    }
    text->length++;
}

void hp_text_string(struct hp_text *text, const char *string) {
    if (text->size && text->length == 0) text->buf[0] = 0;
    while (*string) put(text, *string++);
}

static void digits(struct hp_text *text, uint64_t number, unsigned base) {
    char reversed[20];
    size_t n = 0;
    do reversed[n++] = "0123456789abcdef"[number % base];
    while (number /= base);
    while (n) put(text, reversed[--n]);
}

void hp_text_decimal(struct hp_text *text, uint64_t number) { digits(text, number, 10); }

void hp_text_hex(struct hp_text *text, uint64_t number) {
    hp_text_string(text, "0x");
    digits(text, number, 16);
}

void hp_text_bytes(struct hp_text *text, uint64_t bytes) {
    static const char unit[] = "BKMGTPE";
    unsigned power = 0;
    while (power + 1 < sizeof unit - 1 && bytes >> (10 * (power + 1))) power++;
    uint64_t whole = bytes >> (10 * power), rest = bytes - (whole << (10 * power));
    digits(text, whole, 10);
    if (rest) {
        put(text, '.');
        digits(text, (rest >> (10 * (power - 1))) * 10 >> 10, 10);
    }
    put(text, ' ');
    if (power) {
        put(text, unit[power]);
        put(text, 'i');
    }
    put(text, 'B');
}
