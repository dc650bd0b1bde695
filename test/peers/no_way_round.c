/* SPDX-License-Identifier: MIT */
/* What a program without a ladder does under the poll room's filters, so that they are seen to
 * bite: each call is made as newer libraries make it, once, and its refusal is the end. Status 0
 * when the call named was refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    const char *call = count > 1 ? arguments[1] : "";
    struct epoll_event event;
    long answer = 0;
    if (!strcmp(call, "epoll_create1")) answer = epoll_create1(EPOLL_CLOEXEC);
    if (!strcmp(call, "eventfd2")) answer = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!strcmp(call, "epoll_pwait2"))
        answer =
            syscall(441, epoll_create1(EPOLL_CLOEXEC), &event, 1, &(struct timespec){0, 0}, 0, 8);
    printf("%s: %s\n", call, answer < 0 ? strerror(errno) : "made");
    return answer >= 0;
}
