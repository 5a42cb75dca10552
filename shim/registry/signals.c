// SPDX-License-Identifier: MIT
#include "registry/signals.h"
#include "base/guard.h"
#include "base/sys.h"

#include <string.h>

struct disposition dispositions[ACTION_SIGNALS + 1];
static uintptr_t own;
static _Atomic uintptr_t replaced[ACTION_SIGNALS + 1]; /* the handlers that ours replaces */

/* glibc's own, for cancellation and set*id in all threads: sigaction refuses them. */
enum { LIBC_FIRST = 32, LIBC_LAST = 33 };

void signals_set_own(void (*handler)(int signal, siginfo_t *info, void *context))
{
    own = (uintptr_t)handler;
}

void signals_stand_in(int number, uintptr_t handler)
{
    atomic_store(&replaced[number], handler);
}

static uintptr_t handler_now(int number)
{
    struct action action;
    bool is_libcs = number >= LIBC_FIRST && number <= LIBC_LAST;
    if (is_libcs || number > ACTION_SIGNALS || number < 1 || !action_get(number, &action))
        return 0;
    uintptr_t handler = action_handler(&action);
    return handler == own ? atomic_load(&replaced[number]) : handler;
}

/* With a reference. We may see a handler that was set past us only after its module was unloaded.
 * The module is then known unless something else lies there by now. */
static struct frame handler_frame(uintptr_t handler)
{
    char byte;
    struct frame frame = handler ? frame_at(handler) : (struct frame){0};
    if (!handler || frame.module)
        module_ref(frame.module);
    else if (sys_read_memory((const void *)handler, &byte, 1) != 1)
        frame.module = modules_find_last(handler);
    return frame;
}

/* True for the handler of a module that is unloaded, unless another load of its file lies there and
 * sets its own: nobody sets a function of another file at this very address by chance. */
static bool is_put_back(struct frame former, uintptr_t handler)
{
    if (!former.module || handler != former.pc)
        return false;
    const struct module *there = modules_find_live(handler);
    return !there || strcmp(there->identity, former.module->identity) != 0;
}

/* The handler of an unloaded module that this disposition, or an earlier one, had. */
static struct frame former_of(const struct disposition *disposition)
{
    return module_is_unloaded(disposition->handler.module) ? disposition->handler
                                                           : disposition->former;
}

static void replace_locked(int number, uintptr_t handler, struct stack *stack)
{
    struct disposition *now = &dispositions[number], before = *now;
    const struct frame *setter = stack_owner(stack), *requester = stack_requester(stack, NULL);
    *now = (struct disposition){.generation = before.generation + 1,
                                .former = former_of(&before),
                                .stack = stack,
                                .ignored = stack && guard.ignoring > 0};
    module_ref(now->former.module);
    if (is_put_back(now->former, handler)) {
        now->handler = now->former;
        module_ref(now->handler.module);
    } else {
        now->handler = handler_frame(handler);
    }
    now->owner = module_ref(setter ? setter->module : now->handler.module);
    now->requester = module_ref(requester ? requester->module : NULL);
    module_unref(before.handler.module);
    module_unref(before.former.module);
    module_unref(before.owner);
    module_unref(before.requester);
    stack_free(before.stack);
}

/* A handler that sets itself again, as those of System V do, may leave little stack to unwind. A
 * handler of an unloaded module that is set again is the same one, unless another load of its file
 * lies there. */
static bool is_known(const struct disposition *disposition, uintptr_t handler)
{
    return disposition->handler.pc == handler &&
           (!module_is_unloaded(disposition->handler.module) ||
            is_put_back(disposition->handler, handler));
}

void signal_changed(int number)
{
    uintptr_t handler = handler_now(number);
    if (number < 1 || number > ACTION_SIGNALS || is_known(&dispositions[number], handler))
        return;
    const struct module *module = handler ? modules_find_live(handler) : NULL;
    struct stack *stack = module && !module->startup ? stack_capture(REGISTRY_FRAMES) : NULL;
    if (!lock_acquire(&registry_lock)) {
        stack_free(stack);
        return; /* the next check asks the kernel */
    }
    replace_locked(number, handler, stack);
    lock_release(&registry_lock);
}

/* The standard signals, and real-time signals with a known handler: asking for these is quicker
 * than reading from /proc which signals have one. */
static uint64_t common_signals(void)
{
    uint64_t set = ((uint64_t)1 << (ACTION_REALTIME - 1)) - 1;
    for (int i = ACTION_REALTIME; i <= ACTION_SIGNALS; i++)
        if (dispositions[i].handler.pc)
            set |= (uint64_t)1 << (i - 1);
    return set;
}

bool signals_any_left(void)
{
    bool any = false;
    if (!lock_acquire(&registry_lock))
        return true;
    for (int i = 1; i <= ACTION_SIGNALS; i++)
        any |= module_is_left(dispositions[i].handler.module);
    lock_release(&registry_lock);
    return any;
}

void signals_reconcile(bool all)
{
    uint64_t asked = all ? UINT64_MAX : common_signals(), caught = all ? action_caught() : asked;
    uintptr_t handlers[ACTION_SIGNALS + 1] = {0};
    bool changed = false;
    for (int i = 1; i <= ACTION_SIGNALS; i++) {
        handlers[i] = caught >> (i - 1) & 1 ? handler_now(i) : 0;
        changed |= asked >> (i - 1) & 1 && handlers[i] != dispositions[i].handler.pc;
    }
    if (!changed || !lock_acquire(&registry_lock))
        return;
    for (int i = 1; i <= ACTION_SIGNALS; i++)
        if (asked >> (i - 1) & 1 && handlers[i] != dispositions[i].handler.pc)
            replace_locked(i, handlers[i], NULL);
    lock_release(&registry_lock);
}
