/* SPDX-License-Identifier: MIT */
/* Six arguments at once, from functions that leave the compiler few registers and a frame it cannot
 * name by the stack pointer; and the structures with times in them. A program of its own that needs
 * no test library, so that arch.sh can build it with any flags, for i386 as for this machine. */
#include <errno.h>
#include <hardpan.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "syscall.h"

enum { PAGE = 4096, PAGES = 8, MILLISECOND = 1000000 };

#ifdef SYS_mmap2
enum { MMAP = SYS_mmap2, UNIT = PAGE };
#else
enum { MMAP = SYS_mmap, UNIT = 1 };
#endif

static int failures;

static void check(bool good, const char *what, int line) {
    if (good) return;
    printf("line %d: %s\n", line, what);
    failures++;
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* Page n of the file holds n. */
static int numbered_file(void) {
    char page[PAGE];
    const int fd = hp_sys_memfd_create("arch", 0);
    for (int n = 0; n < PAGES; n++) {
        memset(page, n, sizeof page);
        CHECK(hp_sys_write(fd, page, sizeof page) == (long)sizeof page);
    }
    return fd;
}

static char *free_place(size_t length) {
    void *place = 0;
    CHECK(hp_sys_mmap(0, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &place) == 0);
    CHECK(hp_sys_munmap(place, length) == 0);
    return place;
}

/* Where, how long, for what, shared or not, which file, from where: all six can be seen
 * afterwards. */
static void mapping_is(char *place, long answer, int page, int fd) {
    unsigned char resident[4];
    CHECK(answer == (long)place);
    CHECK(place[0] == page && place[PAGE] == page + 1);
    CHECK(hp_sys_mincore(place, (size_t)2 * PAGE, resident) == 0);
    CHECK(hp_sys_mincore(place, (size_t)3 * PAGE, resident) == -ENOMEM);
    CHECK(hp_sys_lseek(fd, 0, SEEK_SET) == 0);
    CHECK(hp_sys_read(fd, place, 1) == -EFAULT); /* mapped for reading only */
    CHECK(hp_sys_munmap(place, (size_t)2 * PAGE) == 0);
}

/* The instruction itself, within the function that calls. */
HP_INLINE long map_at(char *place, int fd, long page) {
    return arch_call6(MMAP, (long)place, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
                      page * PAGE / UNIT);
}

static long map_by_library(char *place, int fd, long page) {
    return hp_sys_call(MMAP, (long)place, 2 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
                       page * PAGE / UNIT);
}

/* An array whose length is not known at compile time needs a frame pointer, and eight values
 * that live over the call need the registers that it would take. */
static __attribute__((noinline)) void with_a_moving_stack(int fd, int length) {
    char *around = __builtin_alloca((size_t)length);
    volatile long a = length, b = a + 1, c = b + 1, d = c + 1;
    const long e = a * 3, f = b * 5, g = c * 7, h = d * 11;
    memset(around, 0x77, (size_t)length);
    char *place = free_place((size_t)3 * PAGE);
    mapping_is(place, map_at(place, fd, 3), 3, fd);
    CHECK(e == a * 3 && f == b * 5 && g == c * 7 && h == d * 11);
    for (int i = 0; i < length; i++) CHECK(around[i] == 0x77);
}

static __attribute__((noinline)) int deep(int fd, int depth) {
    if (depth) return deep(fd, depth - 1) + depth;
    char *place = free_place((size_t)3 * PAGE);
    mapping_is(place, map_by_library(place, fd, 5), 5, fd);
    mapping_is(place, map_at(place, fd, 4), 4, fd);
    return 0;
}

static void the_wrapper_scales_its_offset(int fd) {
    void *at = 0;
    const int flags = MAP_PRIVATE;
    CHECK(hp_sys_mmap(0, PAGE, PROT_READ, flags, fd, (int64_t)6 * PAGE, &at) == 0);
    CHECK(*(char *)at == 6);
    CHECK(hp_sys_munmap(at, PAGE) == 0);
    CHECK(hp_sys_mmap(0, PAGE, PROT_READ, flags, fd, PAGE / 2, &at) == -EINVAL);
    if (sizeof(long) == 4)
        CHECK(hp_sys_mmap(0, PAGE, PROT_READ, flags, fd, 1LL << 44, &at) == -EINVAL);
}

static void a_position_has_64_bits(void) {
    const int64_t far = ((int64_t)1 << 43) + PAGE;
    const int fd = hp_sys_memfd_create("far", 0);
    void *at = 0;
    CHECK(hp_sys_ftruncate(fd, far + PAGE) == 0);
    CHECK(hp_sys_lseek(fd, 0, SEEK_END) == far + PAGE);
    CHECK(hp_sys_lseek(fd, far, SEEK_SET) == far);
    CHECK(hp_sys_lseek(fd, -far - 1, SEEK_CUR) == -EINVAL);
    CHECK(hp_sys_write(fd, "far", 3) == 3);
    CHECK(hp_sys_mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, far, &at) == 0);
    CHECK(!memcmp(at, "far", 3));
    CHECK(hp_sys_munmap(at, PAGE) == 0);
    CHECK(hp_sys_close(fd) == 0);
}

static int64_t by_libc(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* A time that the kernel misread would end a wait at once, or leave the alarm to end it. */
static void times_are_the_kernels(void) {
    uint32_t word = 0;
    int64_t before = by_libc();
    CHECK(before <= hp_sys_now() && hp_sys_now() <= by_libc());
    CHECK(hp_sys_sleep(hp_sys_after(3 * MILLISECOND)) == 0);
    CHECK(by_libc() >= before + 3 * MILLISECOND);
    before = by_libc();
    CHECK(hp_sys_poll(0, 0, hp_sys_after(3 * MILLISECOND)) == 0);
    CHECK(by_libc() >= before + 3 * MILLISECOND);
    before = by_libc();
    CHECK(hp_sys_futex_wait(&word, 0, hp_sys_after(3 * MILLISECOND)) == -ETIMEDOUT);
    CHECK(by_libc() >= before + 3 * MILLISECOND);
    CHECK(hp_sys_sleep(1) == 0);
}

static void clock_is_named(void) {
    struct hp_sys_totals totals;
    hp_sys_stats(&totals);
    printf("%d-bit, clock by %s\n", (int)sizeof(long) * 8, totals.clock_calls ? "call" : "vDSO");
}

int main(void) {
    const int fd = numbered_file();
    alarm(10);
    for (int length = 1; length < 200; length += 33) with_a_moving_stack(fd, length);
    CHECK(deep(fd, 50) == 1275);
    the_wrapper_scales_its_offset(fd);
    a_position_has_64_bits();
    times_are_the_kernels();
    clock_is_named();
    return failures != 0;
}
