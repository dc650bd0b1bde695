/* SPDX-License-Identifier: MIT */
/* witness PROGRAM [ARGUMENT...]: a parent that adopts whatever its descendants leave behind, counts
 * each SIGCHLD, and waits for any child at all until there is none. Prints what it met. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVERY_CHILD 0x40000000 /* __WALL */

static volatile sig_atomic_t signals;

static void count(int signal) {
    (void)signal;
    signals++;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, 0);
    const pid_t child = fork();
    if (child < 0) return 3;
    if (!child) {
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    int status = 0, met = 0, others = 0, code = -1;
    for (pid_t pid; (pid = waitpid(-1, &status, WUNTRACED | WCONTINUED | EVERY_CHILD)) > 0; met++) {
        if (pid != child)
            others++;
        else if (WIFEXITED(status))
            code = WEXITSTATUS(status);
    }
    printf("signals %d, met %d, strangers %d, status %d\n", (int)signals, met, others, code);
    return 0;
}
