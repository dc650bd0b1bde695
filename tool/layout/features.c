/* SPDX-License-Identifier: MIT */
/* The features of a kernel by name, for the reader who wants to see which of them are guesses. */
#include <stdio.h>

#include "../doctor/probe.h"
#include "where.h"

static const struct {
    uint32_t feature;
    const char *name;
} names[] = {
    {HP_LAYOUT_HAS_THP, "thp"},
    {HP_LAYOUT_HAS_THP_NO_HINT, "thp-no-hint"},
    {HP_LAYOUT_HAS_THP_MULTIPLES, "thp-multiples"},
    {HP_LAYOUT_HAS_THP_FILE, "thp-file"},
    {HP_LAYOUT_HAS_THP_UP, "thp-up"},
    {HP_LAYOUT_HAS_THP_NOT_COMPAT, "thp-not-compat"},
    {HP_LAYOUT_HAS_THP_ZERO, "thp-zero"},
    {HP_LAYOUT_HAS_SHMEM_ALIGN, "shmem-align"},
    {HP_LAYOUT_HAS_HUGETLB_X86, "hugetlb-x86"},
    {HP_LAYOUT_HAS_HUGETLB_GENERIC, "hugetlb-generic"},
    {HP_LAYOUT_HAS_HUGETLB_MIN, "hugetlb-min"},
    {HP_LAYOUT_HAS_CUT_EINVAL, "cut-einval"},
    {HP_LAYOUT_HAS_REMAP_EINVAL, "remap-einval"},
    {HP_LAYOUT_HAS_ABOVE_4G, "above-4g"},
    {HP_LAYOUT_HAS_NOREPLACE, "noreplace"},
    {HP_LAYOUT_HAS_SHADOW_GAP, "shadow-gap"},
    {HP_LAYOUT_HAS_SEARCH_MIN, "search-min"},
    {HP_LAYOUT_HAS_WINDOW_CHECK, "window-check"},
    {HP_LAYOUT_HAS_RANDOM_32BIT, "random-32bit"},
    {HP_LAYOUT_HAS_UNLIMITED_LEGACY, "unlimited-legacy"},
    {HP_LAYOUT_HAS_GAP_PAD, "gap-pad"},
    {HP_LAYOUT_HAS_EXEC_SHIELD, "exec-shield"},
    {HP_LAYOUT_HAS_CACHE_TWICE, "cache-twice"},
    {HP_LAYOUT_HAS_LEGACY_ONLY, "legacy-only"},
};

bool next_feature(const struct hp_layout_facts *facts, unsigned *index, struct feature *feature) {
    if (*index == COUNT(names)) return false;
    const uint32_t bit = names[*index].feature;
    *feature = (struct feature){
        .name = names[*index].name,
        .there = facts->has & bit,
        .known = hp_layout_mark_name(facts->probed & bit ? HP_LAYOUT_PROBED : HP_LAYOUT_ASSUMED)};
    ++*index;
    return true;
}

void print_features(const struct hp_layout_facts *facts) {
    struct feature feature;
    for (unsigned i = 0; next_feature(facts, &i, &feature);)
        printf("%-21s %s  (%s)\n", feature.name, feature.there ? "yes" : "no", feature.known);
}
