/* SPDX-License-Identifier: MIT */
/* Threads that place on one range, while others map and unmap all around and watch that what is
 * theirs stays as they wrote it. The way that old runtimes went, mincore and then MAP_FIXED, is run
 * in the same harness and is caught. */
#include "vm_test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>

enum {
    PLACERS = 3,
    NOISES = 2,
    ROUNDS = 200,
    ROUNDS_MAX = 20000,
    NOISES_WANTED = 150,
    WINDOW = 16,
    WANTED = 4
};

typedef int placer(unsigned char *at, size_t size, struct hp_vm_region *region);

static struct {
    unsigned char *window;
    placer *place;
    size_t page;
    pthread_barrier_t gate;
    int rounds, stop;
    int until_caught, over;  /* judged between two gates, so that all threads agree */
    int wins, losses, wrong; /* of this round */
    long all_wins, most_wins, all_wrong;
    long clobbered, noises, noises_wanted; /* foreign mappings */
    struct hp_vm_region won[PLACERS];
} race;

#define ADD(counter, n) __atomic_fetch_add(&(counter), n, __ATOMIC_RELAXED)
#define GET(counter) __atomic_load_n(&(counter), __ATOMIC_RELAXED)

/* Reading one's own memory where somebody may have put something that faults. */
static bool holds(unsigned char *at, size_t size, unsigned char value) {
    unsigned char bytes[WINDOW];
    size_t count = 0;
    for (; count * race.page < size; count++) {
        const struct iovec here = {&bytes[count], 1}, there = {at + count * race.page, 1};
        if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != 1) return false;
        if (bytes[count] != value) return false;
    }
    return true;
}

