// SPDX-License-Identifier: MIT
/*
 * "A program with its own malloc" keeps it: its functions are called as often as without the shim,
 * by itself, by libc and by a plug-in; and not at all by one that is opened with RTLD_DEEPBIND.
 */
#include "../observe.h"
#include <malloc.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static int calls[4];

void *malloc(size_t size)
{
    calls[0]++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    calls[1]++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    calls[2]++;
    return __libc_realloc(block, size);
}

void free(void *block)
{
    calls[3]++;
    __libc_free(block);
}

static void say_calls(const char *after)
{
    say("%s: malloc %d, calloc %d, realloc %d, free %d\n", after, calls[0], calls[1], calls[2],
        calls[3]);
    memset(calls, 0, sizeof calls);
}

int main(void)
{
    void *volatile block;
    memset(calls, 0, sizeof calls);
    block = malloc(10);
    block = realloc(block, 20);
    free(block);
    say_calls("the program");
    block = strdup("through libc");
    free(block);
    say_calls("libc");

    void *handle = open_plugin("./maker.so", RTLD_NOW);
    void *(*make)(int, size_t) = (void *(*)(int, size_t))symbol(handle, "make_block");
    void (*take)(void *) = (void (*)(void *))symbol(handle, "take_block");
    memset(calls, 0, sizeof calls);
    for (int kind = 0; kind < 4; kind++) {
        block = make(kind, 100);
        take(block);
    }
    say_calls("the plug-in");
    dlclose(handle);
    leave_something();
    void *deep = open_plugin("./deep.so", RTLD_NOW | RTLD_DEEPBIND);
    char *(*allocate)(const char *) = (char *(*)(const char *))symbol(deep, "deep_allocate");
    void (*release)(void *) = (void (*)(void *))symbol(deep, "deep_free");
    memset(calls, 0, sizeof calls);
    release(allocate("a block"));
    say_calls("a plug-in that binds to libc");
    check(calls[0] == 0);

    return observe_status();
}
