/* SPDX-License-Identifier: MIT */
/* The vDSO is an ELF image in memory. Only its dynamic symbols are read. arm64 of 6.x and
 * distributions built with --hash-style=gnu leave DT_HASH out, so the number of symbols comes from
 * whichever table is there. */
#include "vdso.h"

#include <elf.h>
#include <link.h>

#include "auxv.h"
#include "base.h"

struct image {
    uintptr_t bias; /* what to add to an address in the image */
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *hash;     /* DT_HASH */
    const uint32_t *gnu_hash; /* DT_GNU_HASH */
};

static bool same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

static const ElfW(Dyn) * open_image(const ElfW(Ehdr) * header, struct image *image) {
    const ElfW(Phdr) *segment = (const void *)((uintptr_t)header + header->e_phoff);
    const ElfW(Dyn) *dynamic = 0;
    bool loaded = false;
    for (unsigned i = 0; i < header->e_phnum; i++, segment++) {
        if (segment->p_type == PT_LOAD && !loaded) {
            image->bias = (uintptr_t)header + segment->p_offset - segment->p_vaddr;
            loaded = true;
        }
        if (segment->p_type == PT_DYNAMIC)
            dynamic = (const void *)((uintptr_t)header + segment->p_offset);
    }
    return loaded ? dynamic : 0;
}

static void read_dynamic(struct image *image, const ElfW(Dyn) * entry) {
    for (; entry->d_tag != DT_NULL; entry++) {
        const void *at = (const void *)(image->bias + entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB: image->symbols = at; break;
        case DT_STRTAB: image->strings = at; break;
        case DT_HASH: image->hash = at; break;
        case DT_GNU_HASH: image->gnu_hash = at; break;
        default: break;
        }
    }
}

/* {buckets, first symbol, bloom words, shift}, bloom, buckets, chains: the last chain ends with an
 * odd hash. */
static uint32_t count_gnu(const uint32_t *table) {
    const uint32_t *buckets = table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof *table);
    const uint32_t *chains = buckets + table[0];
    uint32_t last = 0;
    for (uint32_t i = 0; i < table[0]; i++)
        if (buckets[i] > last) last = buckets[i];
    if (last < table[1]) return 0;
    while (!(chains[last - table[1]] & 1)) last++;
    return last + 1;
}

static uint32_t count_symbols(const struct image *image) {
    if (!image->symbols || !image->strings) return 0;
    if (image->hash) return image->hash[1];
    return image->gnu_hash ? count_gnu(image->gnu_hash) : 0;
}

void *hp_vdso_find(const char *name) {
    const uintptr_t base = hp_auxv(AUXV_VDSO);
    struct image image = {0};
    const ElfW(Dyn) *dynamic = base ? open_image((const void *)base, &image) : 0;
    if (!dynamic) return 0;
    read_dynamic(&image, dynamic);
    for (uint32_t i = 0, n = count_symbols(&image); i < n; i++) {
        const ElfW(Sym) *symbol = &image.symbols[i];
        if (symbol->st_shndx && same(image.strings + symbol->st_name, name))
            return (void *)(image.bias + symbol->st_value);
    }
    return 0;
}
