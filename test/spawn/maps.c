/* SPDX-License-Identifier: MIT */
/* Every map of up to four by four as real children have it, by what lies behind their numbers. All
 * that is larger is solved on paper (moves.c). */
#include "spawn_test.h"

#include <sys/mman.h>
#include <sys/stat.h>

enum { FOUR = 4, HOLE = 4, FIRST = 420 };
static unsigned long long inodes[FOUR];
static char at[FOUR][12];

static void open_files(void) {
    for (int i = 0; i < FOUR; i++) {
        struct stat status;
        const int file = memfd_create("file", MFD_CLOEXEC);
        assert_int_equal(fstat(file, &status), 0);
        inodes[i] = status.st_ino;
        assert_int_equal(fcntl(file, F_DUPFD_CLOEXEC, FIRST + i), FIRST + i);
        close(file);
        snprintf(at[i], sizeof at[i], "%d", FIRST + i);
    }
}

/* In base 5: digit i is the parent of child i, or a hole. */
static void try_map(unsigned code) {
    struct script script;
    char wanted[200] = "";
    script_open(&script, WORDS("files", at[0], at[1], at[2], at[3]));
    for (int child = 0; child < FOUR; child++, code /= FOUR + 1) {
        const int parent = (int)(code % (FOUR + 1));
        char *end = wanted + strlen(wanted);
        const size_t room = sizeof wanted - strlen(wanted);
        if (parent == HOLE) {
            snprintf(end, room, "none ");
            continue;
        }
        script.fds[script.plan.fd_count++] = (struct hp_spawn_fd){FIRST + child, FIRST + parent};
        snprintf(end, room, "%llu ", inodes[parent]);
    }
    assert_says(&script, wanted);
}

static void every_map_of_four_by_four(void **state) {
    (void)state;
    open_files();
    for (unsigned code = 0; code < 625; code++) try_map(code);
    for (int i = 0; i < FOUR; i++) close(FIRST + i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_map_of_four_by_four, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
