/* SPDX-License-Identifier: MIT */
/* under NAME=ERROR[,NAME=ERROR...] PROGRAM: runs a program under a seccomp filter that answers
 * those calls with an error, as sandboxes and old kernels do. Of eventfd2 it is only the waker's
 * own, so that tests may go on using eventfds. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif
#ifndef SYS_epoll_create
#define SYS_epoll_create (-1)
#endif

static const struct {
    const char *name;
    int number;
} calls[] = {{"epoll_create1", SYS_epoll_create1},
             {"epoll_create", SYS_epoll_create},
             {"epoll_pwait2", 441},
             {"eventfd2", SYS_eventfd2},
             {"statx", SYS_statx},
             {"pidfd_open", 434}},
  errors[] = {{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EINVAL", EINVAL}, {"E2BIG", E2BIG}};

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define NUMBER_OF(table, text, length) number_of(table, COUNT(table), text, length)

static int number_of(const void *table, size_t count, const char *text, size_t length) {
    const struct {
        const char *name;
        int number;
    } *rows = table;
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == length && !strncmp(rows[i].name, text, length))
            return rows[i].number;
    fprintf(stderr, "under: what is %.*s?\n", (int)length, text);
    exit(2);
}

static struct sock_filter program[64];
static unsigned short length;

static void emit(struct sock_filter one) { program[length++] = one; }

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))

static void forbid(int call, int error) {
    const unsigned answer = SECCOMP_RET_ERRNO | (unsigned)error;
    emit((struct sock_filter)LOAD(nr));
    if (call == SYS_eventfd2) {
        emit((struct sock_filter)UNLESS((unsigned)call, 5));
        emit((struct sock_filter)LOAD(args[0]));
        emit((struct sock_filter)UNLESS(0, 3));
        emit((struct sock_filter)LOAD(args[1]));
        emit((struct sock_filter)UNLESS(EFD_CLOEXEC | EFD_NONBLOCK, 1));
    } else {
        emit((struct sock_filter)UNLESS((unsigned)call, 1));
    }
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
}

static void forbid_all(const char *rules) {
    for (const char *rule = rules; *rule;) {
        const size_t name = strcspn(rule, "="), end = strcspn(rule, ",");
        const int call = NUMBER_OF(calls, rule, name);
        forbid(call, NUMBER_OF(errors, rule + name + 1, end - name - 1));
        rule += end + (rule[end] == ',');
    }
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: under NAME=ERROR[,...] PROGRAM\n"), 2;
    emit((struct sock_filter)LOAD(arch));
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    forbid_all(arguments[1]);
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const struct sock_fprog filter = {length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter))
        return printf("SKIP: no seccomp filters here\n"), 77;
    execv(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 2;
}
