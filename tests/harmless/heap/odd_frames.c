// SPDX-License-Identifier: MIT
/*
 * Callers that no unwinder understands: code made at run time, without unwind tables and with
 * nonsense in the frame pointer, coroutines on small stacks whose end is a guard page. They
 * allocate, directly and through libc, as without the shim.
 */
#include "../observe.h"
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

#ifdef __x86_64__
/* push rbp; push rbx; mov rbp, -8; mov rbx, rsp; call rsi; pop rbx; pop rbp; ret */
static const unsigned char call_second[] = {0x55, 0x53, 0x48, 0xc7, 0xc5, 0xf8, 0xff, 0xff, 0xff,
                                            0x48, 0x89, 0xe3, 0xff, 0xd6, 0x5b, 0x5d, 0xc3};

static void *size_of_block(void *size)
{
    return malloc((size_t)size);
}

static void run_made_code(void)
{
    unsigned char *area =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(area + 4096 - sizeof call_second, call_second, sizeof call_second);
    void *(*call)(void *, void *) = (void *(*)(void *, void *))(area + 4096 - sizeof call_second);
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
    munmap(area, 4096);
}
#else
static void run_made_code(void)
{
}
#endif

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
