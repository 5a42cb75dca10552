// SPDX-License-Identifier: MIT
/* An allocator library that can be interposed is used as it is, and as often as without the shim.
 */
#include "../observe.h"
#include <malloc.h>
#include <pthread.h>

int allocator_made(void);
int allocator_given_back(void);
int allocator_ended(void);

static void *run(void *argument)
{
    free(strdup("in a thread"));
    return argument;
}

static void say_counts(const char *after)
{
    int made = allocator_made();
    say("%s: made %d, given back %d\n", after, made, allocator_given_back());
}

int main(void)
{
    void *volatile block;
    allocator_made();
    allocator_given_back();
    block = malloc(10);
    block = realloc(block, 30);
    block = reallocarray(block, 7, 9);
    free(block);
    block = calloc(2, 8);
    free(block);
    block = memalign(64, 8);
    free(block);
    say_counts("the program");
    block = strdup("through libc");
    free(block);
    say_counts("libc");
    void *handle = open_plugin("./maker.so", RTLD_NOW);
    void *(*make)(int, size_t) = (void *(*)(int, size_t))symbol(handle, "make_block");
    void (*take)(void *) = (void (*)(void *))symbol(handle, "take_block");
    allocator_made();
    allocator_given_back();
    for (int kind = 0; kind < 5; kind++) {
        block = make(kind, 100);
        take(block);
    }
    say_counts("the plug-in");
    dlclose(handle);
    leave_something();
    for (int round = 0; round < 10; round++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, run, NULL) == 0);
        pthread_join(thread, NULL);
    }
    say("threads that ended: %d\n", allocator_ended());
    return observe_status();
}
