/* SPDX-License-Identifier: MIT */
/* What sanitizers cannot know of this room, told to them: in their builds these functions stand
 * before the room's own (ld's --wrap).
 *
 * A child ends by exec or exit, and leaves its frames for good on a stack that the next one takes:
 * what was said of that memory is taken back when it is taken. A launcher and a watcher would share
 * their maker's thread-local storage, where the sanitizers keep what they know of a thread: here
 * they are threads of the C library, whose word the kernel clears all the same. What orders the two
 * ends of a channel is a message, and what orders the end of a thread is the kernel's store. */
#include "spawn_test.h"

#include <sched.h>
#include <sys/syscall.h>

#include "channel.h"
#include "gate.h"

/* NULL where that sanitizer is not linked in. */
extern void __asan_unpoison_memory_region(const volatile void *at, size_t size)
    __attribute__((weak));
extern void __tsan_acquire(void *at) __attribute__((weak));

/* Children of a fork make launchers of their own, threads that is. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "die_after_fork=0"; }

int __real_hp_spawn_stack_take(struct hp_stack *stack);
int __wrap_hp_spawn_stack_take(struct hp_stack *stack);
int __real_hp_channel_send(int socket, struct hp_start *start, const int *fds, unsigned count);
int __wrap_hp_channel_send(int socket, struct hp_start *start, const int *fds, unsigned count);
int __real_hp_channel_receive(int socket, struct hp_start **start, int *fds);
int __wrap_hp_channel_receive(int socket, struct hp_start **start, int *fds);
int __real_hp_sys_clone3_run(void *arguments, size_t size, void (*function)(void *),
                             void *argument);
int __wrap_hp_sys_clone3_run(void *arguments, size_t size, void (*function)(void *),
                             void *argument);
int __real_hp_sys_clone_run(unsigned long flags, void *top, int *pidfd, uint32_t *ended,
                            void (*function)(void *), void *argument);
int __wrap_hp_sys_clone_run(unsigned long flags, void *top, int *pidfd, uint32_t *ended,
                            void (*function)(void *), void *argument);

int __wrap_hp_spawn_stack_take(struct hp_stack *stack) {
    const int answer = __real_hp_spawn_stack_take(stack);
    if (answer < 0) return answer;
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(stack->low, stack->size);
    if (__msan_unpoison) __msan_unpoison(stack->low, stack->size);
    return answer;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Of all ends that were closed: who finds one so has seen what was sent before. */
static char closed;

int __wrap_hp_channel_send(int socket, struct hp_start *start, const int *fds, unsigned count) {
    int copy[HP_CARGO_MAX];
    for (unsigned i = 0; i < count; i++) copy[i] = fds[i];
    if (__tsan_release) __tsan_release(start ? (void *)start : &closed), __tsan_release(&closed);
    const int answer = __real_hp_channel_send(socket, start, copy, count);
    if (answer < 0 && __tsan_acquire) __tsan_acquire(&closed);
    return answer;
}

int __wrap_hp_channel_receive(int socket, struct hp_start **start, int *fds) {
    const int answer = __real_hp_channel_receive(socket, start, fds);
    if (__tsan_acquire) __tsan_acquire(answer < 0 || !*start ? (void *)&closed : (void *)*start);
    return answer;
}

/* ---- Children beside their launcher ---------------------------------------------------------- */

/* They have its thread-local storage: where that is lost (spawn_test.h) it waits for them. */
static unsigned long in_turn(unsigned long flags, const struct hp_start *start) {
    const bool beside = flags & CLONE_CHILD_CLEARTID && !start->gate;
    return beside && loses_the_suspended() ? flags | CLONE_VFORK : flags;
}

int __wrap_hp_sys_clone3_run(void *arguments, size_t size, void (*function)(void *),
                             void *argument) {
    uint64_t *flags = arguments;
    const uint64_t high = *flags >> 32 << 32;
    *flags = high | in_turn((uint32_t)*flags, argument);
    return __real_hp_sys_clone3_run(arguments, size, function, argument);
}

/* ---- Threads --------------------------------------------------------------------------------- */

struct birth {
    void (*function)(void *);
    void *argument;
    uint32_t *ended;
    uint32_t thread; /* its number, when it is there */
};

static void *live(void *argument) {
    struct birth *own = argument;
    const struct birth birth = *own;
    __atomic_store_n(&own->thread, (uint32_t)hp_sys_gettid(), __ATOMIC_RELEASE);
    hp_sys_call(SYS_set_tid_address, (long)birth.ended, 0, 0, 0, 0, 0);
    birth.function(birth.argument);
    if (__tsan_release) __tsan_release(birth.ended);
    return 0;
}

/* The number, as clone answers. */
static int begin_thread(struct birth birth) {
    enum { STACK = 256 << 10 };
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    const int error = pthread_create(&thread, &attributes, live, &birth);
    pthread_attr_destroy(&attributes);
    if (error) return -error;
    while (!__atomic_load_n(&birth.thread, __ATOMIC_ACQUIRE)) hp_sys_sched_yield();
    return (int)birth.thread;
}

int __wrap_hp_sys_clone_run(unsigned long flags, void *top, int *pidfd, uint32_t *ended,
                            void (*function)(void *), void *argument) {
    const long a[6] = {(long)flags, 0, 0, 0, 0, 0};
    long answer = 0;
    if (!(flags & CLONE_THREAD))
        return __real_hp_sys_clone_run(in_turn(flags, argument), top, pidfd, ended, function,
                                       argument);
    if (!HP_DOOR_IS_BARE)
        return __real_hp_sys_clone_run(flags, top, pidfd, ended, function, argument);
    if (!gate_lets(HP_CALL_clone, a, &answer)) return (int)answer;
    return begin_thread((struct birth){function, argument, ended, 0});
}
