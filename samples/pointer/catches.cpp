// SPDX-License-Identifier: MIT
/*
 * A host that unloads a plug-in whose exception it handles at this moment, in the main thread or in
 * another one. Leaving the catch block would then call the exception's destructor.
 *
 *   catches PLUGIN inside|inside-thread|behind
 */
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <thread>

static void run(const char *path, bool inside)
{
    void *plugin = dlopen(path, RTLD_NOW);
    if (!plugin)
        std::_Exit(2);
    auto throw_it = reinterpret_cast<int (*)()>(dlsym(plugin, "use_exception"));
    try {
        throw_it();
    } catch (...) {
        if (inside) {
            dlclose(plugin);
            std::_Exit(0);
        }
    }
    dlclose(plugin);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (!std::strcmp(argv[2], "inside-thread"))
        std::thread(run, argv[1], true).join();
    run(argv[1], !std::strcmp(argv[2], "inside"));
    return 0;
}
