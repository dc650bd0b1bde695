/* SPDX-License-Identifier: MIT */
/* The libc door: where a system promises its C library and not its instruction, each row of the
 * table is that library's function, and what it says in errno becomes an answer. This file has
 * Linux's calls, so that the door can be tested beside the other one. */
#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define P(i) ((void *)a[i])
#define I(i) ((int)a[i])
#define U(i) ((unsigned)a[i])
#define Z(i) ((size_t)a[i])

/* Called by number, whatever the C library has: ioctl, whose request is unsigned long in glibc and
 * int in musl; mprotect, whose range musl rounds outward; mremap, whose hint musl drops. */
static long memory(enum hp_call call, const long a[6]) {
    switch (call) {
    case HP_CALL_mmap:
        return (long)mmap(P(0), Z(1), I(2), I(3), I(4), (off_t)((uint64_t)Z(5) << HP_MMAP_SHIFT));
    case HP_CALL_munmap: return munmap(P(0), Z(1));
    case HP_CALL_madvise: return madvise(P(0), Z(1), I(2));
    case HP_CALL_mincore: return mincore(P(0), Z(1), P(2));
    case HP_CALL_mlock: return mlock(P(0), Z(1));
    case HP_CALL_munlock: return munlock(P(0), Z(1));
    case HP_CALL_shmget: return shmget((key_t)a[0], Z(1), I(2));
    case HP_CALL_shmat: return (long)shmat(I(0), P(1), I(2));
    case HP_CALL_shmdt: return shmdt(P(0));
    case HP_CALL_shmctl: return shmctl(I(0), I(1), P(2));
    default: return syscall(hp_call_rows[call].number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

static long polling(enum hp_call call, const long a[6]) {
    switch (call) {
    case HP_CALL_epoll_create1: return epoll_create1(I(0));
    case HP_CALL_epoll_ctl: return epoll_ctl(I(0), I(1), I(2), P(3));
    case HP_CALL_epoll_pwait: return epoll_pwait(I(0), P(1), I(2), I(3), P(4));
    case HP_CALL_eventfd2: return eventfd(U(0), I(1));
    case HP_CALL_timerfd_create: return timerfd_create(I(0), I(1));
    case HP_CALL_inotify_init1: return inotify_init1(I(0));
    case HP_CALL_socket: return socket(I(0), I(1), I(2));
    case HP_CALL_socketpair: return socketpair(I(0), I(1), I(2), P(3));
    case HP_CALL_connect: return connect(I(0), P(1), U(2));
    case HP_CALL_accept4: return accept4(I(0), P(1), P(2), I(3));
    case HP_CALL_sendto: return sendto(I(0), P(1), Z(2), I(3), P(4), U(5));
    case HP_CALL_recvfrom: return recvfrom(I(0), P(1), Z(2), I(3), P(4), P(5));
    case HP_CALL_sendmsg: return sendmsg(I(0), P(1), I(2));
    case HP_CALL_recvmsg: return recvmsg(I(0), P(1), I(2));
    default: return memory(call, a);
    }
}

static long process(enum hp_call call, const long a[6]) {
    switch (call) {
    case HP_CALL_getpid: return getpid();
    case HP_CALL_getppid: return getppid();
    case HP_CALL_sched_yield: return sched_yield();
    case HP_CALL_wait4: return wait4((pid_t)a[0], P(1), I(2), P(3));
    case HP_CALL_kill: return kill((pid_t)a[0], I(1));
    case HP_CALL_prctl: return prctl(I(0), a[1], a[2], a[3], a[4]);
    case HP_CALL_unshare: return unshare(I(0));
    case HP_CALL_uname: return uname(P(0));
    default: return polling(call, a);
    }
}

static long descriptor(enum hp_call call, const long a[6]) {
    switch (call) {
    case HP_CALL_read: return read(I(0), P(1), Z(2));
    case HP_CALL_write: return write(I(0), P(1), Z(2));
    case HP_CALL_openat: return openat(I(0), P(1), I(2), (mode_t)a[3]);
    case HP_CALL_close: return close(I(0));
    case HP_CALL_lseek: return (long)lseek(I(0), a[1], I(2));
    case HP_CALL_readlinkat: return readlinkat(I(0), P(1), P(2), Z(3));
    case HP_CALL_unlinkat: return unlinkat(I(0), P(1), I(2));
    case HP_CALL_fcntl: return fcntl(I(0), I(1), a[2]);
    case HP_CALL_dup: return dup(I(0));
    case HP_CALL_dup3: return dup3(I(0), I(1), I(2));
    case HP_CALL_pipe2: return pipe2(P(0), I(1));
    default: return process(call, a);
    }
}

static long with_errno(long answer) { return answer == -1 && errno ? -errno : answer; }

long door_libc(enum hp_call call, const long a[6]) {
    const int kept = errno;
    if (hp_call_rows[call].number < 0) return -ENOSYS;
    errno = 0;
    const long answer = with_errno(descriptor(call, a));
    errno = kept;
    return answer;
}

long door_observe(long *nr, const long a[6]) {
    const int kept = errno;
    errno = 0;
    const long answer = with_errno(syscall(*nr, a[0], a[1], a[2], a[3], a[4], a[5]));
    errno = kept;
    return answer;
}
