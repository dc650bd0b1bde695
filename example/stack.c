/* SPDX-License-Identifier: MIT */
/* A thousand coroutines, each on a guarded stack of its own, in two mappings. */
#include <hardpan.h>
#include <stdio.h>
#include <ucontext.h>

enum { COROUTINES = 1000, TURNS = 3 };

static struct coroutine {
    ucontext_t context;
    struct hp_stack stack;
    int turns;
} coroutines[COROUTINES];
static ucontext_t scheduler;
static struct coroutine *running;

/* Locals live on the coroutine's own stack from one turn to the next. */
static void count_turns(void) {
    for (int turn = 1; turn <= TURNS; turn++) {
        running->turns = turn;
        swapcontext(&running->context, &scheduler);
    }
}

static int start(struct coroutine *coroutine, struct hp_stack_pool *pool) {
    const int answer = hp_stack_take(pool, &coroutine->stack);
    if (answer < 0) return answer;
    getcontext(&coroutine->context);
    coroutine->context.uc_stack.ss_sp = coroutine->stack.low;
    coroutine->context.uc_stack.ss_size = coroutine->stack.size;
    coroutine->context.uc_link = &scheduler;
    makecontext(&coroutine->context, count_turns, 0);
    return 0;
}

static void resume(struct coroutine *coroutine) {
    running = coroutine;
    swapcontext(&scheduler, &coroutine->context);
}

int main(void) {
    struct hp_stack_pool pool;
    const struct hp_stack_request request = {.size = 64 << 10};
    int answer = hp_stack_open(&pool, &request), done = 0;
    for (int i = 0; i < COROUTINES && answer == 0; i++) answer = start(&coroutines[i], &pool);
    if (answer < 0) return printf("no stacks: %s\n", hp_error_text(answer)), 1;

    for (int turn = 0; turn <= TURNS; turn++) /* once more, so that each comes to its end */
        for (int i = 0; i < COROUTINES; i++) resume(&coroutines[i]);
    for (int i = 0; i < COROUTINES; i++) {
        done += coroutines[i].turns == TURNS;
        if (hp_stack_give(&pool, &coroutines[i].stack) < 0) return 1;
    }
    printf("%d coroutines took %d turns each; memory of %ld stacks given back\n", done, TURNS,
           hp_stack_trim(&pool, 0));
    return hp_stack_close(&pool) == 0 && done == COROUTINES ? 0 : 1;
}
