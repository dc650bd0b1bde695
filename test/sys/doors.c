/* SPDX-License-Identifier: MIT */
/* The same questions through whichever door this program was built with, and one list of
 * answers: the raw door and the libc door agree because both agree with it. errno is watched at
 * every call. */
#include "hp_test.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NONE = 1 << 20, UNTOUCHED = 12345, PAGE = 4096 }; /* NONE: a descriptor nobody has */

static char *volatile bad = (char *)16; /* an address nobody has; the compiler shall not know */
static unsigned asked;

static void compare(long answer, long wanted, const char *what) {
    asked++;
    if (errno != UNTOUCHED) fail_msg("%s: errno became %d", what, errno);
    if (answer != wanted) fail_msg("%s: %ld instead of %ld", what, answer, wanted);
}

#define ANSWERS(call, wanted) (errno = UNTOUCHED, compare((long)(call), (long)(wanted), #call))

static int page_at(void **page) {
    return hp_sys_mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, page);
}

static void a_closed_descriptor(void **state) {
    char buffer[8];
    unsigned length = 0;
    struct epoll_event event = {0};
    struct msghdr message = {0};
    (void)state;
    ANSWERS(hp_sys_read(NONE, buffer, 8), -EBADF);
    ANSWERS(hp_sys_write(NONE, buffer, 8), -EBADF);
    ANSWERS(hp_sys_close(NONE), -EBADF);
    ANSWERS(hp_sys_lseek(NONE, 0, SEEK_SET), -EBADF);
    ANSWERS(hp_sys_getdents64(NONE, buffer, 8), -EBADF);
    ANSWERS(hp_sys_ftruncate(NONE, 0), -EBADF);
    ANSWERS(hp_sys_ioctl(NONE, FIONREAD, buffer), -EBADF);
    ANSWERS(hp_sys_fcntl(NONE, F_GETFD, 0), -EBADF);
    ANSWERS(hp_sys_dup_leaky(NONE), -EBADF);
    ANSWERS(hp_sys_dup3(NONE, 3), -EBADF);
    ANSWERS(hp_sys_openat(NONE, "x", O_RDONLY, 0), -EBADF);
    ANSWERS(hp_sys_readlinkat(NONE, "x", buffer, 8), -EBADF);
    ANSWERS(hp_sys_unlinkat(NONE, "x", 0), -EBADF);
    ANSWERS(hp_sys_epoll_ctl(NONE, EPOLL_CTL_ADD, 0, &event), -EBADF);
    ANSWERS(hp_sys_epoll_wait(NONE, &event, 1, HP_NOW), -EBADF);
    ANSWERS(hp_sys_connect(NONE, 0, 0), -EBADF);
    ANSWERS(hp_sys_accept4(NONE, 0, &length, 0), -EBADF);
    ANSWERS(hp_sys_sendto(NONE, buffer, 1, 0, 0, 0), -EBADF);
    ANSWERS(hp_sys_recvfrom(NONE, buffer, 1, 0, 0, 0), -EBADF);
    ANSWERS(hp_sys_sendmsg(NONE, &message, 0), -EBADF);
    ANSWERS(hp_sys_recvmsg(NONE, &message, 0), -EBADF);
    ANSWERS(hp_sys_pidfd_send_signal(NONE, 0, 0, 0), -EBADF);
}

static void a_bad_address(void **state) {
    int fds[2];
    (void)state;
    ANSWERS(hp_sys_pipe2(fds, 0), 0);
    ANSWERS(hp_sys_write(fds[1], bad, 8), -EFAULT);
    ANSWERS(hp_sys_write(fds[1], "12345678", 8), 8);
    ANSWERS(hp_sys_read(fds[0], bad, 8), -EFAULT);
    ANSWERS(hp_sys_close(fds[0]), 0);
    ANSWERS(hp_sys_close(fds[1]), 0);
    ANSWERS(hp_sys_pipe2((int *)bad, 0), -EFAULT);
    ANSWERS(hp_sys_openat(AT_FDCWD, bad, O_RDONLY, 0), -EFAULT);
    ANSWERS(hp_sys_memfd_create(bad, 0), -EFAULT);
    ANSWERS(hp_sys_uname(bad), -EFAULT);
    ANSWERS(hp_sys_getrandom(bad, 8, 0), -EFAULT);
    ANSWERS(hp_sys_poll((struct pollfd *)bad, 1, HP_NOW), -EFAULT);
    ANSWERS(hp_sys_prlimit(0, RLIMIT_NOFILE, 0, bad), -EFAULT);
    ANSWERS(hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)bad), -EFAULT);
}

