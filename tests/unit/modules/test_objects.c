// SPDX-License-Identifier: MIT
#include "modules/objects.h"
#include "support.h"

#include <dlfcn.h>

#ifdef HAVE_CXX
static struct module *open_module(void **handle)
{
    *handle = dlopen(support_library("cxx"), RTLD_NOW);
    cr_assert_not_null(*handle, "%s", dlerror());
    modules_sync(0, false);
    struct module *module = modules_find((uintptr_t)dlsym(*handle, "cxx_number"));
    cr_assert_not_null(module);
    objects_note(module);
    return module;
}

static enum object_found find(const struct module *module, void *handle, const char *name)
{
    const void *const *pointer = dlsym(handle, name);
    return objects_find(module, (uintptr_t)*pointer);
}

Test(objects, each_is_found_by_its_kind)
{
    void *handle;
    support_start();
    struct module *module = open_module(&handle);
    cr_assert_eq(find(module, handle, "cxx_typeinfo"), OBJECT_TYPEINFO);
    cr_assert_eq(find(module, handle, "cxx_derived_typeinfo"), OBJECT_TYPEINFO);
    cr_assert_eq(find(module, handle, "cxx_object"), OBJECT_VIRTUAL);
    cr_assert_eq(objects_find(module, (uintptr_t)dlsym(handle, "cxx_number")), OBJECT_NOT_FOUND);
}

/* The C++ library comes with the plug-in, and again after it was unloaded. */
Test(objects, of_later_loads)
{
    void *handle;
    support_start();
    for (unsigned load = 1; load <= 3; load++) {
        struct module *module = open_module(&handle);
        cr_assert_eq(module->load, load);
        cr_assert_eq(find(module, handle, "cxx_typeinfo"), OBJECT_TYPEINFO);
        dlclose(handle);
        modules_sync(0, false);
    }
}
#endif

Test(objects, a_module_of_c_has_none)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    objects_note(plugin.module);
    cr_assert_eq(plugin.module->object_count, 0);
}
