// SPDX-License-Identifier: MIT
/*
 * A library with its own RUNPATH that opens others by bare name: from a function, its constructor,
 * its destructor, through a pointer, and by a tail call (where the caller is whoever called it).
 */
#include "../observe.h"

typedef void *open_function(const char *, int);

static char found_early[300];

static void ask(char *answer, size_t size, void *handle)
{
    if (!handle) {
        snprintf(answer, size, "error: %s", dlerror());
        return;
    }
    const char *(*which)(void) = (const char *(*)(void))dlsym(handle, "which");
    snprintf(answer, size, "%s", which ? which() : "no symbol");
    dlclose(handle);
}

__attribute__((constructor)) static void start(void)
{
    void *handle = dlopen("libwhich.so", RTLD_NOW);
    ask(found_early, sizeof found_early, handle);
}

__attribute__((destructor)) static void stop(void)
{
    char answer[300];
    void *handle = dlopen("libwhich.so", RTLD_NOW);
    ask(answer, sizeof answer, handle);
    say("  in the destructor: %s\n", answer);
}

EXPORT(void, opener_ask, const char *name, char *answer, size_t size)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    ask(answer, size, handle);
}

EXPORT(void, opener_ask_by_pointer, const char *name, char *answer, size_t size)
{
    open_function *volatile pointer = (open_function *)dlsym(RTLD_DEFAULT, "dlopen");
    void *handle = pointer ? pointer(name, RTLD_LAZY) : NULL;
    ask(answer, size, handle);
}

EXPORT(void *, opener_tail, const char *name)
{
    return dlopen(name, RTLD_NOW);
}

EXPORT(void, opener_ask_namespace, const char *name, char *answer, size_t size)
{
    void *handle = dlmopen(LM_ID_NEWLM, name, RTLD_NOW);
    ask(answer, size, handle);
}

EXPORT(const char *, opener_early, void)
{
    return found_early;
}