static void nothing_at_all(void **state) {
    char byte = 'x';
    void *out = bad;
    int fds[2];
    (void)state;
    ANSWERS(hp_sys_pipe2(fds, 0), 0);
    ANSWERS(hp_sys_write(fds[1], &byte, 0), 0);
    ANSWERS(hp_sys_read(fds[0], &byte, 0), 0);
    ANSWERS(hp_sys_close(fds[0]), 0);
    ANSWERS(hp_sys_close(fds[1]), 0);
    ANSWERS(hp_sys_getrandom(&byte, 0, 0), 0);
    ANSWERS(hp_sys_poll(0, 0, HP_NOW), 0);
    ANSWERS(hp_sys_mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &out), -EINVAL);
    assert_ptr_equal(out, bad);
    ANSWERS(hp_sys_munmap((void *)PAGE, 0), -EINVAL);
    ANSWERS(hp_sys_mprotect((void *)PAGE, 0, PROT_READ), 0);
    ANSWERS(hp_sys_madvise((void *)PAGE, 0, MADV_NORMAL), 0);
    ANSWERS(hp_sys_openat(AT_FDCWD, "", O_RDONLY, 0), -ENOENT);
}

static void too_much_of_it(void **state) {
    char path[PAGE + 2];
    void *out = bad;
    (void)state;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    ANSWERS(hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0), -ENAMETOOLONG);
    ANSWERS(hp_sys_mmap(0, SIZE_MAX & -(size_t)PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0,
                        &out),
            -ENOMEM);
    assert_ptr_equal(out, bad);
    ANSWERS(hp_sys_munmap((void *)PAGE, SIZE_MAX & -(size_t)PAGE), -EINVAL);
    ANSWERS(hp_sys_munmap((void *)(PAGE + 1), PAGE), -EINVAL);
    ANSWERS(hp_sys_mprotect((void *)(PAGE + 1), PAGE, PROT_READ), -EINVAL);
    ANSWERS(hp_sys_socketpair(AF_UNIX, 99, 0, (int *)path), -EINVAL);
    ANSWERS(hp_sys_epoll_create1(1), -EINVAL);
    ANSWERS(hp_sys_eventfd(0, 1 << 30), -EINVAL);
    ANSWERS(hp_sys_timerfd_create(1 << 20, 0), -EINVAL);
    ANSWERS(hp_sys_inotify_init(1), -EINVAL);
    ANSWERS(hp_sys_signalfd(-1, path, 1, 0), -EINVAL);
    ANSWERS(hp_sys_memfd_create("m", 1u << 30), -EINVAL);
    ANSWERS(hp_sys_dup3(0, 0), -EINVAL);
    ANSWERS(hp_sys_getrandom(path, 1, 1u << 30), -EINVAL);
}

static void memory_is_mapped_moved_and_given_back(void **state) {
    void *page = 0, *moved = 0, *third = 0;
    unsigned char resident = 9;
    (void)state;
    ANSWERS(page_at(&page), 0);
    *(volatile char *)page = 1;
    ANSWERS(hp_sys_mincore(page, PAGE, &resident), 0);
    assert_int_equal(resident & 1, 1);
    ANSWERS(hp_sys_madvise(page, PAGE, -1), -EINVAL);
    ANSWERS(hp_sys_mlock(page, PAGE), 0);
    ANSWERS(hp_sys_munlock(page, PAGE), 0);
    ANSWERS(hp_sys_mremap(page, PAGE, (size_t)2 * PAGE, MREMAP_MAYMOVE, 0, &moved), 0);
    ANSWERS(hp_sys_mprotect(moved, PAGE, PROT_READ), 0);
    ANSWERS(hp_sys_mremap(moved, PAGE, PAGE, 1 << 20, 0, &third), -EINVAL);
    assert_null(third);
    ANSWERS(hp_sys_munmap(moved, (size_t)2 * PAGE), 0);
    ANSWERS(hp_sys_mremap(moved, PAGE, (size_t)2 * PAGE, MREMAP_MAYMOVE, 0, &third), -EFAULT);
    ANSWERS(hp_sys_mmap(0, PAGE, PROT_READ, MAP_PRIVATE, NONE, 0, &third), -EBADF);
}

/* A hint for a move that leaves the old pages (Linux 5.7): the fifth argument without MREMAP_FIXED,
 * where C libraries hand on something else. */
