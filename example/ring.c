/* SPDX-License-Identifier: MIT */
/* A queue of lines between a writer and a reader. A line that runs over the end of the ring is
 * still one piece of memory, so nobody cuts it in two and nobody copies it together. */
#include <hardpan.h>
#include <stdio.h>
#include <string.h>

struct queue {
    struct hp_ring ring;
    size_t written, read; /* bytes, ever */
};

static int put(struct queue *queue, const char *line, size_t length) {
    if (queue->written - queue->read + length > queue->ring.size) return 0;
    memcpy(queue->ring.region.base + queue->written % queue->ring.size, line, length);
    queue->written += length;
    return 1;
}

/* The whole line, where it lies. */
static const char *get(struct queue *queue, size_t *length) {
    const char *line = (char *)queue->ring.region.base + queue->read % queue->ring.size;
    const char *end = memchr(line, '\n', queue->written - queue->read);
    if (!end) return 0;
    *length = (size_t)(end - line) + 1;
    queue->read += *length;
    return line;
}

int main(void) {
    struct queue queue = {.written = 0};
    struct hp_vm_info info;
    hp_vm_probe(&info);
    int answer = hp_ring_open(&queue.ring, info.page, 0, "lines");
    if (answer < 0) return printf("no ring: %s\n", hp_error_text(answer)), 1;

    int lines = 0, over = 0, wrong = 0;
    for (int i = 0; i < 10000; i++) {
        char text[64], expected[64];
        size_t length;
        snprintf(text, sizeof text, "line %d\n", i);
        if (!put(&queue, text, strlen(text))) return 1;
        if (i < 100) continue; /* the reader lags by a hundred lines */
        const char *line = get(&queue, &length);
        snprintf(expected, sizeof expected, "line %d\n", i - 100);
        wrong += !line || length != strlen(expected) || memcmp(line, expected, length) != 0;
        over += line && line + length > (char *)queue.ring.region.base + queue.ring.size;
        lines++;
    }
    printf("%d lines through a ring of %zu bytes, %d of them over its end, %d wrong\n", lines,
           queue.ring.size, over, wrong);
    return hp_ring_close(&queue.ring) == 0 && !wrong && over ? 0 : 1;
}
