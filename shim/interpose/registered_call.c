// SPDX-License-Identifier: MIT
#include "interpose/registered_call.h"
#include "base/options.h"
#include "interpose/unloaded.h"
#include "lifecycle/fix.h"
#include "lifecycle/start.h"

static void skip(enum registration_type type, uint64_t serial, uintptr_t data,
                 const struct frame *function)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    fix_skipped_registration(type, serial, data, function);
    guard_leave(saved_errno);
}

struct registered_call registered_call_take(struct registration *registration)
{
    int saved_errno;
    struct registered_call call = {registration->function, registration->argument};
    const struct frame *function = &registration->functions[0];
    if (options.fix != FIX_OFF && function->module && function_is_unloaded(function)) {
        skip(registration->type, registration->serial, registration->data, function);
        return (struct registered_call){0};
    }
    if (registration_is_unloaded(registration) || !lifecycle_enter(&saved_errno))
        return call;
    registration_remove(registration);
    guard_leave(saved_errno);
    return call;
}

struct registered_call registered_call_take_newest(enum registration_type type)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return (struct registered_call){0};
    struct registration *newest = registration_take_newest(type);
    guard_leave(saved_errno);
    return newest ? registered_call_take(newest) : (struct registered_call){0};
}

struct kept_call {
    struct frame function; /* with a reference */
    uintptr_t data;
    enum registration_type type;
    uint64_t serial;
};

struct kept_call *registered_call_keep(const struct registration *registration)
{
    int saved_errno;
    struct kept_call *kept = NULL;
    if (options.fix == FIX_OFF || !registration || !registration->functions[0].module ||
        !lifecycle_enter(&saved_errno))
        return NULL;
    kept = arena_alloc(sizeof *kept);
    if (kept)
        *kept = (struct kept_call){registration->functions[0], registration->data,
                                   registration->type, registration->serial};
    if (kept)
        module_ref(kept->function.module);
    guard_leave(saved_errno);
    return kept;
}

struct registered_call registered_call_kept(const struct kept_call *kept)
{
    if (!function_is_unloaded(&kept->function))
        return (struct registered_call){kept->function.pc, kept->data};
    skip(kept->type, kept->serial, kept->data, &kept->function);
    return (struct registered_call){0};
}
