// SPDX-License-Identifier: MIT
/*
 * Stored stacks: return addresses, each with the load of the module that it lay in when the stack
 * was taken. A stack holds a reference to each of its modules. Immutable once made.
 */
#ifndef DLPIN_OWNERSHIP_STACK_H
#define DLPIN_OWNERSHIP_STACK_H

#include "modules/modules.h"

/* A code address and the module that it was in when it was noted (NULL: none that we know). */
struct frame {
    uintptr_t pc;
    struct module *module;
};

struct stack {
    uint32_t count;
    struct frame frames[];
};

/* The calling thread's stack without the shim's frames, at most `max` frames. NULL where there is
 * nothing or no memory. May
 * get to know modules, so: none of our locks may be held. Inside the guard. */
struct stack *stack_capture(size_t max);

/* The same where little stack is left: by the shim's own reading of unwind tables. */
struct stack *stack_capture_small(size_t max);

/* A stack of frames that are known already. */
struct stack *stack_make(const uintptr_t *pcs, size_t count);

struct stack *stack_copy(const struct stack *stack);
void stack_free(struct stack *stack);

/* The frame for an address now; the caller refs the module if it keeps it. */
struct frame frame_at(uintptr_t pc);

/* The nearest frame that is not in a common module, and not in `except` (may be NULL). NULL: none.
 */
const struct frame *stack_requester(const struct stack *stack, const struct module *except);

/* The nearest frame that is not in a runtime module (ownership/common.h). NULL: none. */
const struct frame *stack_owner(const struct stack *stack);

#endif
