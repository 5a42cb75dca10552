// SPDX-License-Identifier: MIT
/* A library of several that all define tag(), and ask the loader for the next, or any, of them. */
#include "../observe.h"

#define PASTE(a, b) a##b
#define NAMED(a, b) PASTE(a, b)

EXPORT(const char *, tag, void)
{
    return TAG;
}

static const char *call(void *found)
{
    const char *(*function)(void) = (const char *(*)(void))found;
    if (function)
        return function();
    static char error[200];
    snprintf(error, sizeof error, "%s", dlerror());
    return error;
}

EXPORT(const char *, NAMED(next_of_, CHAIN), void)
{
    void *found = dlsym(RTLD_NEXT, "tag");
    return call(found);
}

EXPORT(const char *, NAMED(default_of_, CHAIN), void)
{
    void *found = dlsym(RTLD_DEFAULT, "tag");
    return call(found);
}

EXPORT(const char *, NAMED(own_of_, CHAIN), void)
{
    void *found = dlsym(RTLD_DEFAULT, "own_name");
    return call(found);
}

/* A tail call: the caller is then whoever called this. */
EXPORT(void *, NAMED(tail_of_, CHAIN), void)
{
    return dlsym(RTLD_NEXT, "tag");
}

#ifdef OWN_NAME
EXPORT(const char *, own_name, void)
{
    return TAG;
}
#endif
