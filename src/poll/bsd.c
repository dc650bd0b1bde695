/* SPDX-License-Identifier: MIT */
/* What the BSDs and macOS have: one back end, which also knows processes and signals. */
#include "kqueue.h"

const struct hp_poll_backend *const hp_poll_backends[] = {&hp_poll_kqueue, 0};
const struct hp_poll_waker *const hp_poll_wakers[] = {&hp_poll_user, &hp_poll_pipe, 0};
