/* SPDX-License-Identifier: MIT */
/* Every number of argument registers, carried to the kernel and back on the target's own ABI.
 * Nothing here may run under qemu-user, which would answer in the kernel's place. */
#include "plain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void no_and_one_register(void) {
    EQUAL(hp_sys_getpid(), getpid());
    EQUAL(hp_sys_getppid(), getppid());
    EQUAL(hp_sys_close(-1), -EBADF);
}

static void two_and_three(void) {
    int fds[2];
    char byte = 0;
    EQUAL(hp_sys_pipe2(fds, 0), 0);
    EQUAL(hp_sys_write(fds[1], "q", 1), 1);
    EQUAL(hp_sys_read(fds[0], &byte, 1), 1);
    EQUAL(byte, 'q');
    TRUE(hp_sys_fcntl(fds[0], F_GETFD, 0) & FD_CLOEXEC);
    EQUAL(hp_sys_close(fds[0]), 0);
    EQUAL(hp_sys_close(fds[1]), 0);
}

/* wait4's fourth is the one that a restart once lost; here it only has to arrive. */
static void four(void) {
    struct rusage usage;
    int status = -1;
    memset(&usage, 0xff, sizeof usage);
    const int pid = hp_sys_fork(SIGCHLD, 0);
    if (pid == 0) hp_sys_exit(7);
    EQUAL(hp_sys_wait4(pid, &status, 0, &usage), pid);
    TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    TRUE(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_sec < 60);
}

/* mremap's fifth, and mmap's sixth: an offset past 4 GiB into a sparse file, in whatever unit the
 * target's call counts it. */
static void five_and_six(void) {
    const int64_t far = ((int64_t)5 << 30) + 65536;
    void *at = 0, *moved = 0, *target = 0;
    const int fd = hp_sys_memfd_create("plain", 0);
    EQUAL(hp_sys_ftruncate(fd, far + 65536), 0);
    EQUAL(hp_sys_mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, far, &at), 0);
    ((char *)at)[1] = 'f';
    char byte = 0;
    EQUAL(pread(fd, &byte, 1, (off_t)(far + 1)), 1);
    EQUAL(byte, 'f');
    EQUAL(hp_sys_mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &target), 0);
    EQUAL(hp_sys_mremap(at, 65536, 65536, MREMAP_MAYMOVE | MREMAP_FIXED, target, &moved), 0);
    TRUE(moved == target && ((char *)moved)[1] == 'f');
    EQUAL(hp_sys_munmap(moved, 65536), 0);
    EQUAL(hp_sys_close(fd), 0);
}

/* The kernel's own time structures, which differ from libc's on 32-bit targets. */
static void waits(void) {
    struct epoll_event event;
    struct pollfd none = {-1, 0, 0};
    const hp_deadline soon = hp_sys_after(2000000);
    EQUAL(hp_sys_sleep(soon), 0);
    TRUE(hp_sys_now() >= soon);
    EQUAL(hp_sys_poll(&none, 1, hp_sys_after(1000000)), 0);
    const int epoll = hp_sys_epoll_create1(0);
    EQUAL(hp_sys_epoll_wait(epoll, &event, 1, hp_sys_after(1000000)), 0);
    EQUAL(hp_sys_close(epoll), 0);
    const uint32_t word = 1;
    EQUAL(hp_sys_futex_wait(&word, 1, hp_sys_after(1000000)), -ETIMEDOUT);
    EQUAL(hp_sys_futex_wait(&word, 2, HP_FOREVER), 0);
}

int main(void) {
    errno = 0;
    no_and_one_register();
    two_and_three();
    four();
    five_and_six();
    waits();
    EQUAL(errno, 0);
    return plain_end();
}
