// SPDX-License-Identifier: MIT
/*
 * Answers if a return address names the caller.
 *
 * A function that ends in a call is often compiled to a jump ("return pthread_key_delete(key);"):
 * then the return address is its caller's, in another module perhaps. Where blame depends on it,
 * the call instruction before the return address is checked.
 */
#ifndef DLPIN_OWNERSHIP_CALLER_H
#define DLPIN_OWNERSHIP_CALLER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * True if the instruction before `return_address` calls `function` by its name: directly, through
 * the caller's procedure linkage table, or through its GOT. False for any other call, and where it
 * cannot be told (through a register, from code that cannot be read, on a processor that is not
 * known here).
 */
bool caller_names(uintptr_t return_address, uintptr_t function);

/* True if the call goes to a fixed function of any kind: code that the caller was linked with, not
 * a pointer that it was given (which is how a host calls its plug-ins). */
bool caller_is_linked(uintptr_t return_address);

#endif
