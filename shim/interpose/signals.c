// SPDX-License-Identifier: MIT
/*
 * Handlers that the program sets for signals. A function that only asks changes nothing here. None
 * of them shows our own handler for crashes.
 */
#include "interpose/real.h"
#include "lifecycle/crash.h"
#include "lifecycle/start.h"
#include "registry/signal_stacks.h"
#include "registry/signals.h"

/* <signal.h> may have signal() be another one. */
#undef signal

static void note_changed(int number)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    if (lifecycle_is_own_process()) {
        crash_listen_again(number);
        signal_changed(number);
    }
    guard_leave(saved_errno);
}

EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    real_need(real_sigaction);
    int result = real_sigaction(number, action, before);
    if (before && result == 0)
        crash_hide(number, before);
    if (action && result == 0)
        note_changed(number);
    return result;
}

EXPORT int __sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    real_need(real___sigaction);
    int result = real___sigaction(number, action, before);
    if (before && result == 0)
        crash_hide(number, before);
    if (action && result == 0)
        note_changed(number);
    return result;
}

/* The ones that give the handler before, by name. */
#define SETTER(name)                                               \
    EXPORT __sighandler_t name(int number, __sighandler_t handler) \
    {                                                              \
        real_need(real_##name);                                    \
        __sighandler_t before = real_##name(number, handler);      \
        note_changed(number);                                      \
        return crash_hide_handler(number, before);                 \
    }

SETTER(signal)
SETTER(bsd_signal)
SETTER(ssignal)
SETTER(sysv_signal)
SETTER(__sysv_signal)
SETTER(sigset)

EXPORT int sigignore(int number)
{
    real_need(real_sigignore);
    int result = real_sigignore(number);
    note_changed(number);
    return result;
}

EXPORT int siginterrupt(int number, int interrupt)
{
    real_need(real_siginterrupt);
    crash_step_aside(number); /* it keeps the handler that is there, with other flags */
    int result = real_siginterrupt(number, interrupt);
    note_changed(number);
    return result;
}

/* sigaltstack may be called by a handler that has little stack: what is resolved by it is left to
 * the next check. */
static void note_stack(uintptr_t caller)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    if (lifecycle_is_own_process())
        signal_stack_changed(caller);
    guard_leave(saved_errno);
}

EXPORT int sigaltstack(const stack_t *stack, stack_t *before)
{
    real_need(real_sigaltstack);
    int result = real_sigaltstack(stack, before);
    if (stack && result == 0)
        note_stack((uintptr_t)__builtin_return_address(0));
    return result;
}
