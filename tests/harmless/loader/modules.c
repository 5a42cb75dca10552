// SPDX-License-Identifier: MIT
/*
 * "Nothing of libunwind (or any other dependency)" comes into the process: the list of modules, in
 * its order, is the same but for the preloaded library itself.
 */
#include "../observe.h"

static int list(struct dl_phdr_info *info, size_t size, void *data)
{
    const char *preload = getenv("LD_PRELOAD");
    (void)size;
    (void)data;
    if (!preload || strcmp(info->dlpi_name, preload) != 0)
        say("  %s\n", base_name(info->dlpi_name));
    return 0;
}

int main(void)
{
    say("at the start\n");
    dl_iterate_phdr(list, NULL);
    void *handle = open_plugin("./needing.so", RTLD_NOW);
    say("with a plug-in\n");
    dl_iterate_phdr(list, NULL);
    dlclose(handle);
    leave_something();
    say("afterwards\n");
    dl_iterate_phdr(list, NULL);
    return observe_status();
}
