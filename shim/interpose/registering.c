// SPDX-License-Identifier: MIT
#include "interpose/registering.h"
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

/* Findings about registrations that ended are over. */
static void resolve(void)
{
    if (report_has_open())
        lifecycle_resolve();
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

bool registering_forget(enum registration_type type, uintptr_t identity, bool spare_unloaded)
{
    int saved_errno;
    if (!registrations_any(type) || !lifecycle_enter(&saved_errno))
        return false;
    bool any = registration_forget(type, identity, spare_unloaded);
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
