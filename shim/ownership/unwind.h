// SPDX-License-Identifier: MIT
/*
 * Call stacks of the calling thread: most frames by their layouts (ownership/layouts.h), all others
 * by LLVM's libunwind, linked in static and hidden.
 *
 * Nothing that libunwind calls is the C library's (ownership/unwind_calls.h): unwinding takes no
 * lock of the loader, cannot deadlock with a thread that is inside dlopen or dlclose, and says
 * nothing. Where the loader cannot be asked for one object (before glibc 2.35), our list of modules
 * answers, so callers sync first where they have reason to.
 *
 * Nothing here allocates. Callers are inside the guard.
 */
#ifndef DLPIN_OWNERSHIP_UNWIND_H
#define DLPIN_OWNERSHIP_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNWIND_MAX = 64 };

/* Return addresses of the callers, innermost first, without frames of the shim. Returns how many.
 */
size_t unwind_stack(uintptr_t *pcs, size_t max);

#endif
