// SPDX-License-Identifier: MIT
/* Opens a plug-in in its constructor, and closes it, and opens and closes another, in its
 * destructor. */
#include "../observe.h"

static void *inner;

__attribute__((constructor)) static void start(void)
{
    say("  nester starts\n");
    inner = dlopen("./plain.so", RTLD_NOW);
    say("  nester has %s\n", inner ? "opened plain" : dlerror());
}

__attribute__((destructor)) static void stop(void)
{
    say("  nester stops\n");
    if (inner)
        say("  nester's close gives %d\n", dlclose(inner));
    say("  plain is %s\n", is_mapped("plain.so") ? "still mapped" : "unmapped");
    void *other = dlopen("./needing.so", RTLD_NOW);
    say("  nester has %s\n", other ? "opened needing" : dlerror());
    if (other)
        dlclose(other);
}

EXPORT(int, nester, void)
{
    return 3;
}
