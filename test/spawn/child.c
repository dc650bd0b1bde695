/* SPDX-License-Identifier: MIT */
/* The program that tests start: it does what its first argument says, and tells on descriptor 1 how
 * it finds itself. Static, so that a start costs no dynamic linker. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* Every descriptor but the one that looks. */
static int do_fds(char **words) {
    (void)words;
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return 1;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
            printf("%s ", entry->d_name);
    return 0;
}

/* How many descriptors there are besides those that are named. */
static int do_surplus(char **words) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    if (!directory) return 255;
    for (struct dirent *entry; (entry = readdir(directory));) {
        bool known = entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(directory);
        for (char **word = words; *word; word++) known |= !strcmp(*word, entry->d_name);
        count += !known;
    }
    return count > 254 ? 254 : count;
}

/* The inode behind each number that is asked for. */
static int do_files(char **words) {
    for (; *words; words++) {
        struct stat file;
        if (fstat(atoi(*words), &file) < 0)
            printf("none ");
        else
            printf("%llu ", (unsigned long long)file.st_ino);
    }
    return 0;
}

static int do_signals(char **words) {
    char line[256];
    (void)words;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6) ||
            !strncmp(line, "SigCgt", 6)) {
            line[strcspn(line, "\n")] = 0;
            printf("%s ", line + 8);
        }
    return status ? 0 : 1;
}

static int do_ids(char **words) {
    gid_t groups[64];
    (void)words;
    const int count = getgroups(64, groups);
    printf("%u %u %u %u", getuid(), geteuid(), getgid(), getegid());
    for (int i = 0; i < count; i++) printf(" %u", groups[i]);
    return 0;
}

static int do_place(char **words) {
    char cwd[4096];
    (void)words;
    const mode_t mask = umask(0);
    errno = 0;
    printf("%s %o %d %d %d", getcwd(cwd, sizeof cwd), mask, getpriority(PRIO_PROCESS, 0),
           getsid(0) == getpid(), getpgrp() == getpid());
    return 0;
}

static int do_limit(char **words) {
    struct rlimit limit;
    if (getrlimit(atoi(words[0]), &limit) < 0) return 1;
    printf("%llu %llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
    return 0;
}

static int do_environment(char **words) {
    (void)words;
    for (char **each = environ; *each; each++) printf("%s ", *each);
    return 0;
}

static int do_exit(char **words) { return atoi(words[0]); }

static int do_kill(char **words) {
    kill(getpid(), atoi(words[0]));
    return 0;
}

static int do_sleep(char **words) {
    (void)words;
    for (;;) pause();
    return 0;
}

static int do_policy(char **words) {
    (void)words;
    return sched_getscheduler(0);
}

static int do_cat(char **words) {
    char piece[65536];
    ssize_t bytes;
    (void)words;
    while ((bytes = read(0, piece, sizeof piece)) > 0)
        for (ssize_t done = 0; done < bytes;) {
            const ssize_t put = write(1, piece + done, (size_t)(bytes - done));
            if (put < 0) return 1;
            done += put;
        }
    return 0;
}

/* So many bytes on 1, then as many on 2: the n-th is 'a' + n % 26. */
static int do_spew(char **words) {
    const long wanted = atol(words[0]);
    for (int fd = 1; fd <= 2; fd++)
        for (long at = 0; at < wanted;) {
            char piece[4096];
            long bytes = wanted - at < 4096 ? wanted - at : 4096;
            for (long i = 0; i < bytes; i++) piece[i] = (char)('a' + (at + i) % 26);
            bytes = write(fd, piece, (size_t)bytes);
            if (bytes < 0) return 1;
            at += bytes;
        }
    return 0;
}

/* Leaves one of its own behind, which keeps what it has, for at most a minute. */
static int do_orphan(char **words) {
    (void)words;
    if (fork() == 0) {
        sleep(60);
        _exit(0);
    }
    return write(1, "gone", 4) != 4;
}

static const struct {
    const char *name;
    int (*act)(char **words);
} acts[] = {{"fds", do_fds},     {"surplus", do_surplus}, {"files", do_files},
            {"ids", do_ids},     {"signals", do_signals}, {"place", do_place},
            {"limit", do_limit}, {"env", do_environment}, {"exit", do_exit},
            {"kill", do_kill},   {"sleep", do_sleep},     {"cat", do_cat},
            {"spew", do_spew},   {"orphan", do_orphan},   {"policy", do_policy}};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof acts / sizeof *acts; i++)
        if (!strcmp(acts[i].name, argv[1])) return acts[i].act(argv + 2);
    return 99;
}
