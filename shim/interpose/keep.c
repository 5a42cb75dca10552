// SPDX-License-Identifier: MIT
#include "interpose/keep.h"
#include "base/arena.h"
#include "base/options.h"
#include "interpose/real.h"
#include "interpose/settle.h"
#include "lifecycle/fix.h"
#include "lifecycle/start.h"

#include <string.h>

enum { KEEP_MAX = 32 };

/* RTLD_NODELETE counts from now on, whatever the earlier flags were. The handle is not given back:
 * glibc does not count handles of such an object. */
static bool pin(const struct module *module)
{
    return real_dlopen(module->path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) == module->handle;
}

void keep_before_close(void)
{
    struct fix_keep list[KEEP_MAX];
    unsigned count = fix_to_keep(list, KEEP_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (pin(list[i].module))
            fix_kept(list[i].module, list[i].why);
        else
            fix_failed(list[i].module);
        module_unref(list[i].module);
    }
}

static void note(const void *handle, const char *name, size_t length, const char *error)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    interpose_settle();
    if (handle)
        fix_prevented(handle);
    else
        fix_not_prevented(name, length, error);
    guard_leave(saved_errno);
}

static void load(const char *name, size_t length)
{
    char *copy = arena_alloc(length + 1);
    if (!copy)
        return;
    memcpy(copy, name, length);
    void *handle = real_dlopen(copy, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    note(handle, name, length, handle ? NULL : real_error());
    arena_free(copy, length + 1);
}

void keep_prevented(void)
{
    if (atomic_load(&lifecycle_phase) != PHASE_ACTIVE)
        return;
    for (const char *at = options.prevent; at && *at;) {
        size_t length = strcspn(at, ",");
        if (length > 0)
            load(at, length);
        at += length + (at[length] == ',');
    }
    if (options.prevent)
        real_forget_errors();
}
