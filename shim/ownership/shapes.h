// SPDX-License-Identifier: MIT
/*
 * The calling thread's stack by the shapes of its frames (struct cfi_shape): what the unwinding
 * tables say of a return address is looked up once and remembered, so that a step costs as much as
 * following two pointers. Stacks that have a frame of another kind in them are left to others.
 *
 * Inside the guard, without a lock below the check lock (modules_find_live). On x86-64 alone:
 * elsewhere nothing is ever done.
 */
#ifndef DLPIN_OWNERSHIP_SHAPES_H
#define DLPIN_OWNERSHIP_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Return addresses of the caller's frame and of those above it, innermost first, those in the shim
 * left out, at most `max`. False: it cannot be done, and *count is not set. */
bool shapes_walk(uintptr_t *pcs, size_t max, size_t *count);

/* Bytes from the stack pointer in the frame that `pc` returns into to its CFA, with the return
 * address just below that, if it is the same each time; else 0. */
uint32_t shapes_size(uintptr_t pc);

#endif
