/* SPDX-License-Identifier: MIT */
/* Messages with descriptors. */
#include "channel.h"

static void prepare(struct hp_cargo *cargo) {
    cargo->message = (struct msghdr){0};
    cargo->piece = (struct iovec){&cargo->start, sizeof cargo->start};
    cargo->message.msg_iov = &cargo->piece;
    cargo->message.msg_iovlen = 1;
    cargo->message.msg_control = &cargo->control;
}

int hp_channel_send(int socket, struct hp_start *start, const int *fds, unsigned count) {
    struct hp_cargo cargo;
    prepare(&cargo);
    cargo.start = start;
    cargo.message.msg_controllen = count ? (socklen_t)CMSG_SPACE(sizeof(int) * count) : 0;
    cargo.control.header = (struct cmsghdr){0}; /* musl's has padding for half a length */
    if (count) {
        cargo.control.header.cmsg_level = SOL_SOCKET;
        cargo.control.header.cmsg_type = SCM_RIGHTS;
        cargo.control.header.cmsg_len = (socklen_t)CMSG_LEN(sizeof(int) * count);
        __builtin_memcpy(CMSG_DATA(&cargo.control.header), fds, sizeof(int) * count);
    }
    const long answer = hp_sys_sendmsg(socket, &cargo.message, MSG_NOSIGNAL);
    if (answer == -ECONNRESET) return -EPIPE; /* closed, with something in it that was not read */
    return answer < 0 ? (int)answer : 0;
}

int hp_channel_receive(int socket, struct hp_start **start, int *fds) {
    struct hp_cargo cargo;
    prepare(&cargo);
    cargo.message.msg_controllen = sizeof cargo.control;
    const long answer = hp_sys_recvmsg(socket, &cargo.message, 0);
    if (answer < 0) return (int)answer;
    if (answer != sizeof cargo.start) return -EPIPE;
    *start = cargo.start;
    if (cargo.message.msg_controllen < CMSG_LEN(sizeof(int))) return 0;
    const size_t bytes = cargo.control.header.cmsg_len - CMSG_LEN(0);
    __builtin_memcpy(fds, CMSG_DATA(&cargo.control.header), bytes);
    return (int)(bytes / sizeof(int));
}
