/* SPDX-License-Identifier: MIT */
/* A list of unknown length that never moves: pointers into it stay good while it grows. */
#include <hardpan.h>
#include <stdio.h>
#include <string.h>

struct word {
    const struct word *before;
    size_t length;
    char text[];
};

/* Alone, a word may be as long as it likes: the arena commits what it needs. */
static const struct word *remember(struct hp_arena *arena, const char *text,
                                   const struct word *before) {
    const size_t length = strlen(text);
    void *at;
    const int answer = hp_arena_take(arena, sizeof(struct word) + length + 1, 0, &at);
    if (answer < 0) return 0;
    struct word *word = at;
    *word = (struct word){before, length};
    memcpy(word->text, text, length + 1);
    return word;
}

int main(void) {
    struct hp_arena arena;
    const struct hp_arena_request request = {.space = {.size = (size_t)1 << 30, .name = "words"}};
    int answer = hp_arena_open(&arena, &request);
    if (answer < 0) return printf("no arena: %s\n", hp_error_text(answer)), 1;

    const struct word *last = 0;
    char text[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "word %d", i);
        const struct word *word = remember(&arena, text, last);
        if (!word) return 1;
        last = word;
    }
    const size_t full = hp_arena_mark(&arena);
    size_t count = 0, bytes = 0;
    for (const struct word *word = last; word; word = word->before) count++, bytes += word->length;
    printf("%zu words, %zu bytes of text in %zu of arena, %llu commits\n", count, bytes, full,
           (unsigned long long)arena.commits);

    /* The next round starts where memory is already there, up to a MiB of it. */
    answer = hp_arena_reset(&arena, 0, (size_t)1 << 20);
    if (answer < 0) return 1;
    return hp_arena_close(&arena) == 0 && count == 100000 ? 0 : 1;
}
