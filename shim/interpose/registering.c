// SPDX-License-Identifier: MIT
#include "interpose/registering.h"
#include "base/options.h"
#include "base/sys.h"
#include "lifecycle/fix.h"
#include "lifecycle/check.h"
#include "lifecycle/start.h"
#include "report/report.h"

struct registration *registering_prepare(const struct registration_request *request)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return NULL;
    struct registration *registration = registration_prepare(request);
    guard_leave(saved_errno);
    return registration;
}

void registering_failed(struct registration *registration)
{
    int saved_errno;
    if (!registration || !lifecycle_enter(&saved_errno))
        return;
    registration_remove(registration);
    guard_leave(saved_errno);
}

/* What was found of those that went is over. */
static void resolve(void)
{
    if (report_has_open())
        lifecycle_gone();
}

void registering_done(struct registration *registration, enum registration_type type,
                      uintptr_t identity)
{
    int saved_errno;
    if (!registrations_any(type) || !lifecycle_enter(&saved_errno))
        return;
    registration_complete(registration, type, identity);
    resolve();
    guard_leave(saved_errno);
}

bool registering_forget(enum registration_type type, uintptr_t identity, bool spare_gone)
{
    int saved_errno;
    if (!registrations_any(type) || !lifecycle_enter(&saved_errno))
        return false;
    bool any = registration_forget(type, identity, spare_gone);
    if (any)
        resolve();
    guard_leave(saved_errno);
    return any;
}

void registering_mute(enum registration_type type, uint64_t serial)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    registration_mute(type, serial);
    guard_leave(saved_errno);
}

void registering_finalized(const void *handle)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    registrations_finalized((uintptr_t)handle);
    guard_leave(saved_errno);
}

/* --- what runs through us
 * ------------------------------------------------------------------------------------ */

/* Unloaded, or just now, as far as it is known. */
static bool is_gone(const struct frame *function)
{
    int saved_errno = errno;
    char byte;
    bool gone = module_is_unloaded(function->module) ||
                (sys_read_memory((const void *)function->pc, &byte, 1) != 1 && !calls_are_over());
    errno = saved_errno;
    return gone;
}

static void skip(enum registration_type type, uint64_t serial, uintptr_t data,
                 const struct frame *function)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    fix_skipped_registration(type, serial, data, function);
    guard_leave(saved_errno);
}

struct registered_call registering_take(struct registration *registration)
{
    int saved_errno;
    struct registered_call call = {registration->function, registration->argument};
    const struct frame *function = &registration->functions[0];
    if (options.fix != FIX_OFF && function->module && is_gone(function)) {
        skip(registration->type, registration->serial, registration->data, function);
        return (struct registered_call){0};
    }
    if (registration_is_gone(registration) || !lifecycle_enter(&saved_errno))
        return call;
    registration_remove(registration);
    guard_leave(saved_errno);
    return call;
}

struct registered_call registering_take_newest(enum registration_type type)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return (struct registered_call){0};
    struct registration *newest = registration_take_newest(type);
    guard_leave(saved_errno);
    return newest ? registering_take(newest) : (struct registered_call){0};
}

struct registered_guard {
    struct frame function; /* with a reference */
    uintptr_t data;
    enum registration_type type;
    uint64_t serial;
};

struct registered_guard *registering_guard(const struct registration *registration)
{
    int saved_errno;
    struct registered_guard *guarded = NULL;
    if (options.fix == FIX_OFF || !registration || !registration->functions[0].module ||
        !lifecycle_enter(&saved_errno))
        return NULL;
    guarded = arena_alloc(sizeof *guarded);
    if (guarded)
        *guarded = (struct registered_guard){registration->functions[0], registration->data,
                                             registration->type, registration->serial};
    if (guarded)
        module_ref(guarded->function.module);
    guard_leave(saved_errno);
    return guarded;
}

struct registered_call registering_guarded(const struct registered_guard *guarded)
{
    if (!is_gone(&guarded->function))
        return (struct registered_call){guarded->function.pc, guarded->data};
    skip(guarded->type, guarded->serial, guarded->data, &guarded->function);
    return (struct registered_call){0};
}
