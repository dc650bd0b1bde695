/* SPDX-License-Identifier: MIT */
/* An echo server, and ten clients in a child. A connection is removed before it is closed, inside
 * its own delivery, and its memory is freed at once. */
#include <hardpan.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 10, ROOM = 16 };
static struct hp_poller *poller;
static struct hp_batch batch;

static int be_clients(const struct sockaddr_in *address) {
    for (char i = 0, back = 0; i < CLIENTS; i++) {
        const int fd = hp_sys_socket(AF_INET, SOCK_STREAM, 0);
        if (hp_sys_connect(fd, (const struct sockaddr *)address, sizeof *address) < 0) return 1;
        if (hp_sys_write(fd, &i, 1) != 1 || hp_sys_read(fd, &back, 1) != 1 || back != i) return 1;
        hp_sys_close(fd);
    }
    return 0;
}

static void take(int listener) {
    int *fd = malloc(sizeof *fd);
    hp_token token;
    *fd = hp_sys_accept4(listener, 0, 0, 0);
    if (hp_poller_add(poller, *fd, HP_POLL_READABLE, fd, &token) < 0) free(fd);
}

static int echo(const struct hp_event *event) {
    char bytes[256];
    int *fd = event->data;
    const long got = hp_sys_read(*fd, bytes, sizeof bytes);
    if (got > 0 && hp_sys_write(*fd, bytes, (size_t)got) == got) return 0;
    hp_poller_remove(poller, event->token, &batch, HP_FOREVER);
    hp_sys_close(*fd);
    free(fd);
    return 1;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    struct hp_event room[ROOM];
    const struct hp_event *event;
    hp_token listening;
    int listener = hp_sys_socket(AF_INET, SOCK_STREAM, 0), ended = 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, length) < 0) return 1;
    if (listen(listener, CLIENTS) < 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    if (fork() == 0) _exit(be_clients(&address));
    if (hp_poller_open(&poller, 0) < 0 || hp_batch_open(&batch, poller, room, ROOM) < 0) return 1;
    if (hp_poller_add(poller, listener, HP_POLL_READABLE, 0, &listening) < 0) return 1;
    while (ended < CLIENTS && hp_batch_wait(&batch, hp_sys_after(10000000000)) > 0)
        while (hp_batch_next(&batch, &event)) event->data ? ended += echo(event) : take(listener);
    return printf("%d connections came, were answered and went\n", ended), ended != CLIENTS;
}
