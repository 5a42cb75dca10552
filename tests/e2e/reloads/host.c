// SPDX-License-Identifier: MIT
/*
 * Loads a plug-in again and again.
 *
 *   host PLUGIN OTHER COUNT ACTION [NUMBER]
 *
 * ACTION happens at load NUMBER: "leave" has the plug-in leave a key behind, "bring" has it open
 * OTHER, which leaves one, "stay" does not close it, "crash" calls a function of it once it is
 * unloaded, "fork" goes on in a child as well. "leave-each" leaves a key behind at every load,
 * "kill" ends the process by SIGKILL when all is done, "none" does nothing.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *plugin, *other, *action;

static bool is(const char *name)
{
    return strcmp(action, name) == 0;
}

static void *find(void *handle, const char *name)
{
    void *symbol = dlsym(handle, name);

    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return symbol;
}

static void load(bool now)
{
    void *handle = dlopen(plugin, RTLD_NOW);
    plugin_call *leave, *harmless;
    plugin_bring_call *bring;

    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    *(void **)&leave = find(handle, "plugin_leave");
    *(void **)&harmless = find(handle, "plugin_harmless");
    *(void **)&bring = find(handle, "plugin_bring");
    if (is("leave-each") || (now && is("leave")))
        leave();
    if (now && is("bring"))
        bring(other);
    if (now && is("stay"))
        return;
    dlclose(handle);
    if (now && is("crash"))
        harmless();
    if (now && is("fork") && fork() != 0) {
        wait(NULL);
        exit(0);
    }
}

int main(int argc, char **argv)
{
    long count = argc > 4 ? atol(argv[3]) : 0, number = argc > 5 ? atol(argv[5]) : 0;

    if (argc < 5)
        return 2;
    plugin = argv[1];
    other = argv[2];
    action = argv[4];
    for (long i = 1; i <= count; i++)
        load(i == number);
    if (is("kill"))
        raise(SIGKILL);
    return 0;
}
