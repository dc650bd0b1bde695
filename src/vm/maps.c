/* SPDX-License-Identifier: MIT */
/* A state machine over single bytes: a line may be cut anywhere, for the kernel hands out
 * chunks. */
#include "maps.h"

static int digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static void address(struct hp_maps_reader *reader, uintptr_t *number, char byte, char end) {
    if (byte == end)
        reader->field++;
    else if (digit(byte) >= 0)
        *number = *number << 4 | (uintptr_t)digit(byte);
}

static int protection_of(char byte) {
    return byte == 'r' ? 1 : byte == 'w' ? 2 : byte == 'x' ? 4 : 0;
}

bool hp_maps_feed(struct hp_maps_reader *reader, char byte, struct hp_mapping *mapping) {
    if (byte == '\n') {
        *reader = (struct hp_maps_reader){0};
        return false;
    }
    switch (reader->field) {
    case 0: address(reader, &reader->mapping.low, byte, '-'); return false;
    case 1: address(reader, &reader->mapping.high, byte, ' '); return false;
    case 2: break;
    default: return false;
    }
    reader->mapping.protection |= protection_of(byte);
    if (byte != ' ') return false;
    reader->field++;
    *mapping = reader->mapping;
    return true;
}
