// SPDX-License-Identifier: MIT
/*
 * Destructors of thread_local objects. Calls of C++ and Rust come here through the procedure
 * linkage table of libstdc++ or of the module itself. libc finds the destructor's module by the
 * handle, so the handle is passed on as it is.
 */
#include "interpose/real.h"
#include "lifecycle/start.h"
#include "modules/tls_counts.h"
#include "registry/tls_dtors.h"

typedef void tls_destructor(void *object);

struct registering {
    struct module
        *module; /* NULL: nothing is to be noted; else it cannot go, its code is running */
    struct tls_words *words;
};

static struct registering prepare(uintptr_t handle)
{
    struct registering registering = {NULL, NULL};
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return registering;
    struct module *module = modules_find_live(handle);
    if (module && !module->startup) {
        registering.module = module_ref(module);
        registering.words = tls_counts_registering(module);
    }
    guard_leave(saved_errno);
    return registering;
}

static void note(const struct registering *registering, uintptr_t function, uintptr_t object,
                 bool failed)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    tls_counts_registered(registering->module, registering->words, failed);
    if (!failed)
        tls_dtors_add(registering->module, function, object);
    module_unref(registering->module);
    guard_leave(saved_errno);
}

EXPORT int __cxa_thread_atexit_impl(tls_destructor *function, void *object, void *handle)
{
    real_need(real___cxa_thread_atexit_impl);
    struct registering registering = prepare((uintptr_t)handle);
    int error = real___cxa_thread_atexit_impl(function, object, handle);
    if (registering.module)
        note(&registering, (uintptr_t)function, (uintptr_t)object, error != 0);
    return error;
}
