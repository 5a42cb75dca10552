// SPDX-License-Identifier: MIT
/* A library whose first constructor does everything at once, before those of the preloaded ones. */
#include "../early/early.h"

static struct early early;
static const char *opened;

__attribute__((constructor(101))) static void start(void)
{
    early_do(&early);
    void *handle = dlopen("./quiet.so", RTLD_NOW);
    opened = handle ? "opened" : "not opened";
    if (handle)
        dlclose(handle);
}

EXPORT(void, early_library_say, void)
{
    early_say("the library's constructor", &early);
    say("a plug-in was %s\n", opened);
}
