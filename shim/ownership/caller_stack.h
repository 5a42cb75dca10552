// SPDX-License-Identifier: MIT
/*
 * The calling thread's own stack, by the shim's own reading of unwind tables: by the frame layouts
 * that are remembered (ownership/layouts.h), else step by step (ownership/cfi.h). It needs 2 KB of
 * stack and no other library, so it serves allocations and the process's end; creation stacks of
 * keys, threads and registrations are libunwind's (ownership/unwind.h).
 *
 * Code on this stack cannot be unloaded meanwhile, so its tables are read where they are.
 *
 * Inside the guard. May get to know modules, so: no lock below the check lock is held.
 */
#ifndef DLPIN_OWNERSHIP_CALLER_STACK_H
#define DLPIN_OWNERSHIP_CALLER_STACK_H

#include "ownership/caller_words.h"
#include "ownership/cfi.h"

#include <stddef.h>

/* Return addresses of the callers, innermost first, without frames of the shim, at most `max`.
 * Returns how many. */
size_t caller_stack_walk(uintptr_t *pcs, size_t max);

/* The same step by step, whatever frame layouts there are. */
size_t caller_stack_walk_by_tables(uintptr_t *pcs, size_t max);

/* The nearest frame that is not the shim's, with the registers that its function may use. False:
 * it cannot be told. */
bool caller_stack_frame(struct cfi_frame *frame);

/* Steps to the caller. Above a signal handler, and above our own stack, the walk continues on
 * another stack. Outcomes are those of cfi_step_caller. */
enum cfi_outcome caller_stack_step(struct cfi_frame *frame, struct caller_words *stack);

#endif
