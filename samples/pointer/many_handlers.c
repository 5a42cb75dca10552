// SPDX-License-Identifier: MIT
/*
 * A library whose constructor registers more exit and fork handlers than the C library has room for
 * in its variables, as the libraries of large programs do; a host that has a word on its stack
 * which leads to the memory that the C library took for them; a plug-in that registers an exit
 * handler, whose old entry stays there when it is unloaded; and two that put a string of theirs
 * into a variable of the C library, one of which takes it out again.
 */
#include <stdint.h>
#include <stdlib.h>

void *many_handlers_list(void);

#if defined LIBRARY
#include <pthread.h>

enum { HANDLERS = 60, LIST_BYTES = 2 * sizeof(void *) + 32 * 4 * sizeof(void *) };

static uintptr_t hidden;

static void do_nothing(void)
{
}

/* The C library takes the memory that was free just before. */
static void fill_exit_handlers(void)
{
    uintptr_t free_before = 0;
    int i;

    for (i = 0; i < HANDLERS; i++) {
        void *block = malloc(LIST_BYTES);
        if (!block)
            abort();
        if (free_before && (uintptr_t)block != free_before)
            hidden = ~free_before;
        free_before = (uintptr_t)block;
        free(block);
        if (atexit(do_nothing) != 0)
            abort();
    }
}

__attribute__((constructor)) static void start(void)
{
    int i;

    fill_exit_handlers();
    for (i = 0; i < HANDLERS; i++) {
        if (at_quick_exit(do_nothing) != 0 ||
            pthread_atfork(do_nothing, do_nothing, do_nothing) != 0)
            abort();
    }
}

void *many_handlers_list(void)
{
    return (void *)~hidden;
}
#elif defined NAME
#include <errno.h>

static char name[] = "the plug-in's name for the program";
static char *name_before;

__attribute__((constructor)) static void start(void)
{
    name_before = program_invocation_name;
    program_invocation_name = name;
}

__attribute__((destructor)) static void stop(void)
{
#if defined TIDY
    program_invocation_name = name_before;
#endif
}
#elif defined PLUGIN
int __cxa_atexit(void (*function)(void *), void *argument, void *handle);
extern void *__dso_handle;

static void call(void *function)
{
    ((void (*)(void))(uintptr_t)function)();
}

static void stop(void)
{
}

__attribute__((constructor)) static void start(void)
{
    if (__cxa_atexit(call, (void *)(uintptr_t)stop, &__dso_handle) != 0)
        abort();
}
#else
#include <dlfcn.h>
#include <stdio.h>

/* Each plug-in is opened and closed. */
int main(int argc, char **argv)
{
    void *volatile list = many_handlers_list();
    int i;

    for (i = 1; i < argc; i++) {
        void *plugin = dlopen(argv[i], RTLD_NOW);
        if (!plugin) {
            printf("%s\n", dlerror());
            return 1;
        }
        dlclose(plugin);
    }
    return list == NULL;
}
#endif