/* Maps a page or two, at a hint in the window or where the kernel likes, and looks after them. */
static void *make_noise(void *argument) {
    const unsigned char value = (unsigned char)(uintptr_t)argument;
    unsigned turn = value;
    while (!GET(race.stop)) {
        turn = turn * 1103515245 + 12345;
        const size_t size = (1 + (turn >> 16) % 2) * race.page;
        unsigned char *hint = turn >> 20 & 1 ? race.window + (turn >> 24) % WINDOW * race.page : 0;
        unsigned char *at = mmap(hint, size, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (at == MAP_FAILED) continue;
        /* written by the kernel: it may be gone between any two instructions, in the old way */
        unsigned char both[2] = {value, value};
        for (size_t i = 0; i * race.page < size; i++) {
            const struct iovec here = {both, 1}, there = {at + i * race.page, 1};
            process_vm_writev(getpid(), &here, 1, &there, 1, 0);
        }
        for (int looks = 0; looks < 3; looks++) {
            sched_yield();
            if (!holds(at, size, value)) {
                ADD(race.clobbered, 1);
                break;
            }
        }
        munmap(at, size);
        ADD(race.noises, 1);
    }
    return 0;
}

/* While the others wait at the gate, who makes noise has the processors. */
static void let_some_noise_be_made(void) {
    const long before = GET(race.noises);
    for (int i = 0; i < 1000 && race.noises_wanted && GET(race.noises) == before; i++)
        sched_yield();
}

static void judge(void) {
    let_some_noise_be_made();
    race.all_wins += race.wins;
    if (race.wins > race.most_wins) race.most_wins = race.wins;
    race.all_wrong += race.wrong;
    race.wins = race.losses = race.wrong = 0;
    race.rounds++;
    race.over = race.until_caught ? GET(race.clobbered) != 0
                                  : race.rounds >= ROUNDS && GET(race.noises) >= race.noises_wanted;
    race.over |= race.rounds == ROUNDS_MAX;
}

static void *run_rounds(void *argument) {
    struct hp_vm_region *mine = argument;
    while (!race.over) {
        pthread_barrier_wait(&race.gate);
        const int answer = race.place(race.window + 8 * race.page, WANTED * race.page, mine);
        if (answer == 0)
            ADD(race.wins, 1);
        else if (answer == -EEXIST)
            ADD(race.losses, 1);
        else
            ADD(race.wrong, 1);
        pthread_barrier_wait(&race.gate);
        if (answer == 0) hp_vm_release(mine);
        if (mine == &race.won[0]) judge();
        pthread_barrier_wait(&race.gate);
    }
    return 0;
}

static void run(placer *place, int noises, bool until_caught) {
    pthread_t placers[PLACERS], noise[NOISES];
    const size_t p = page();
    memset(&race, 0, sizeof race);
    race.page = p;
    race.place = place;
    race.noises_wanted = noises ? NOISES_WANTED : 0;
    race.until_caught = until_caught;
    unsigned char *fenced = mmap(0, 3 * WINDOW * p, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    /* too small for a thread's stack, and on a multiple that shmat is content with */
    race.window = fenced + WINDOW * p - (uintptr_t)fenced % (WINDOW * p);
    munmap(race.window, WINDOW * p);
    pthread_barrier_init(&race.gate, 0, PLACERS);
    for (int i = 0; i < noises; i++)
        pthread_create(&noise[i], 0, make_noise, (void *)(uintptr_t)(0x50 + i));
    for (int i = 0; i < PLACERS; i++) pthread_create(&placers[i], 0, run_rounds, &race.won[i]);
    for (int i = 0; i < PLACERS; i++) pthread_join(placers[i], 0);
    ADD(race.stop, 1);
    for (int i = 0; i < noises; i++) pthread_join(noise[i], 0);
    pthread_barrier_destroy(&race.gate);
    munmap(fenced, 3 * WINDOW * p);
}

static int by_hardpan(unsigned char *at, size_t size, struct hp_vm_region *region) {
    return hp_vm_place(at, size, 0, region);
}

static const struct {
    const char *name;
    unsigned missing;
} rungs[] = {
    {"noreplace", 0},
    {"hint", HP_VM_HAS_NOREPLACE},
    {"shm", HP_VM_HAS_NOREPLACE | HP_VM_HAS_HINT},
};
enum { RUNGS = sizeof rungs / sizeof *rungs };

static bool force_rung(size_t i) {
    hp_vm_force(0);
    if (i == 0 && !(has() & HP_VM_HAS_NOREPLACE)) return false;
    hp_vm_force(rungs[i].missing);
    return true;
}

static void exactly_one_wins(void **state) {
    (void)state;
    for (size_t i = 0; i < RUNGS; i++) {
        if (!force_rung(i)) continue;
        run(by_hardpan, 0, false);
        assert_int_equal(race.all_wins, ROUNDS);
        assert_int_equal(race.most_wins, 1);
        assert_int_equal(race.all_wrong, 0);
    }
}

/* Somebody else may have the range first: then nobody wins, and never two do. */
static void nobody_elses_mapping_is_touched(void **state) {
    (void)state;
    for (size_t i = 0; i < RUNGS; i++) {
        if (!force_rung(i)) continue;
        run(by_hardpan, NOISES, false);
        print_message("%s: %ld of %d rounds won among %ld foreign mappings\n", rungs[i].name,
                      race.all_wins, race.rounds, race.noises);
        assert_int_equal(race.clobbered, 0);
        assert_int_equal(race.all_wrong, 0);
        assert_in_range(race.most_wins, 0, 1);
        assert_true(race.noises > 0 && race.all_wins > 0);
    }
}

static bool looks_free(unsigned char *at, size_t size) {
    unsigned char resident;
    for (size_t offset = 0; offset < size; offset += race.page)
        if (mincore(at + offset, race.page, &resident) == 0 || errno != ENOMEM) return false;
    return true;
}

/* What runtimes did on kernels that ignore hints: it looked free a moment ago. */
static int by_the_old_way(unsigned char *at, size_t size, struct hp_vm_region *region) {
    if (!looks_free(at, size)) return -EEXIST;
    sched_yield();
    void *got = mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return got == at ? hp_vm_adopt(at, size, 0, region) : -ENOMEM;
}

static void the_old_way_is_caught(void **state) {
    (void)state;
    run(by_the_old_way, NOISES, true);
    print_message("mincore, then MAP_FIXED: %ld foreign mappings lost, %ld winners in one round\n",
                  race.clobbered, race.most_wins);
    assert_true(race.clobbered > 0);
}

/* ---- Disjoint ranges of one region need no lock ---- */

enum { STRIPES = 4, STRIPE_PAGES = 8, TURNS = 1500 };
static struct hp_vm_region shared;
static long broken;

static void *work_on_a_stripe(void *argument) {
    const uintptr_t number = (uintptr_t)argument;
    unsigned turn = (unsigned)number + 1;
    const size_t p = race.page;
    for (int i = 0; i < TURNS; i++) {
        turn = turn * 1103515245 + 12345;
        /* stripes are interleaved, so that neighbours are always somebody else's */
        unsigned char *at = shared.base + ((turn >> 16) % STRIPE_PAGES * STRIPES + number) * p;
        static const unsigned options[] = {0, HP_VM_HARD, HP_VM_REFUND};
        if (hp_vm_commit(&shared, at, p, 0) < 0) ADD(broken, 1);
        if (at[0] != 0 || at[p - 1] != 0) ADD(broken, 1);
        memset(at, (int)number + 1, p);
        sched_yield();
        if (at[0] != number + 1 || at[p - 1] != number + 1) ADD(broken, 1);
        if (hp_vm_decommit(&shared, at, p, options[(turn >> 20) % 3]) < 0) ADD(broken, 1);
    }
    return 0;
}

static void disjoint_ranges_need_no_lock(void **state) {
    (void)state;
    pthread_t threads[STRIPES];
    race.page = page();
    const struct hp_vm_request request = {.size = STRIPES * STRIPE_PAGES * page(),
                                          .flags = HP_VM_NO_DUMP};
    assert_int_equal(hp_vm_reserve(&request, &shared), 0);
    for (uintptr_t i = 0; i < STRIPES; i++)
        pthread_create(&threads[i], 0, work_on_a_stripe, (void *)i);
    for (int i = 0; i < STRIPES; i++) pthread_join(threads[i], 0);
    assert_int_equal(broken, 0);
    assert_int_equal(hp_vm_release(&shared), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(exactly_one_wins, fresh),
        cmocka_unit_test_setup(nobody_elses_mapping_is_touched, fresh),
        cmocka_unit_test_setup(the_old_way_is_caught, fresh),
        cmocka_unit_test_setup_teardown(disjoint_ranges_need_no_lock, fresh, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
