/* SPDX-License-Identifier: MIT */
/* Descriptors: what makes one adds close-on-exec, whatever flags came; the rest hands its arguments
 * on. */
#include "enter.h"
#include "flags.h"

long hp_sys_read(int fd, void *buffer, size_t length) { return ENTER3(read, fd, buffer, length); }

long hp_sys_write(int fd, const void *buffer, size_t length) {
    return ENTER3(write, fd, buffer, length);
}

int hp_sys_openat(int directory, const char *path, int flags, unsigned mode) {
    return (int)ENTER4(openat, directory, path, flags | FLAG_CLOEXEC, mode);
}

int hp_sys_close(int fd) { return (int)ENTER1(close, fd); }

/* i386: under a 64-bit kernel its lseek hands back the low half of a position and no error (seen on
 * 6.18 past 8 TiB), so the call with a position of 64 bits is used. */
int64_t hp_sys_lseek(int fd, int64_t offset, int whence) {
    if (HP_NR_llseek < 0) return ENTER3(lseek, fd, offset, whence);
    int64_t found = 0;
    const long answer = ENTER5(llseek, fd, offset >> 32, offset, &found, whence);
    return answer ? answer : found;
}

long hp_sys_getdents64(int fd, void *buffer, size_t length) {
    return ENTER3(getdents64, fd, buffer, length);
}

long hp_sys_readlinkat(int directory, const char *path, char *buffer, size_t length) {
    return ENTER4(readlinkat, directory, path, buffer, length);
}

int hp_sys_unlinkat(int directory, const char *path, int flags) {
    return (int)ENTER3(unlinkat, directory, path, flags);
}

/* Two registers on 32-bit systems; the 64-bit ones do not look at the second. */
int hp_sys_ftruncate(int fd, int64_t length) {
    return (int)ENTER3(ftruncate, fd, length, length >> 32);
}

int hp_sys_ioctl(int fd, unsigned long request, void *argument) {
    return (int)ENTER3(ioctl, fd, request, argument);
}

int hp_sys_fcntl(int fd, int command, long argument) {
    return (int)ENTER3(fcntl, fd, command, argument);
}

int hp_sys_dup_leaky(int fd) { return (int)ENTER1(dup, fd); }

int hp_sys_dup3(int from, int to) { return (int)ENTER3(dup3, from, to, FLAG_CLOEXEC); }

int hp_sys_pipe2(int fds[2], int flags) { return (int)ENTER2(pipe2, fds, flags | FLAG_CLOEXEC); }

int hp_sys_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)ENTER3(close_range, first, last, flags);
}

int hp_sys_statx(int directory, const char *path, int flags, unsigned mask, void *kind) {
    return (int)ENTER5(statx, directory, path, flags, mask, kind);
}

int hp_sys_fstat(int fd, void *kind) { return (int)ENTER2(fstat, fd, kind); }

int hp_sys_memfd_create(const char *name, unsigned flags) {
    return (int)ENTER2(memfd_create, name, flags | FLAG_MFD_CLOEXEC);
}
