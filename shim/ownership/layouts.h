// SPDX-License-Identifier: MIT
/*
 * Walks the calling thread's stack by the layouts of its frames (struct cfi_layout). The layout at
 * a return address is looked up once in the unwind tables and remembered, so that a step costs as
 * much as following two pointers. A stack with a frame of another kind is left to other functions.
 *
 * Inside the guard, without a lock below the check lock (modules_find_live). On x86-64 alone:
 * elsewhere nothing is ever done.
 */
#ifndef DLPIN_OWNERSHIP_LAYOUTS_H
#define DLPIN_OWNERSHIP_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Return addresses of the caller's frame and of those above it, innermost first, those in the shim
 * left out, at most `max`. False: it cannot be done, and *count is not set. */
bool layouts_walk(uintptr_t *pcs, size_t max, size_t *count);

/* Bytes from the stack pointer in the frame that `pc` returns into to its CFA, with the return
 * address just below that, if it is the same each time; else 0. */
uint32_t layouts_size(uintptr_t pc);

#endif
