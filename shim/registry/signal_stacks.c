// SPDX-License-Identifier: MIT
#include "registry/signal_stacks.h"
#include "base/calls.h"
#include "base/guard.h"
#include "registry/threads.h"

#include <signal.h>
#include <sys/syscall.h>

/* Not from the program's struct: the call may have written over it. */
static bool ask_kernel(uintptr_t *start)
{
    stack_t stack;
    if (sys_call(SYS_sigaltstack, NULL, &stack) != 0)
        return false;
    *start = stack.ss_flags & SS_DISABLE ? 0 : (uintptr_t)stack.ss_sp;
    return true;
}

uintptr_t signal_stack_own(void)
{
    uintptr_t start = 0;
    if (!calls_are_filtered())
        ask_kernel(&start);
    return start;
}

void signal_stack_changed(uintptr_t caller)
{
    uintptr_t start;
    if (!ask_kernel(&start))
        return;
    struct registration *made = NULL;
    if (start)
        made = registration_prepare(&(struct registration_request){
            .type = REGISTERED_SIGNAL_STACK, .data = start, .caller = caller});
    thread_registered(made, REGISTERED_SIGNAL_STACK);
}

bool signal_stack_is_set(uint64_t thread, uintptr_t start)
{
    uintptr_t now;
    const struct thread *owner = thread_by_serial_locked(thread);
    if (!owner || !thread_is_live(owner))
        return false;
    return owner != guard.self || calls_are_filtered() || !ask_kernel(&now) || now == start;
}
