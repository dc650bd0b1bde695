/* SPDX-License-Identifier: MIT */
/* under NAME=ERROR[,NAME=ERROR...] PROGRAM: runs a program under a seccomp filter that answers
 * those calls with an error, as sandboxes and old kernels do. Some names are a call with a flag:
 * threads are never meant. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

enum { ANY = -1, RANGE_CLOEXEC = 1 << 2, BY_PIDFD = 3 };

/* `argument` has a bit of `bits`, or with `exactly` is that. */
static const struct rule {
    const char *name;
    unsigned call;
    int argument;
    unsigned bits, exactly;
} rules[] = {{"clone3", 435, ANY, 0, 0},
             {"clone_pidfd", SYS_clone, 0, CLONE_PIDFD, 0},
             {"clone_vm", SYS_clone, 0, CLONE_VM, 0},
             {"close_range", 436, ANY, 0, 0},
             {"close_range_flag", 436, 2, RANGE_CLOEXEC, 0},
             {"waitid_pidfd", SYS_waitid, 0, 0, BY_PIDFD},
             {"pidfd_send_signal", 424, ANY, 0, 0},
             {"pidfd_open", 434, ANY, 0, 0}};

static const struct {
    const char *name;
    unsigned number;
} errors[] = {{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EINVAL", EINVAL}, {"E2BIG", E2BIG}};

static struct sock_filter program[128];
static unsigned short length;

static void emit(struct sock_filter one) { program[length++] = one; }

#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(at))
#define FIELD(field) offsetof(struct seccomp_data, field)
#define JUMP(how, value, yes, no) BPF_JUMP(BPF_JMP | (how) | BPF_K, (value), (yes), (no))

/* Each test that fails jumps behind the answer. */
static void forbid(const struct rule *rule, unsigned error) {
    const bool looks = rule->argument != ANY, thread = rule->call == SYS_clone;
    const unsigned behind = 1 + (looks ? 2 : 0) + (thread ? 1 : 0);
    emit((struct sock_filter)LOAD(FIELD(nr)));
    emit((struct sock_filter)JUMP(BPF_JEQ, rule->call, 0, (unsigned char)behind));
    if (looks) emit((struct sock_filter)LOAD(FIELD(args) + 8 * (unsigned)rule->argument));
    if (thread) emit((struct sock_filter)JUMP(BPF_JSET, CLONE_THREAD, 2, 0));
    if (looks && rule->bits) emit((struct sock_filter)JUMP(BPF_JSET, rule->bits, 0, 1));
    if (looks && !rule->bits) emit((struct sock_filter)JUMP(BPF_JEQ, rule->exactly, 0, 1));
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
}

static bool is(const char *name, const char *text, size_t size) {
    return strlen(name) == size && !strncmp(name, text, size);
}

static void forbid_named(const char *text, size_t name, size_t all) {
    const struct rule *rule = 0;
    unsigned error = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (is(rules[i].name, text, name)) rule = &rules[i];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (is(errors[i].name, text + name + 1, all - name - 1)) error = errors[i].number;
    if (!rule || !error) {
        fprintf(stderr, "under: what is %.*s?\n", (int)all, text);
        exit(2);
    }
    forbid(rule, error);
}

int main(int count, char **arguments) {
    if (count < 3) return fprintf(stderr, "usage: under NAME=ERROR[,...] PROGRAM\n"), 2;
    emit((struct sock_filter)LOAD(FIELD(arch)));
    emit((struct sock_filter)JUMP(BPF_JEQ, ARCH, 1, 0));
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    for (const char *rule = arguments[1]; *rule;) {
        const size_t end = strcspn(rule, ",");
        forbid_named(rule, strcspn(rule, "="), end);
        rule += end + (rule[end] == ',');
    }
    emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const struct sock_fprog filter = {length, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter))
        return printf("SKIP: no seccomp filters here\n"), 77;
    execv(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 2;
}
