// SPDX-License-Identifier: MIT
/*
 * Callers that no unwinder understands: code made at run time, without unwind tables and with
 * nonsense in the frame pointer, coroutines on small stacks whose end is a guard page. They
 * allocate, directly and through libc, as without the shim.
 */
#include "../made_code.h"
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { STACK = 16384, COROUTINES = 50 };

static ucontext_t back;
static int finished;

static void allocate(int depth)
{
    pthread_key_t key;
    if (depth > 0) {
        allocate(depth - 1);
        finished += 0;
        return;
    }
    char *text = strdup("in a coroutine");
    free(realloc(text, 100));
    free(calloc(3, 9));
    check(pthread_key_create(&key, NULL) == 0);
    check(pthread_key_delete(key) == 0);
}

static void coroutine(void)
{
    for (int depth = 0; depth < 10; depth++)
        allocate(depth);
    finished++;
    setcontext(&back);
}

static void run_coroutine(void)
{
    char *area =
        mmap(NULL, STACK + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(mprotect(area, 4096, PROT_NONE) == 0);
    check(mprotect(area + STACK + 4096, 4096, PROT_NONE) == 0);
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = area + 4096;
    context.uc_stack.ss_size = STACK;
    context.uc_link = &back;
    makecontext(&context, coroutine, 0);
    swapcontext(&back, &context);
    munmap(area, STACK + 8192);
}

static void *size_of_block(void *size)
{
    return malloc((size_t)size);
}

static void run_made_code(void)
{
    made_code *call = make_code();
    for (int round = 0; round < 100; round++) {
        free(call((void *)100, (void *)malloc));
        free(call((void *)"through libc", (void *)strdup));
        free(call((void *)100, (void *)size_of_block));
        call((void *)malloc(20), (void *)free);
    }
    pthread_t thread;
    check(pthread_create(&thread, NULL, (void *(*)(void *))(void *)size_of_block, (void *)10) == 0);
    void *block = NULL;
    pthread_join(thread, &block);
    free(block);
}

int main(void)
{
    for (int round = 0; round < COROUTINES; round++)
        run_coroutine();
    say("finished %d\n", finished);
    check(finished == COROUTINES);
    for (int round = 0; round < 3; round++)
        run_made_code();
    leave_something();
    say("done\n");
    return observe_status();
}
