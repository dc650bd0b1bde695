/* SPDX-License-Identifier: MIT */
/* What src/spawn names of <sys/resource.h>.
 * For compiling without that header (bsd.sh): shapes are the BSDs', numbers are their own where
 * all of them have the same. */
#ifndef BARE_SYS_RESOURCE_H
#define BARE_SYS_RESOURCE_H

#include <stdint.h>

enum { PRIO_PROCESS = 0 };

typedef uint64_t rlim_t;
struct rlimit {
    rlim_t rlim_cur, rlim_max;
};
int setrlimit(int resource, const struct rlimit *limit);

struct timeval {
    int64_t tv_sec;
    long tv_usec;
};
struct rusage {
    struct timeval ru_utime, ru_stime;
    long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock,
        ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};

#endif
