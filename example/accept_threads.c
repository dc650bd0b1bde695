/* SPDX-License-Identifier: MIT */
/* Four threads accept from one listener through one poller: a ONESHOT is found by one of them,
 * which arms it again before it serves, so that the next connection is another's. */
#include <hardpan.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

enum { THREADS = 4, ROOM = 4, CONNECTIONS = 200 };
static struct hp_poller *poller;
static int listener, served[THREADS], total;

static void serve(hp_token token, int *mine) {
    const unsigned interest = HP_POLL_READABLE | HP_POLL_ONESHOT;
    const int fd = hp_sys_accept4(listener, 0, 0, 0);
    hp_poller_modify(poller, token, interest);
    if (fd < 0) return;
    hp_sys_write(fd, "x", 1);
    hp_sys_close(fd);
    ++*mine;
    if (__atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST) == CONNECTIONS) hp_poller_wake(poller);
}

static void *run(void *mine) {
    struct hp_batch batch;
    struct hp_event room[ROOM];
    const struct hp_event *event;
    if (hp_batch_open(&batch, poller, room, ROOM) < 0) return mine;
    while (__atomic_load_n(&total, __ATOMIC_SEQ_CST) < CONNECTIONS) {
        hp_batch_wait(&batch, HP_FOREVER);
        while (hp_batch_next(&batch, &event))
            if (event->kind == HP_POLL_DESCRIPTOR) serve(event->token, mine);
    }
    hp_poller_wake(poller); /* each that goes wakes the next */
    hp_batch_close(&batch);
    return mine;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    pthread_t threads[THREADS];
    hp_token token;
    char byte;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = hp_sys_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    if (hp_poller_open(&poller, 0) < 0) return 1;
    if (hp_poller_add(poller, listener, HP_POLL_READABLE | HP_POLL_ONESHOT, 0, &token)) return 1;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], 0, run, &served[i]);
    for (int i = 0; i < CONNECTIONS; i++) {
        const int fd = hp_sys_socket(AF_INET, SOCK_STREAM, 0);
        if (hp_sys_connect(fd, (struct sockaddr *)&address, length)) return 1;
        if (hp_sys_read(fd, &byte, 1) != 1 || hp_sys_close(fd)) return 1;
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
    return printf("%d + %d + %d + %d\n", served[0], served[1], served[2], served[3]) < 0;
}
