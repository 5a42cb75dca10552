// SPDX-License-Identifier: MIT
/* A plug-in with its own copy of a symbol that the program has, too; allocates and frees by itself.
 */
#include "../observe.h"
#include <pthread.h>

static pthread_key_t key;
static char value[8];

EXPORT(const char *, whose, void)
{
    return "the plug-in's";
}

EXPORT(const char *, deep_whose, void)
{
    return whose();
}

EXPORT(char *, deep_allocate, const char *text)
{
    char *copy = malloc(100);
    snprintf(copy, 100, "%s of the plug-in", text);
    return copy;
}

EXPORT(void, deep_free, void *block)
{
    free(block);
}

EXPORT(void *, deep_grow, void *block)
{
    return realloc(block, 5000);
}

EXPORT(int, deep_key, void)
{
    int error = pthread_key_create(&key, NULL);
    return error ? error : pthread_setspecific(key, value);
}

EXPORT(int, deep_no_key, void)
{
    return pthread_key_delete(key);
}

EXPORT(const char *, deep_open, const char *name)
{
    static char answer[300];
    void *handle = dlopen(name, RTLD_NOW);
    if (!handle)
        return dlerror();
    const char *(*which)(void) = (const char *(*)(void))dlsym(handle, "which");
    snprintf(answer, sizeof answer, "%s", which ? which() : "no symbol");
    dlclose(handle);
    return answer;
}