static void mremap_hands_on_its_fifth_argument(void **state) {
    void *area = 0, *page = 0, *moved = 0;
    (void)state;
    const size_t large = (size_t)64 * PAGE;
    ANSWERS(hp_sys_mmap(0, large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &area), 0);
    ANSWERS(page_at(&page), 0);
    ANSWERS(hp_sys_munmap(area, large), 0);
    char *hint = (char *)area + (size_t)32 * PAGE;
    const int answer =
        hp_sys_mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, hint, &moved);
    if (answer == -EINVAL) skip(); /* older than Linux 5.7 */
    assert_int_equal(answer, 0);
    assert_ptr_equal(moved, hint);
    ANSWERS(hp_sys_munmap(moved, PAGE), 0);
    ANSWERS(hp_sys_munmap(page, PAGE), 0);
}

static void shared_memory(void **state) {
    void *at = bad;
    (void)state;
    const int id = hp_sys_shmget(IPC_PRIVATE, PAGE, 0600);
    if (id == -ENOSYS) skip(); /* built without System V shared memory */
    assert_true(id >= 0);
    ANSWERS(hp_sys_shmat(id, (void *)1, 0, &at), -EINVAL);
    assert_ptr_equal(at, bad);
    ANSWERS(hp_sys_shmat(id, 0, 0, &at), 0);
    ANSWERS(hp_sys_shmctl(id, IPC_RMID, 0), 0);
    ANSWERS(hp_sys_shmdt(at), 0);
    ANSWERS(hp_sys_shmdt(at), -EINVAL);
    ANSWERS(hp_sys_shmctl(-1, IPC_STAT, 0), -EINVAL);
}

static void files(void **state) {
    char byte, link[64];
    (void)state;
    ANSWERS(hp_sys_openat(AT_FDCWD, "/does/not/exist", O_RDONLY, 0), -ENOENT);
    ANSWERS(hp_sys_openat(AT_FDCWD, "/", O_WRONLY, 0), -EISDIR);
    ANSWERS(hp_sys_openat(AT_FDCWD, "/dev/null/x", O_RDONLY, 0), -ENOTDIR);
    ANSWERS(hp_sys_unlinkat(AT_FDCWD, "/does/not/exist", 0), -ENOENT);
    ANSWERS(hp_sys_readlinkat(AT_FDCWD, "/", link, sizeof link), -EINVAL);
    const int fd = hp_sys_memfd_create("doors", 0);
    assert_true(fd >= 0);
    ANSWERS(hp_sys_ftruncate(fd, -1), -EINVAL);
    ANSWERS(hp_sys_ftruncate(fd, 100), 0);
    ANSWERS(hp_sys_lseek(fd, 0, SEEK_END), 100);
    ANSWERS(hp_sys_lseek(fd, -101, SEEK_END), -EINVAL);
    ANSWERS(hp_sys_lseek(fd, 0, 99), -EINVAL);
    ANSWERS(hp_sys_read(fd, &byte, 1), 0);
    ANSWERS(hp_sys_fcntl(fd, 9999, 0), -EINVAL);
    ANSWERS(hp_sys_ioctl(fd, 0, 0), -ENOTTY);
    ANSWERS(hp_sys_getdents64(fd, link, sizeof link), -ENOTDIR);
    ANSWERS(hp_sys_connect(fd, 0, 0), -ENOTSOCK);
    ANSWERS(hp_sys_close(fd), 0);
}

static void a_large_file_keeps_its_length(void **state) {
    (void)state;
    const int64_t large = ((int64_t)5 << 30) + 3;
    const int fd = hp_sys_memfd_create("large", 0);
    ANSWERS(hp_sys_ftruncate(fd, large), 0);
    const int64_t end = hp_sys_lseek(fd, 0, SEEK_END);
    assert_true(end == large);
    ANSWERS(hp_sys_close(fd), 0);
}

