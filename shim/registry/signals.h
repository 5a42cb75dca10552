// SPDX-License-Identifier: MIT
/*
 * The handler of each signal, and the stack that set it.
 *
 * The truth is the kernel's: signals_reconcile asks it, so that dispositions that were set past us
 * (by system calls, by modules that bind past any preload) are right too; those have no stack, and
 * no owner but their handler's module. A handler is resolved to a load when it is first seen: one
 * that was set past us to the last load that lay there. One that is put back is that of the load
 * that it had before, though another module may lie there by now.
 *
 * Functions here take the registry lock; inside the guard.
 */
#ifndef DLPIN_REGISTRY_SIGNALS_H
#define DLPIN_REGISTRY_SIGNALS_H

#include "base/action.h"
#include "ownership/stack.h"
#include "registry/registry.h"

/* Reading one takes the registry lock; a rule copies what it needs. */
struct disposition {
    uint32_t generation;      /* rises with each change */
    struct frame handler;     /* pc 0: there is none; holds a reference, as do the others */
    struct frame former;      /* the last one before that was of an unloaded module */
    struct module *owner;     /* the nearest module on the setting stack that is not a runtime */
    struct module *requester; /* … that is not common */
    struct stack *stack;      /* NULL: it was set past us */
    bool ignored;             /* set between dlpin_ignore_begin and dlpin_ignore_end */
};

extern struct disposition dispositions[ACTION_SIGNALS + 1]; /* by the signal's number */

/* The calling thread has changed what handles this signal. */
void signal_changed(int number);

/* A handler that we know of lies in a module that the program is done with: unless the program has
 * changed it past us. */
bool signals_any_left(void);

/* Takes over from the kernel what is not known. Not `all`: without real-time signals for which a
 * handler was set past us. */
void signals_reconcile(bool all);

/* A handler of our own, which counts as the one that it stands in for. Once, before it is set. */
void signals_set_own(void (*handler)(int signal, siginfo_t *info, void *context));

/* The program's handler that ours is about to stand in for; 0: SIG_DFL. Any phase. */
void signals_stand_in(int number, uintptr_t handler);

#endif
