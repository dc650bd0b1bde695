/* SPDX-License-Identifier: MIT */
/* Sockets: born close-on-exec, descriptors that arrive by message included. */
#include "enter.h"
#include "flags.h"

int hp_sys_socket(int family, int type, int protocol) {
    return (int)ENTER3(socket, family, type | FLAG_SOCK_CLOEXEC, protocol);
}

int hp_sys_socketpair(int family, int type, int protocol, int fds[2]) {
    return (int)ENTER4(socketpair, family, type | FLAG_SOCK_CLOEXEC, protocol, fds);
}

int hp_sys_connect(int fd, const struct sockaddr *address, unsigned length) {
    for (;;) {
        const int answer = (int)ENTER3(connect, fd, address, length);
        if (answer != -HP_EINPROGRESS || connect_goes_on(address, length)) return answer;
        hp_sys_count_retry();
    }
}

int hp_sys_accept4(int fd, struct sockaddr *address, unsigned *length, int flags) {
    return (int)ENTER4(accept4, fd, address, length, flags | FLAG_SOCK_CLOEXEC);
}

long hp_sys_sendto(int fd, const void *data, size_t length, int flags,
                   const struct sockaddr *address, unsigned address_length) {
    return ENTER6(sendto, fd, data, length, flags, address, address_length);
}

long hp_sys_recvfrom(int fd, void *data, size_t length, int flags, struct sockaddr *address,
                     unsigned *address_length) {
    return ENTER6(recvfrom, fd, data, length, flags, address, address_length);
}

long hp_sys_sendmsg(int fd, const struct msghdr *message, int flags) {
    return ENTER3(sendmsg, fd, message, flags);
}

long hp_sys_recvmsg(int fd, struct msghdr *message, int flags) {
    return ENTER3(recvmsg, fd, message, flags | FLAG_CMSG_CLOEXEC);
}
