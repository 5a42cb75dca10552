// SPDX-License-Identifier: MIT
#include "interpose/exit_marker.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "interpose/settle.h"
#include "lifecycle/ending.h"
#include "lifecycle/start.h"
#include "modules/modules.h"

/* Taking one out makes libc walk through all handlers. So old markers are taken out so many at
 * once; without that 20,000 handlers cost 0.4 s. */
enum { OLD_MAX = 64 };

static char handle; /* its address is unique: by it libc knows our markers */
static _Atomic bool is_wanted;
static _Atomic unsigned placed;

/* The last object for which room was made, and the number of unloads at that time. */
static _Atomic uintptr_t last_object;
static _Atomic uint64_t last_unloads;

static void begin_exit_here(void *unused)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    if (guard.dlopen_pending)
        interpose_settle();
    lifecycle_exit();
    guard_leave(saved_errno);
}

void note_exit_begins(void)
{
    own_process_run(begin_exit_here, NULL);
}

/* Called by libc when the process ends, and inside the guard when we take it out. */
static void marker(void *unused)
{
    if (!process_exit_begins())
        note_exit_begins();
}

/* libc keeps the handlers of quick_exit in another list. */
static void place(void)
{
    if (atomic_fetch_add(&placed, 1) == OLD_MAX) {
        atomic_store(&placed, 1);
        real___cxa_finalize(&handle);
    }
    real___cxa_atexit(marker, NULL, &handle);
    if (real___cxa_at_quick_exit)
        real___cxa_at_quick_exit(marker, &handle);
}

void exit_marker_renew(void)
{
    int saved_errno;
    if (!atomic_load(&is_wanted) || !lifecycle_enter(&saved_errno))
        return;
    real_need(real___cxa_atexit);
    real_need(real___cxa_finalize);
    place();
    guard_leave(saved_errno);
}

static bool may_go(const void *object)
{
    const struct module *module = modules_find_live((uintptr_t)object);
    return !module || !module->startup;
}

static void take_out(void)
{
    real_need(real___cxa_finalize);
    if (atomic_exchange(&placed, 0))
        real___cxa_finalize(&handle);
}

/* libc uses the places at the end of its list again, but not those before a marker: with each
 * reload of a plug-in that has static objects the list would grow, and words of the old ones stay
 * in it. */
void exit_marker_make_room(const void *object)
{
    int saved_errno;
    if (!object || !atomic_load(&placed) || !lifecycle_enter(&saved_errno))
        return;
    uint64_t unloads = atomic_load(&modules_unloads);
    bool is_same = atomic_exchange(&last_object, (uintptr_t)object) == (uintptr_t)object &&
                   atomic_load(&last_unloads) == unloads;
    atomic_store(&last_unloads, unloads);
    if (!is_same && may_go(object))
        take_out();
    guard_leave(saved_errno);
}

void exit_marker_take_out(void)
{
    int saved_errno;
    if (!atomic_load(&placed) || !lifecycle_enter(&saved_errno))
        return;
    take_out();
    guard_leave(saved_errno);
}

void exit_marker_want(void)
{
    int saved_errno;
    if (atomic_load(&is_wanted) || !lifecycle_enter(&saved_errno))
        return;
    process_notice_exit(); /* a handler of exit called dlclose: it is too late for the marker */
    guard_leave(saved_errno);
    atomic_store(&is_wanted, true);
    exit_marker_renew();
}
