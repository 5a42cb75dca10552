// SPDX-License-Identifier: MIT
#include "registry/signals.h"

struct disposition dispositions[ACTION_SIGNALS + 1];
static uintptr_t own;

/* glibc's own, for cancellation and set*id in all threads: sigaction refuses them. */
enum { LIBC_FIRST = 32, LIBC_LAST = 33 };

void signals_set_own(void (*handler)(int signal, siginfo_t *info, void *context))
{
    own = (uintptr_t)handler;
}

static uintptr_t handler_now(int number)
{
    struct action action;
    bool is_libcs = number >= LIBC_FIRST && number <= LIBC_LAST;
    if (is_libcs || number > ACTION_SIGNALS || number < 1 || !action_get(number, &action))
        return 0;
    uintptr_t handler = action_handler(&action);
    return handler == own ? 0 : handler;
}

static void replace_locked(int number, uintptr_t handler, struct stack *stack)
{
    struct disposition *now = &dispositions[number], before = *now;
    const struct frame *setter = stack_owner(stack), *requester = stack_requester(stack, NULL);
    *now = (struct disposition){.generation = before.generation + 1,
                                .stack = stack,
                                .ignored = stack && guard.ignoring > 0};
    if (handler)
        now->handler = frame_at(handler);
    module_ref(now->handler.module);
    now->owner = module_ref(setter ? setter->module : now->handler.module);
    now->requester = module_ref(requester ? requester->module : NULL);
    module_unref(before.handler.module);
    module_unref(before.owner);
    module_unref(before.requester);
    stack_free(before.stack);
}

/* A handler that sets itself again, as those of System V do, may have little stack left to look at.
 */
static bool is_known(const struct disposition *disposition, uintptr_t handler)
{
    return disposition->handler.pc == handler && !module_is_unloaded(disposition->handler.module);
}

void signal_changed(int number)
{
    uintptr_t handler = handler_now(number);
    if (number < 1 || number > ACTION_SIGNALS || is_known(&dispositions[number], handler))
        return;
    const struct module *module = handler ? modules_find_new(handler) : NULL;
    struct stack *stack = module && !module->startup ? stack_capture(REGISTRY_FRAMES) : NULL;
    if (!lock_acquire(&registry_lock)) {
        stack_free(stack);
        return; /* the next look asks the kernel */
    }
    replace_locked(number, handler, stack);
    lock_release(&registry_lock);
}

static void reconcile(bool all)
{
    uintptr_t handlers[ACTION_SIGNALS + 1] = {0};
    uint64_t caught = all ? action_caught() : UINT64_MAX;
    bool changed = false;
    for (int i = 1; i <= ACTION_SIGNALS; i++) {
        if (all || module_is_unloaded(dispositions[i].handler.module))
            handlers[i] = caught >> (i - 1) & 1 ? handler_now(i) : 0;
        else
            handlers[i] = dispositions[i].handler.pc;
        changed |= handlers[i] != dispositions[i].handler.pc;
    }
    if (!changed || !lock_acquire(&registry_lock))
        return;
    for (int i = 1; i <= ACTION_SIGNALS; i++)
        if (handlers[i] != dispositions[i].handler.pc)
            replace_locked(i, handlers[i], NULL);
    lock_release(&registry_lock);
}

void signals_reconcile(void)
{
    reconcile(true);
}

void signals_reconcile_unloaded(void)
{
    reconcile(false);
}