static void sockets(void **state) {
    struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "/does/not/exist"};
    int pair[2];
    char byte;
    (void)state;
    ANSWERS(hp_sys_socket(-1, SOCK_STREAM, 0), -EAFNOSUPPORT);
    const int fd = hp_sys_socket(AF_UNIX, SOCK_STREAM, 0);
    ANSWERS(hp_sys_connect(fd, (struct sockaddr *)&nobody, sizeof nobody), -ENOENT);
    ANSWERS(hp_sys_accept4(fd, 0, 0, 0), -EINVAL);
    ANSWERS(hp_sys_accept4(fd, 0, 0, 1), -EINVAL);
    ANSWERS(hp_sys_recvfrom(fd, &byte, 1, MSG_DONTWAIT, 0, 0), -EINVAL);
    ANSWERS(hp_sys_close(fd), 0);
    ANSWERS(hp_sys_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ANSWERS(hp_sys_recvfrom(pair[0], &byte, 1, MSG_DONTWAIT, 0, 0), -EAGAIN);
    ANSWERS(hp_sys_sendto(pair[1], "x", 1, 0, 0, 0), 1);
    ANSWERS(hp_sys_recvfrom(pair[0], &byte, 1, 0, 0, 0), 1);
    ANSWERS(hp_sys_close(pair[0]), 0);
    ANSWERS(hp_sys_sendto(pair[1], "x", 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
    ANSWERS(hp_sys_close(pair[1]), 0);
}

static void waiting_and_polling(void **state) {
    uint32_t word = 1;
    struct epoll_event event = {.events = EPOLLIN};
    (void)state;
    ANSWERS(hp_sys_futex_wait(&word, 0, HP_FOREVER), 0);
    ANSWERS(hp_sys_futex_wait(&word, 1, 1), -ETIMEDOUT);
    ANSWERS(hp_sys_futex_wait((uint32_t *)((char *)&word + 1), 1, 1), -EINVAL);
    ANSWERS(hp_sys_futex_wake(&word, 1), 0);
    ANSWERS(hp_sys_sleep(HP_NOW), 0);
    const int epoll = hp_sys_epoll_create1(0);
    ANSWERS(hp_sys_epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), -EINVAL);
    ANSWERS(hp_sys_epoll_ctl(epoll, EPOLL_CTL_DEL, NONE, &event), -EBADF);
    ANSWERS(hp_sys_epoll_wait(epoll, &event, 0, HP_NOW), -EINVAL);
    ANSWERS(hp_sys_epoll_wait(epoll, &event, 1, HP_NOW), 0);
    ANSWERS(hp_sys_close(epoll), 0);
    ANSWERS(hp_sys_kqueue(), -ENOSYS);
    ANSWERS(hp_sys_kevent(0, 0, 0, 0, 0, HP_NOW), -ENOSYS);
}

static void processes(void **state) {
    uint64_t shares_memory[8] = {CLONE_VM};
    struct utsname name;
    int status;
    (void)state;
    ANSWERS(hp_sys_getpid(), getpid());
    ANSWERS(hp_sys_getppid(), getppid());
    ANSWERS(hp_sys_gettid(), syscall(SYS_gettid));
    ANSWERS(hp_sys_sched_yield(), 0);
    ANSWERS(hp_sys_uname(&name), 0);
    ANSWERS(hp_sys_kill(getpid(), -1), -EINVAL);
    ANSWERS(hp_sys_kill(getpid(), 0), 0);
    ANSWERS(hp_sys_tgkill(getpid(), -1, 0), -EINVAL);
    ANSWERS(hp_sys_wait4(-1, &status, WNOHANG, 0), -ECHILD);
    ANSWERS(hp_sys_waitid(99, 0, 0, WEXITED, 0), -EINVAL);
    ANSWERS(hp_sys_fork(CLONE_VM | SIGCHLD, 0), -EINVAL);
    ANSWERS(hp_sys_clone3(shares_memory, sizeof shares_memory), -EINVAL);
    ANSWERS(hp_sys_clone3(0, 0), hp_sys_call(SYS_clone3, 0, 0, 0, 0, 0, 0));
    ANSWERS(hp_sys_prctl(-1, 0, 0, 0, 0), -EINVAL);
    ANSWERS(hp_sys_prlimit(0, -1, 0, 0), -EINVAL);
    ANSWERS(hp_sys_unshare(-1), -EINVAL);
    ANSWERS(hp_sys_pidfd_open(-1, 0), -EINVAL);
    ANSWERS(hp_sys_personality(0xffffffff), hp_sys_personality(0xffffffff));
}

static void a_child_is_waited_for(void **state) {
    int status = 0;
    struct rusage usage;
    (void)state;
    memset(&usage, 0xff, sizeof usage);
    const int child = hp_sys_fork(SIGCHLD, 0);
    if (child == 0) hp_sys_exit(7);
    ANSWERS(hp_sys_wait4(child, &status, 0, &usage), child);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_in_range(usage.ru_utime.tv_usec, 0, 999999);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_descriptor),
        cmocka_unit_test(a_bad_address),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(too_much_of_it),
        cmocka_unit_test(memory_is_mapped_moved_and_given_back),
        cmocka_unit_test(mremap_hands_on_its_fifth_argument),
        cmocka_unit_test(shared_memory),
        cmocka_unit_test(files),
        cmocka_unit_test(a_large_file_keeps_its_length),
        cmocka_unit_test(sockets),
        cmocka_unit_test(waiting_and_polling),
        cmocka_unit_test(processes),
        cmocka_unit_test(a_child_is_waited_for),
    };
    const int failed = cmocka_run_group_tests(tests, 0, 0);
    printf("%u answers compared, errno untouched by all\n", asked);
    return failed;
}
