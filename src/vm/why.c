/* SPDX-License-Identifier: MIT */
/* One ENOMEM, told apart. The kernel gives the same code for six limits; each is compared with what
 * it limits, as both are right after the failure. */
#include <sys/resource.h>

#include "proc.h"
#include "text.h"
#include "vm.h"

enum { KIB = 1024, HEADROOM = 2 /* mappings that splitting one needs */ };

struct failure {
    int operation;
    uint64_t size;
    uint64_t used, limit; /* of the limit that bit, in its own unit */
};

struct limit64 {
    uint64_t now, most;
};

static uint64_t limit_of(int resource) {
    struct limit64 limit;
    return hp_sys_prlimit(0, resource, 0, &limit) == 0 ? limit.now : UINT64_MAX;
}

/* Kilobytes of /proc in bytes; 0 when it cannot be read, which blames nobody. */
static uint64_t kilobytes(const char *path, const char *key) {
    uint64_t number = 0;
    hp_proc_number(path, key, &number);
    return number * KIB;
}

static bool exceeds(struct failure *failure, uint64_t used, uint64_t limit) {
    if (limit == UINT64_MAX || (used <= limit && failure->size <= limit - used)) return false;
    failure->used = used;
    failure->limit = limit;
    return true;
}

static bool address_limit(struct failure *failure) {
    return failure->operation == HP_VM_RESERVE &&
           exceeds(failure, kilobytes("/proc/self/status", "VmSize:"), limit_of(RLIMIT_AS));
}

static bool data_limit(struct failure *failure) {
    return failure->operation == HP_VM_COMMIT &&
           exceeds(failure, kilobytes("/proc/self/status", "VmData:"), limit_of(RLIMIT_DATA));
}

/* -EAGAIN says so itself, also of the first reservation, when nothing is locked yet. */
static bool over_locked(struct failure *failure) {
    return exceeds(failure, kilobytes("/proc/self/status", "VmLck:"), limit_of(RLIMIT_MEMLOCK));
}

static bool locked_limit(struct failure *failure) {
    return kilobytes("/proc/self/status", "VmLck:") && over_locked(failure);
}

static bool mappings_limit(struct failure *failure) {
    uint64_t used, limit;
    if (hp_proc_lines("/proc/self/maps", &used) < 0) return false;
    if (hp_proc_number("/proc/sys/vm/max_map_count", "", &limit) < 0) return false;
    failure->used = used;
    failure->limit = limit;
    return used + HEADROOM >= limit;
}

static bool commit_limit(struct failure *failure) {
    uint64_t mode = 0;
    if (failure->operation != HP_VM_COMMIT) return false;
    hp_proc_number("/proc/sys/vm/overcommit_memory", "", &mode);
    if (mode == 2)
        return exceeds(failure, kilobytes("/proc/meminfo", "Committed_AS:"),
                       kilobytes("/proc/meminfo", "CommitLimit:"));
    const uint64_t all =
        kilobytes("/proc/meminfo", "MemTotal:") + kilobytes("/proc/meminfo", "SwapTotal:");
    return mode == 0 && all && exceeds(failure, 0, all);
}

/* In the order in which the kernel looks: address space before data, and both before the charge. */
static const struct {
    int cause;
    bool (*bites)(struct failure *failure);
} limits[] = {
    {HP_VM_CAUSE_ADDRESS_LIMIT, address_limit}, {HP_VM_CAUSE_MAPPINGS, mappings_limit},
    {HP_VM_CAUSE_DATA_LIMIT, data_limit},       {HP_VM_CAUSE_COMMIT_LIMIT, commit_limit},
    {HP_VM_CAUSE_LOCKED, locked_limit},
};

static int which_limit(struct failure *failure) {
    for (size_t i = 0; i < HP_COUNT(limits); i++)
        if (limits[i].bites(failure)) return limits[i].cause;
    return failure->operation == HP_VM_RESERVE ? HP_VM_CAUSE_NO_SPACE : HP_VM_CAUSE_UNKNOWN;
}

