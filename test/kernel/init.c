/* SPDX-License-Identifier: MIT */
/* The first process of a machine that exists to run a few test programs: one file of the
 * initramfs, no shell, no libraries. It runs each line of /programs, says what each answered,
 * and ends the machine. */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 16, SKIP_STATUS = 77 };

static void mount_at(const char *kind, const char *folder) {
    mkdir(folder, 0755);
    if (mount(kind, folder, kind, 0, 0)) printf("init: %s is not to be had on %s\n", kind, folder);
}

/* A test may connect to itself. */
static void raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request)) puts("init: no loopback interface");
    if (fd >= 0) close(fd);
}

static void speak_to_the_console(void) {
    const int console = open("/dev/console", O_RDWR);
    for (int fd = 0; console >= 0 && fd < 3; fd++) dup2(console, fd);
    if (console > 2) close(console);
}

static void split(char *line, char *words[WORDS]) {
    int count = 0;
    for (char *word = strtok(line, " \n"); word && count < WORDS - 1; word = strtok(0, " \n"))
        words[count++] = word;
    words[count] = 0;
}

/* Its exit status, or 128 and the signal that ended it. */
static int run(char *words[WORDS]) {
    const pid_t child = fork();
    if (child == 0) {
        execv(words[0], words);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) != child) {}
    while (waitpid(-1, 0, WNOHANG) > 0) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void run_all(FILE *list) {
    int passed = 0, failed = 0, skipped = 0;
    char line[512], *words[WORDS];
    while (fgets(line, sizeof line, list)) {
        printf("== %s", line);
        split(line, words);
        const int status = words[0] ? run(words) : 0;
        printf("exit %d\n", status);
        if (status == 0) passed++;
        if (status == SKIP_STATUS) skipped++;
        if (status != 0 && status != SKIP_STATUS) failed++;
    }
    printf("kernel: %d passed, %d failed, %d skipped\n", passed, failed, skipped);
}

int main(void) {
    mount_at("devtmpfs", "/dev");
    speak_to_the_console();
    setvbuf(stdout, 0, _IOLBF, 0);
    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("tmpfs", "/tmp");
    raise_loopback();
    struct utsname name;
    if (!uname(&name)) printf("kernel %s %s\n", name.release, name.machine);
    FILE *list = fopen("/programs", "r");
    if (list) run_all(list);
    fflush(stdout);
    sync();
    reboot(RB_AUTOBOOT); /* under qemu -no-reboot this ends it, on every machine type */
    for (;;) pause();
}
