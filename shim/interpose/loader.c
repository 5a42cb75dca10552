// SPDX-License-Identifier: MIT
/*
 * The loader's functions. dlopen, dlmopen, dlsym and dlvsym mean something by where they are called
 * from (RUNPATH, $ORIGIN, namespace, RTLD_NEXT), which glibc learns from the return address: so
 * they are jumped into (tail_*.S) after the notes here, and the outcome of a dlopen is checked at
 * the next event of the same thread.
 */
#include "interpose/loader.h"
#include "base/calls.h"
#include "base/options.h"
#include "interpose/deepbind.h"
#include "interpose/exit_marker.h"
#include "interpose/keep.h"
#include "interpose/real.h"
#include "interpose/registering.h"
#include "interpose/settle.h"
#include "lifecycle/check.h"
#include "lifecycle/closed.h"
#include "lifecycle/loader.h"
#include "lifecycle/start.h"
#include "modules/handles.h"
#include "modules/relro.h"
#include "registry/keys.h"
#include "registry/opens.h"
#include "registry/registry.h"

#include <sys/syscall.h>

static void expect_load(const char *path, int flags, void *caller)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    interpose_settle();
    if (handles_learn(real_dlopen, real_dlclose))
        lifecycle_settle_handles(true);
    lifecycle_loading();
    opens_begin(path, flags);
    guard.dlopen_pending = true;
    guard.dlopen_deepbind = flags & RTLD_DEEPBIND;
    if (guard.dlopen_deepbind) {
        deepbind_expect();
        relro_expect_unseen();
    }
    guard.dlopen_caller = caller;
    guard.dlopen_epoch = atomic_load(&modules_epoch);
    guard_leave(saved_errno);
}

void note_dlopen(const char *path, int flags, void *unused, void *caller)
{
    real_need(real_dlopen);
    expect_load(path, flags, caller);
}

void note_dlmopen(long namespace, const char *path, int flags, void *caller)
{
    real_need(real_dlmopen);
    if (namespace != LM_ID_BASE)
        relro_expect_unseen();
    expect_load(path, flags, caller);
}

void note_dlsym(void *handle, const char *name, void *unused, void *caller)
{
    int saved_errno;
    real_need(real_dlsym);
    if (!guard.dlopen_pending || !lifecycle_enter(&saved_errno))
        return;
    interpose_settle();
    guard_leave(saved_errno);
}

EXPORT int dlclose(void *handle)
{
    int saved_errno;
    real_need(real_dlclose);
    if (!lifecycle_enter(&saved_errno))
        return real_dlclose(handle);
    interpose_settle();
    keys_reconcile();
    if (options.fix == FIX_KEEP)
        keep_before_close();
    if (!guard.dlclose_depth) /* with the return address, where the ABI puts that on the stack */
        guard.dlclose_stack = (uintptr_t)__builtin_dwarf_cfa() - sizeof(uintptr_t);
    guard.dlclose_clear = 0;
    guard.dlclose_is_alone = false;
    lifecycle_closing_handle(handle);
    if (!guard.dlclose_depth++)
        modules_close_begins();
    guard_leave(saved_errno);

    int result = real_dlclose(handle);

    guard.dlclose_depth--;
    if (guard_enter(&saved_errno)) {
        lifecycle_closed();
        if (!guard.dlclose_depth)
            guard.dlclose_stack = 0;
        guard_leave(saved_errno);
    }
    exit_marker_want();
    return result;
}

/* A module's own destructors and atexit functions are run by this call, just before it is unmapped.
 */
EXPORT void __cxa_finalize(void *dso_handle)
{
    int saved_errno;
    real_need(real___cxa_finalize);
    if (!dso_handle)
        exit_marker_take_out(); /* all handlers are run, and the program goes on */
    else if (guard.dlclose_depth && lifecycle_enter(&saved_errno)) {
        lifecycle_finalizing((uintptr_t)dso_handle);
        guard_leave(saved_errno);
    }
    real___cxa_finalize(dso_handle);
    if (!dso_handle)
        exit_marker_renew();
    if (dso_handle && guard.dlclose_depth) /* not at exit, where what was found shall stand */
        registering_finalized(dso_handle);
    if (!dso_handle || !guard.dlclose_depth || !lifecycle_enter(&saved_errno))
        return;
    lifecycle_closing_module((uintptr_t)dso_handle);
    guard_leave(saved_errno);
}

/* These may be called in a handler of SIGSEGV, as garbage collectors do; and by an allocator that
 * serves us while we search for the real functions. */
static void note_protection(const void *start, size_t size, int protection)
{
    real_need(real_mprotect);
    if (protection & PROT_WRITE)
        relro_note_writable((uintptr_t)start, (uintptr_t)start + size);
}

EXPORT int mprotect(void *start, size_t size, int protection)
{
    note_protection(start, size, protection);
    return real_mprotect ? real_mprotect(start, size, protection)
                         : (int)sys_call(SYS_mprotect, start, size, protection);
}

EXPORT int pkey_mprotect(void *start, size_t size, int protection, int key)
{
    note_protection(start, size, protection);
    return real_pkey_mprotect ? real_pkey_mprotect(start, size, protection, key)
                              : (int)sys_call(SYS_pkey_mprotect, start, size, protection, key);
}
