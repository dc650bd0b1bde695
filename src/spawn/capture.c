/* SPDX-License-Identifier: MIT */
/* The first and the last bytes of an output, in two buffers of the caller's. The tail is a ring
 * until its end. */
#include "spawn.h"

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static void take_tail(struct hp_capture *capture, const char *bytes, size_t count) {
    const size_t size = capture->tail_size;
    if (!size) return;
    const size_t skipped = count > size ? count - size : 0;
    /* where in the ring the byte that follows the head by so many belongs */
    size_t at = (size_t)((capture->total - capture->head_length + skipped) % size);
    for (size_t i = skipped; i < count; i++) {
        capture->tail[at] = bytes[i];
        at = at + 1 == size ? 0 : at + 1;
    }
    capture->tail_length = smaller(size, capture->tail_length + count);
}

void hp_capture_take(struct hp_capture *capture, const char *bytes, size_t count) {
    const size_t first = smaller(count, capture->head_size - capture->head_length);
    if (first) __builtin_memcpy(capture->head + capture->head_length, bytes, first);
    capture->head_length += first;
    capture->total += first;
    take_tail(capture, bytes + first, count - first);
    capture->total += count - first;
}

static void reverse(char *bytes, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        const char kept = bytes[i];
        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = kept;
    }
}

/* A ring that went round begins somewhere in the middle: both parts, then the whole. */
void hp_capture_end(struct hp_capture *capture) {
    const size_t size = capture->tail_size;
    if (!size || capture->tail_length < size) return;
    const size_t start = (size_t)((capture->total - capture->head_length) % size);
    reverse(capture->tail, start);
    reverse(capture->tail + start, size - start);
    reverse(capture->tail, size);
}
