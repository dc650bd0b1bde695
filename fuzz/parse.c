/* SPDX-License-Identifier: MIT */
/* libFuzzer against the parser: whatever the text, the map is in order and within it, or empty. */
#include <hardpan/layout.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 256 };

static void check(int condition) {
    if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hp_layout_mapping mappings[MOST];
    struct hp_layout_map map = {.mappings = mappings, .capacity = MOST};
    struct hp_layout_wrong wrong;
    const int code = hp_layout_parse((const char *)data, size, &map, &wrong);
    check((code == 0) == (wrong.flaw == HP_LAYOUT_SOUND));
    check((code == 0) == (map.count > 0));
    check(hp_layout_flaw_text(wrong.flaw) != 0);
    for (size_t i = 0; i < map.count; i++) {
        check(mappings[i].low < mappings[i].high);
        check(!i || mappings[i - 1].high <= mappings[i].low);
        check(mappings[i].name <= size && mappings[i].name_size <= size - mappings[i].name);
        check(hp_layout_find(&map, mappings[i].low) == i);
    }
    return 0;
}
