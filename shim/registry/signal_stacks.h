// SPDX-License-Identifier: MIT
/*
 * Alternate signal stacks (sigaltstack). Each thread has its own, and only the thread itself can
 * ask the kernel for it. So a stack that lies in a module, or in a block of one, is noted when it
 * is set, as a registration whose identity is the thread's serial number.
 */
#ifndef DLPIN_REGISTRY_SIGNAL_STACKS_H
#define DLPIN_REGISTRY_SIGNAL_STACKS_H

#include "registry/registrations.h"

/* The calling thread has set one, or has none any more. `caller` is a return address. Takes the
 * registry lock. */
void signal_stack_changed(uintptr_t caller);

/* Where the calling thread's signal stack begins; 0: it has none, or the kernel may not be asked.
 */
uintptr_t signal_stack_own(void);

/* True if the thread with this serial number still has it, as far as that is known. Under the
 * registry lock. */
bool signal_stack_is_set(uint64_t thread, uintptr_t start);

#endif
