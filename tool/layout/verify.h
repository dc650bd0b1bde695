/* SPDX-License-Identifier: MIT */
/* The commands of this folder, and the modes that verify runs its worker in. */
#ifndef LAYOUT_VERIFY_H
#define LAYOUT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

int verify_main(int count, char **arguments);
int where_main(int count, char **arguments);

/* One layout that a process may have, and how one is started in it. */
struct mode {
    const char *name;
    unsigned long personality;
    uint64_t stack; /* its limit in bytes; 0: as it is */
    bool twin;      /* the worker of 32 bits */
    bool bare;      /* without CAP_SYS_RAWIO */
};
extern const struct mode modes[];
extern const unsigned mode_count;

struct outcome {
    int status; /* EXIT_FINE, EXIT_WRONG, EXIT_BLIND */
    uint64_t calls, exact, refused, sets, histories, compared;
    char said[1 << 14]; /* by the worker, of a mismatch or of why it could not look */
};

/* Runs a worker to its end; `progress` is told how far it is. */
void run_mode(const struct mode *mode, uint64_t calls, uint64_t seed, uint64_t without,
              void (*progress)(const struct mode *mode, uint64_t at), struct outcome *outcome);

#endif
