/* SPDX-License-Identifier: MIT */
/* What the files of /proc and /sys say of a process and its kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../doctor/probe.h"
#include "live.h"

static void set(struct hp_layout_facts *facts, int fact, uint64_t number) {
    hp_layout_set_fact(facts, fact, number, HP_LAYOUT_READ_OUT);
}
#define SET(field, number) set(facts, HP_LAYOUT_FACT_##field, number)

static int read_of(const char *process, const char *file, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", process, file);
    const long length = read_file(path, text, size);
    return length < 0 ? (int)length : length ? 0 : -ESRCH;
}

/* The machine that its program is for, by the head of the ELF file. */
static int machine_of(const char *process) {
    enum { HEAD = 20, MACHINE = 18, X86 = 3, AMD64 = 62, ARM64 = 183 };
    char path[64];
    unsigned char head[HEAD];
    snprintf(path, sizeof path, "/proc/%s/exe", process);
    const int fd = hp_sys_openat(AT_FDCWD, path, O_RDONLY, 0);
    if (fd < 0) return fd;
    const long length = hp_sys_read(fd, head, sizeof head);
    hp_sys_close(fd);
    if (length < HEAD) return length < 0 ? (int)length : -ENOEXEC;
    switch (head[MACHINE] | head[MACHINE + 1] << 8) {
    case X86: return HP_LAYOUT_I386;
    case AMD64: return HP_LAYOUT_X86_64;
    case ARM64: return HP_LAYOUT_AARCH64;
    default: return -EOPNOTSUPP;
    }
}

static int newest_kernel(int machine, struct hp_layout_facts *facts) {
    for (int i = 0; hp_layout_kernel_name(i); i++)
        if (hp_layout_kernel_machine(i) == machine)
            return hp_layout_kernel(hp_layout_kernel_name(i), machine, facts);
    return -EOPNOTSUPP;
}

/* PF_RANDOMIZE, in the ninth field of stat; the second may hold blanks and parentheses. */
static int read_randomised(const char *process, struct hp_layout_facts *facts) {
    enum { RANDOMISED = 0x00400000 };
    char text[1024];
    unsigned flags;
    const int code = read_of(process, "stat", text, sizeof text);
    if (code) return code;
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1) return -EBADMSG;
    SET(randomised, !!(flags & RANDOMISED));
    return 0;
}

static int read_stack_limit(const char *process, struct hp_layout_facts *facts) {
    static const char key[] = "Max stack size";
    char text[4096];
    const int code = read_of(process, "limits", text, sizeof text);
    if (code) return code;
    const char *line = strstr(text, key);
    if (!line) return -EBADMSG;
    line += sizeof key - 1;
    while (*line == ' ') line++;
    SET(stack_limit, *line == 'u' ? HP_LAYOUT_UNLIMITED : strtoull(line, 0, 10));
    return 0;
}

static int read_personality(const char *process, struct hp_layout_facts *facts) {
    enum { LIMIT_3GB = 0x8000000 };
    char text[64];
    const int code = read_of(process, "personality", text, sizeof text);
    if (code) return code;
    SET(personality, strtoul(text, 0, 16));
    const uint64_t end = facts->personality & LIMIT_3GB ? 0xc0000000 : 0xffffe000;
    if (facts->machine == HP_LAYOUT_X86_64) SET(compat_task_size, end);
    if (facts->machine != HP_LAYOUT_I386) return 0;
    SET(task_size, end);
    SET(window, end);
    return 0;
}

static int read_capability(const char *process, struct hp_layout_facts *facts) {
    enum { RAW_IO = 17 };
    char text[8192];
    const int code = read_of(process, "status", text, sizeof text);
    if (code) return code;
    const char *line = strstr(text, "\nCapEff:");
    if (line) SET(raw_io, strtoull(line + strlen("\nCapEff:"), 0, 16) >> RAW_IO & 1);
    return 0;
}

/* What is the same for every process; what cannot be read stays as it is assumed. */
static void read_kernel(struct hp_layout_facts *facts) {
    uint64_t number;
    const bool wide = facts->machine != HP_LAYOUT_I386;
    const char *bits = wide ? "/proc/sys/vm/mmap_rnd_bits" : "/proc/sys/vm/mmap_rnd_compat_bits";
    SET(page, page_size());
    if (!read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", &number))
        SET(huge_page, number);
    if (!read_number("/proc/sys/vm/legacy_va_layout", &number)) SET(legacy_sysctl, number != 0);
    if (!read_number("/proc/sys/vm/mmap_min_addr", &number)) SET(low_addr, number);
    if (!read_number(bits, &number)) SET(random_bits, number);
    if (wide && !read_number("/proc/sys/vm/mmap_rnd_compat_bits", &number))
        SET(compat_random_bits, number);
}

int live_facts(const char *process, struct hp_layout_facts *facts) {
    int (*const readers[])(const char *, struct hp_layout_facts *) = {
        read_randomised, read_stack_limit, read_personality, read_capability};
    const int machine = machine_of(process);
    int code = machine < 0 ? machine : newest_kernel(machine, facts);
    if (code) return code;
    read_kernel(facts);
    for (size_t i = 0; i < COUNT(readers) && !code; i++) code = readers[i](process, facts);
    if (code) return code;
    (void)hp_layout_pick(facts, 0);
    return 0;
}
