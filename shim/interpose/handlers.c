// SPDX-License-Identifier: MIT
/*
 * Handlers of exit and fork.
 *
 * libc gives nobody its list of exit handlers, and calls them in an order in which a module may be
 * unloaded by one of them after its own has run. So a handler that could dangle runs through us,
 * and we then know that it has run. All others are registered as they are. Handlers of
 * at_quick_exit get no argument, and run through us with fix= alone: a call then means the last one
 * of ours.
 */
#include "base/options.h"
#include "interpose/exit_marker.h"
#include "interpose/real.h"
#include "interpose/registered_call.h"
#include "interpose/registering.h"

typedef void on_exit_handler(int status, void *argument);
typedef void cxa_handler(void *argument);
typedef void cxa_handler_with_status(void *argument, int status); /* how libc calls it */

static void run_on_exit(int status, void *registration)
{
    struct registered_call call = registered_call_take(registration);
    if (call.function)
        ((on_exit_handler *)call.function)(status, (void *)call.argument);
}

EXPORT int on_exit(on_exit_handler *function, void *argument)
{
    real_need(real_on_exit);
    struct registration *registration =
        registering_prepare(&(struct registration_request){.type = REGISTERED_ON_EXIT,
                                                           .functions = {(uintptr_t)function},
                                                           .data = (uintptr_t)argument,
                                                           .caller = CALLER()});
    int error =
        registration ? real_on_exit(run_on_exit, registration) : real_on_exit(function, argument);
    exit_marker_renew();
    if (error)
        registering_failed(registration);
    return error;
}

static void run_atexit(void *registration, int status)
{
    struct registered_call call = registered_call_take(registration);
    if (call.function)
        ((cxa_handler_with_status *)call.function)((void *)call.argument, status);
}

/* A C++ program calls this for each static object: no entry is kept where the function lies in the
 * object's own module. */
EXPORT int __cxa_atexit(cxa_handler *function, void *argument, void *handle)
{
    real_need(real___cxa_atexit);
    struct registration *registration =
        registering_prepare(&(struct registration_request){.type = REGISTERED_ATEXIT,
                                                           .functions = {(uintptr_t)function},
                                                           .data = (uintptr_t)argument,
                                                           .handle = (uintptr_t)handle,
                                                           .caller = CALLER()});
    exit_marker_make_room(handle);
    int error = registration ? real___cxa_atexit((cxa_handler *)(void (*)(void))run_atexit,
                                                 registration, handle)
                             : real___cxa_atexit(function, argument, handle);
    exit_marker_renew();
    if (error)
        registering_failed(registration);
    return error;
}

static void run_quick_exit(void *unused, int status)
{
    struct registered_call call = registered_call_take_newest(REGISTERED_QUICK_EXIT);
    if (call.function)
        ((cxa_handler_with_status *)call.function)(NULL, status);
}

/* libc takes these out with the module of the handle, and does not call them then. */
EXPORT int __cxa_at_quick_exit(cxa_handler *function, void *handle)
{
    real_need(real___cxa_at_quick_exit);
    struct registration *registration =
        registering_prepare(&(struct registration_request){.type = REGISTERED_QUICK_EXIT,
                                                           .functions = {(uintptr_t)function},
                                                           .handle = (uintptr_t)handle,
                                                           .caller = CALLER()});
    if (registration && options.fix != FIX_OFF)
        function = (cxa_handler *)(void (*)(void))run_quick_exit;
    exit_marker_make_room(handle);
    int error = real___cxa_at_quick_exit(function, handle);
    exit_marker_renew();
    if (error)
        registering_failed(registration);
    return error;
}

EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *handle)
{
    real_need(real___register_atfork);
    struct registration *registration = registering_prepare(&(struct registration_request){
        .type = REGISTERED_ATFORK,
        .functions = {(uintptr_t)prepare, (uintptr_t)parent, (uintptr_t)child},
        .handle = (uintptr_t)handle,
        .caller = CALLER()});
    int error = real___register_atfork(prepare, parent, child, handle);
    if (error)
        registering_failed(registration);
    return error;
}
