/* SPDX-License-Identifier: MIT */
/* What the running kernel makes of a call that a signal finds blocked, with and without SA_RESTART,
 * against a golden file. The calls go in by number, so that no wrapper's own retry hides anything.
 *
 *   restart_matrix [GOLDEN]    prints the table; with GOLDEN exits 1 and prints what differs
 *
 * A row that this kernel or architecture has not is `absent` and agrees with any golden row.
 * Plain main, no test library: it runs as a static program on other kernels too. */
#include <hardpan/sys.h>

#include "restart_rows.h"

enum { LINE = 100, ANSWER = 24 };

static struct trial (*trials)[2];

static void make_the_call(struct trial *trial, struct call *call, const struct row *row) {
    trial->answer = hp_sys_call(row->number, call->a[0], call->a[1], call->a[2], call->a[3],
                                call->a[4], call->a[5]);
}

static void try_one(size_t index) {
    run_trial(&trials[index / 2][index % 2], &rows[index / 2], index % 2 ? SA_RESTART : 0,
              make_the_call);
}

/* One word, or two when it restarted and then failed. */
static void describe(char text[ANSWER], const struct trial *trial) {
    const char *error = trial->answer < 0 ? hp_error_name((int)trial->answer) : "";
    if (trial->absent)
        snprintf(text, ANSWER, "absent");
    else if (trial->blocked)
        snprintf(text, ANSWER, "restart%s%s", *error ? " " : "", error);
    else
        snprintf(text, ANSWER, "%s", *error ? error : "no block");
}

static void describe_row(char line[LINE], size_t index) {
    char plain[ANSWER], restarting[ANSWER];
    describe(plain, &trials[index][0]);
    describe(restarting, &trials[index][1]);
    snprintf(line, LINE, "%-26s %-13s %s", rows[index].name, plain, restarting);
}

/* The golden file's line of that row; false when it has none. */
static bool golden_row(FILE *golden, const char *name, char line[LINE]) {
    char start[LINE];
    const int length = snprintf(start, sizeof start, "%-26s ", name);
    rewind(golden);
    while (fgets(line, LINE, golden)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, start, (size_t)length)) return true;
    }
    return false;
}

static unsigned compare(FILE *golden) {
    unsigned different = 0;
    char measured[LINE], wanted[LINE];
    for (size_t i = 0; i < ROWS; i++) {
        describe_row(measured, i);
        if (trials[i][0].absent) continue;
        const bool found = golden_row(golden, rows[i].name, wanted);
        if (found && !strcmp(measured, wanted)) continue;
        printf("- %s\n+ %s\n", found ? wanted : "(no such row)", measured);
        different++;
    }
    return different;
}

static unsigned print_table(void) {
    char line[LINE];
    unsigned absent = 0;
    printf("# %-24s %-13s %s\n", "call", "no flag", "SA_RESTART");
    for (size_t i = 0; i < ROWS; i++) {
        describe_row(line, i);
        puts(line);
        absent += trials[i][0].absent;
    }
    return absent;
}

int main(int count, char **words) {
    FILE *golden = count > 1 ? fopen(words[1], "r") : 0;
    if (count > 2 || (count > 1 && !golden)) {
        fprintf(stderr, "usage: restart_matrix [GOLDEN], a file that can be read\n");
        return 2;
    }
    trials = shared_memory(ROWS * sizeof *trials);
    run_processes(2 * ROWS, try_one);
    const unsigned absent = print_table();
    const unsigned different = golden ? compare(golden) : 0;
    printf("matrix: %d rows, %u absent, %u different\n", (int)ROWS, absent, different);
    return different ? 1 : 0;
}
