/* SPDX-License-Identifier: MIT */
/* Call numbers of Linux on i386 (arch/x86/entry/syscalls/syscall_32.tbl), the 64-bit-time calls of
 * 5.1 and later. */
#ifndef HP_SYS_NR_H
#define HP_SYS_NR_H

enum {
    HP_NR_read = 3,
    HP_NR_write = 4,
    HP_NR_openat = 295,
    HP_NR_close = 6,
    HP_NR_lseek = 19,
    HP_NR_llseek = 140, /* _llseek */
    HP_NR_getdents64 = 220,
    HP_NR_readlinkat = 305,
    HP_NR_unlinkat = 301,
    HP_NR_ftruncate = 194, /* ftruncate64 */
    HP_NR_ioctl = 54,
    HP_NR_fcntl = 221, /* fcntl64 */
    HP_NR_dup = 41,
    HP_NR_dup3 = 330,
    HP_NR_pipe2 = 331,
    HP_NR_close_range = 436,
    HP_NR_statx = 383,
    HP_NR_fstat = -1,
    HP_NR_memfd_create = 356,
    HP_NR_mmap = 192, /* mmap2 */
    HP_NR_munmap = 91,
    HP_NR_mprotect = 125,
    HP_NR_madvise = 219,
    HP_NR_process_madvise = 440,
    HP_NR_mincore = 218,
    HP_NR_mremap = 163,
    HP_NR_mlock = 150,
    HP_NR_munlock = 151,
    HP_NR_mseal = 462,
    HP_NR_mbind = 274,
    HP_NR_shmget = 395,
    HP_NR_shmat = 397,
    HP_NR_shmdt = 398,
    HP_NR_shmctl = 396,
    HP_NR_epoll_create1 = 329,
    HP_NR_epoll_create = 254,
    HP_NR_epoll_ctl = 255,
    HP_NR_epoll_pwait = 319,
    HP_NR_epoll_pwait2 = 441,
    HP_NR_ppoll = 414, /* ppoll_time64 */
    HP_NR_eventfd2 = 328,
    HP_NR_timerfd_create = 322,
    HP_NR_signalfd4 = 327,
    HP_NR_inotify_init1 = 332,
    HP_NR_userfaultfd = 374,
    HP_NR_io_uring_setup = 425,
    HP_NR_kqueue = -1,
    HP_NR_kqueue1 = -1,
    HP_NR_kevent = -1,
    HP_NR_socket = 359,
    HP_NR_socketpair = 360,
    HP_NR_connect = 362,
    HP_NR_accept4 = 364,
    HP_NR_sendto = 369,
    HP_NR_recvfrom = 371,
    HP_NR_sendmsg = 370,
    HP_NR_recvmsg = 372,
    HP_NR_clock_gettime = 403,   /* clock_gettime64 */
    HP_NR_clock_nanosleep = 407, /* clock_nanosleep_time64 */
    HP_NR_futex = 422,           /* futex_time64 */
    HP_NR_membarrier = 375,
    HP_NR_getpid = 20,
    HP_NR_getppid = 64,
    HP_NR_gettid = 224,
    HP_NR_sched_yield = 158,
    HP_NR_sched_setscheduler = 156,
    HP_NR_sched_getscheduler = 157,
    HP_NR_clone = 120,
    HP_NR_clone3 = 435,
    HP_NR_wait4 = 114,
    HP_NR_waitid = 284,
    HP_NR_exit_group = 252,
    HP_NR_rt_sigaction = 174,
    HP_NR_rt_sigprocmask = 175,
    HP_NR_chdir = 12,
    HP_NR_fchdir = 133,
    HP_NR_umask = 60,
    HP_NR_setsid = 66,
    HP_NR_setpgid = 57,
    HP_NR_setpriority = 97,
    HP_NR_setgroups = 206, /* setgroups32 */
    HP_NR_setresgid = 210, /* setresgid32 */
    HP_NR_setresuid = 208, /* setresuid32 */
    HP_NR_getresgid = 211, /* getresgid32 */
    HP_NR_getresuid = 209, /* getresuid32 */
    HP_NR_execve = 11,
    HP_NR_execveat = 358,
    HP_NR_kill = 37,
    HP_NR_tgkill = 270,
    HP_NR_pidfd_open = 434,
    HP_NR_pidfd_send_signal = 424,
    HP_NR_prctl = 172,
    HP_NR_prlimit64 = 340,
    HP_NR_personality = 136,
    HP_NR_unshare = 310,
    HP_NR_uname = 122,
    HP_NR_getrandom = 355,
};

/* mmap takes its offset in units of 1 << HP_MMAP_SHIFT bytes. */
#define HP_MMAP_SHIFT 12

/* The vDSO's clock, with 64-bit seconds (vdso(7)). */
#define HP_VDSO_CLOCK "__vdso_clock_gettime64"

#endif
