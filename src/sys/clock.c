/* SPDX-License-Identifier: MIT */
/* CLOCK_MONOTONIC through the vDSO, found at the first reading. Whichever thread or handler comes
 * first stores the same answer, so there is nothing to lock. */
#include "enter.h"
#include "flags.h"
#include "stats.h"
#include "vdso.h"

typedef int clock_function(long clock, struct hp_kernel_time *time);

static int by_call(long clock, struct hp_kernel_time *time) {
    hp_sys_count(&hp_sys_counters.clock_calls);
    return (int)ENTER2(clock_gettime, clock, time);
}

static int first_reading(long clock, struct hp_kernel_time *time);
static clock_function *reader = first_reading;

static int first_reading(long clock, struct hp_kernel_time *time) {
    clock_function *found = (clock_function *)hp_vdso_find(HP_VDSO_CLOCK);
    if (!found || found(clock, time)) found = by_call;
    __atomic_store_n(&reader, found, __ATOMIC_RELAXED);
    return found(clock, time);
}

int64_t hp_sys_now(void) {
    struct hp_kernel_time time = {0, 0};
    clock_function *read = __atomic_load_n(&reader, __ATOMIC_RELAXED);
    int answer = read(FLAG_CLOCK_MONOTONIC, &time);
    if (answer && read != by_call) answer = by_call(FLAG_CLOCK_MONOTONIC, &time);
    return answer ? answer : time.sec * 1000000000 + time.nsec;
}

hp_deadline hp_sys_after(int64_t nanoseconds) {
    hp_deadline deadline;
    if (__builtin_add_overflow(hp_sys_now(), nanoseconds > 0 ? nanoseconds : 0, &deadline))
        return HP_FOREVER;
    return deadline;
}
