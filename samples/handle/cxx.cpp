// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a class that owns a handle, whose destructor does not close it.
 * start_clean() uses the class that does it right.
 *
 * Report: handle about this plug-in.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <memory>

namespace
{

class Module
{
  public:
    explicit Module(const char *path) : handle(dlopen(path, RTLD_NOW))
    {
    }

    void *handle;
};

class OwnedModule : public Module
{
  public:
    using Module::Module;

    ~OwnedModule()
    {
        if (handle)
            dlclose(handle);
    }
};

std::unique_ptr<OwnedModule> owned;

} // namespace

ENTRY(start)
{
    Module module("./opened.so");

    return module.handle ? 0 : -1;
}

ENTRY(start_clean)
{
    owned.reset(new OwnedModule("./opened.so"));
    return owned->handle ? 0 : -1;
}