static int cause_of(int code, struct failure *failure) {
    switch (code) {
    case -ENOMEM: return which_limit(failure);
    case -EAGAIN: return over_locked(failure) ? HP_VM_CAUSE_LOCKED : HP_VM_CAUSE_UNKNOWN;
    case -EEXIST: return HP_VM_CAUSE_TAKEN;
    case -EINVAL: return HP_VM_CAUSE_INVALID;
    case -EPERM:
    case -EOPNOTSUPP:
    case -EACCES: return HP_VM_CAUSE_REFUSED;
    case HP_EELSEWHERE: return HP_VM_CAUSE_ELSEWHERE;
    case HP_ELOST: return HP_VM_CAUSE_LOST;
    default: return HP_VM_CAUSE_UNKNOWN;
    }
}

/* Figures stand between `before` and `after` where there are some. */
static const struct sentence {
    const char *before, *between, *after;
    bool bytes;
} sentences[] = {
    [HP_VM_CAUSE_UNKNOWN] = {"the kernel gave no reason that can be seen from here", 0, "", false},
    [HP_VM_CAUSE_ADDRESS_LIMIT] = {"over the address-space limit: ", " of ",
                                   " in use; raise `ulimit -v` or reserve less", true},
    [HP_VM_CAUSE_DATA_LIMIT] = {"over the data limit: ", " of ", " in use; raise `ulimit -d`",
                                true},
    [HP_VM_CAUSE_COMMIT_LIMIT] = {"over the commit limit: ", " of ",
                                  " promised; see vm.overcommit_memory and vm.overcommit_ratio",
                                  true},
    [HP_VM_CAUSE_MAPPINGS] = {"too many mappings: ", " of ", "; raise vm.max_map_count", false},
    [HP_VM_CAUSE_LOCKED] = {"over the locked-memory limit under mlockall: ", " of ",
                            " locked; raise `ulimit -l`", true},
    [HP_VM_CAUSE_NO_SPACE] = {"no gap of that size in the address space", 0, "", false},
    [HP_VM_CAUSE_TAKEN] = {"somebody's mapping is there, or no gap in the range is large enough", 0,
                           "", false},
    [HP_VM_CAUSE_ELSEWHERE] =
        {"this kernel ignores the address it is asked for (PaX RANDMMAP does), and no way "
         "without a race is left; HP_VM_RACE_OK allows the other",
         0, "", false},
    [HP_VM_CAUSE_REFUSED] =
        {"refused by policy: vm.mmap_min_addr, a seal, seccomp, SELinux execmem, PaX MPROTECT "
         "or a missing capability; or an attribute is not granted (HP_VM_STRICT)",
         0, "", false},
    [HP_VM_CAUSE_INVALID] = {"the arguments: not on a page, empty, or not within the region", 0, "",
                             false},
    [HP_VM_CAUSE_LOST] =
        {"the kernel dropped the range while replacing it, and another thread was there before it "
         "could be taken back",
         0, "", false},
};

static void figure(struct hp_text *text, uint64_t number, bool bytes) {
    if (bytes)
        hp_text_bytes(text, number);
    else
        hp_text_decimal(text, number);
}

static void explain(struct hp_text *text, int cause, const struct failure *failure) {
    const struct sentence *sentence = &sentences[cause];
    hp_text_string(text, sentence->before);
    if (sentence->between) {
        figure(text, failure->used, sentence->bytes);
        hp_text_string(text, sentence->between);
        figure(text, failure->limit, sentence->bytes);
    }
    hp_text_string(text, sentence->after);
}

int hp_vm_why(int code, int operation, size_t size, char *text, size_t capacity) {
    struct failure failure = {operation, size, 0, 0};
    const int cause = cause_of(code, &failure);
    struct hp_text writer = {text, text ? capacity : 0, 0};
    explain(&writer, cause, &failure);
    return cause;
}
