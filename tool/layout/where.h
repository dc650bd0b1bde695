/* SPDX-License-Identifier: MIT */
/* hardpan where: the question as it was typed, and its answer's two forms. */
#ifndef LAYOUT_WHERE_H
#define LAYOUT_WHERE_H

#include <hardpan.h>
#include <stdbool.h>

struct question {
    const char *process; /* "self", "123"; NULL: `from` */
    const char *from;    /* a file with a text of maps or smaps */
    const char *kernel;  /* whose rules, with `from` */
    const char *file;    /* what is mapped */
    bool json, facts;
    bool has_length;
    struct hp_layout_request request;
};

/* -1, or an exit status when a sentence has been said. */
int read_question(struct question *question, int count, char **arguments);

/* The layout that the question is about; false when a sentence has been said. */
bool read_layout(struct question *question, struct hp_layout *layout);

void print_answer(const struct hp_layout *layout, const struct question *question,
                  const struct hp_layout_answer *answer);
bool print_answer_json(const struct hp_layout *layout, const struct question *question,
                       const struct hp_layout_answer *answer);

/* What the kernel has or lacks, one after the other from index 0; false past the last. */
struct feature {
    const char *name, *known; /* "probed" or "assumed" */
    bool there;
};
bool next_feature(const struct hp_layout_facts *facts, unsigned *index, struct feature *feature);
void print_features(const struct hp_layout_facts *facts);

#endif
