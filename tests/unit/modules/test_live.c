// SPDX-License-Identifier: MIT
/* Which load lies at an address, during a dlclose that our list does not know of yet. */
#include "base/dropped.h"
#include "base/guard.h"
#include "modules/handles.h"
#include "modules/holders.h"
#include "modules/object_at.h"
#include "modules/serials.h"
#include "support.h"

#include <dlfcn.h>
#include <link.h>

enum { TRIES = 20 };

static void start(void)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    cr_assert(object_at_works());
}

static uintptr_t base_of(void *handle)
{
    return ((const struct link_map *)handle)->l_addr;
}

/* A file that comes to lie where another one lay, of which our list still says that it does. False:
 * the kernel chose another place. */
static bool take_over(const char *before, const char *after, struct module **old, void **handle)
{
    void *first = dlopen(support_library(before), RTLD_NOW);
    modules_sync(0, false);
    *old = module_ref(modules_find((uintptr_t)dlsym(first, "plugin_call")));
    uintptr_t base = base_of(first);
    modules_close_begins();
    dlclose(first);
    *handle = dlopen(support_library(after), RTLD_NOW);
    if (base_of(*handle) == base)
        return true;
    dlclose(*handle);
    modules_sync(0, false);
    modules_close_ends();
    module_unref(*old);
    return false;
}

static uintptr_t taken_over(const char *before, const char *after, struct module **old,
                            void **handle)
{
    for (unsigned i = 0; i < TRIES; i++)
        if (take_over(before, after, old, handle))
            return (uintptr_t)dlsym(*handle, "plugin_call");
    cr_skip_test("nothing comes to lie where something else lay");
    return 0;
}

static bool is_of_file(const struct module *module, const char *name)
{
    return module && !strcmp(strrchr(module->path, '/') + 1, name);
}

Test(serials, rise_with_each_load)
{
    uint64_t last = 0;
    start();
    for (unsigned i = 0; i < 3; i++) {
        void *handle = dlopen(support_library("plugin"), RTLD_NOW);
        modules_sync(0, false);
        const struct module *module = modules_find((uintptr_t)dlsym(handle, "plugin_call"));
        cr_assert_not_null(module);
        cr_assert_gt(module->serial, last);
        cr_assert_eq(module->serial, serials_of(handle));
        last = module->serial;
        dlclose(handle);
        modules_sync(0, false);
    }
    serials_forget();
    cr_assert_eq(serials_of(_r_debug.r_map), 0);
}

Test(live, another_file_in_the_place)
{
    struct module *old;
    void *handle;
    start();
    uintptr_t code = taken_over("plugin", "through", &old, &handle);
    cr_assert_eq(modules_find(code), old, "the list does not know yet");
    struct module *now = modules_find_live(code);
    cr_assert(is_of_file(now, "through.so"));
    cr_assert(module_is_unloaded(old));
    cr_assert_eq(modules_find(code), now);
    cr_assert_eq(modules_find_live(code), now);
    modules_sync(0, false);
    cr_assert_eq(modules_find(code), now, "no load is counted twice");
}

Test(live, another_load_of_the_same_file)
{
    struct module *old;
    void *handle;
    start();
    uintptr_t code = taken_over("plugin", "plugin", &old, &handle);
    struct module *now = modules_find_live(code);
    cr_assert_neq(now, old);
    cr_assert(is_of_file(now, "plugin.so"));
    cr_assert_eq(now->load, old->load + 1);
    cr_assert(module_is_unloaded(old));
}

/* The thread opens something itself: then the whole list may be read. */
Test(live, with_a_load_of_the_own_thread)
{
    struct module *old;
    void *handle;
    start();
    uintptr_t code = taken_over("plugin", "through", &old, &handle);
    guard.dlopen_pending = true;
    cr_assert(is_of_file(modules_find_live(code), "through.so"));
    cr_assert(module_is_unloaded(old));
}

/* An old C library, and no numbers: what cannot be told has no owner. */
Test(live, in_doubt)
{
    start();
    struct plugin plugin = support_open("plugin");
    uintptr_t code = (uintptr_t)plugin.call;
    object_at_init(NULL);
    serials_forget();
    cr_assert_eq(modules_find_live(code), plugin.module, "nobody closes anything");
    modules_close_begins();
    cr_assert_null(modules_find_live(code));
    cr_assert_eq(atomic_load(&dropped[DROP_OWNER]), 1);
    guard.dlclose_depth = 1;
    cr_assert_eq(modules_find_live(code), plugin.module, "the own dlclose leaves no doubt");
    guard.dlclose_depth = 0;
    guard.dlopen_pending = true;
    cr_assert_eq(modules_find_live(code), plugin.module, "nor does the list as it is now");
    guard.dlopen_pending = false;
    cr_assert(module_is_permanent(modules_find_live((uintptr_t)&dlopen)));
    modules_close_ends();
    cr_assert_eq(modules_find_live(code), plugin.module);
}

static bool never(struct module *module)
{
    return false;
}

/* Between a dlclose and the check of the number of handles another thread opens the module. */
Test(handles, that_others_open_meanwhile)
{
    start();
    handles_learn(dlopen, dlclose);
    cr_assert(handles_are_known());
    void *first = dlopen(support_library("plugin"), RTLD_NOW);
    void *second = dlopen(support_library("plugin"), RTLD_NOW);
    modules_sync(0, false);
    struct module *module = modules_by_handle(first);
    cr_assert(handles_closing(module));
    dlclose(first);
    void *third = dlopen(support_library("plugin"), RTLD_NOW);
    cr_assert(handles_closed(module, holders_keep_for_good));
    cr_assert_eq(handles_left(module), 2, "nothing keeps it for good");
    cr_assert(handles_closing(module));
    dlclose(second);
    cr_assert(handles_closing(module), "another thread closes it, too");
    dlclose(third);
    cr_assert_not(handles_closed(module, never), "the other one is not done");
}

/* Our own handle is not the program's. */
Test(handles, of_our_own)
{
    start();
    handles_learn(dlopen, dlclose);
    void *handle = dlopen(support_library("plugin"), RTLD_NOW);
    modules_sync(0, false);
    struct module *module = modules_by_handle(handle);
    cr_assert_not(holders_keep_for_good(module));
    cr_assert_not_null(dlopen(support_library("plugin"), RTLD_NOW | RTLD_NODELETE));
    handles_took_own(module);
    atomic_store(&module->kept, KEPT_NAMED);
    cr_assert(holders_keep_for_good(module));
    cr_assert(handles_closing(module));
    dlclose(handle);
    cr_assert(handles_closed(module, holders_keep_for_good));
    cr_assert_eq(handles_left(module), 0);
}
