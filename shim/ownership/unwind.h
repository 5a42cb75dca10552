// SPDX-License-Identifier: MIT
/*
 * Call stacks of the calling thread, by LLVM's libunwind, linked in static and hidden.
 *
 * libunwind finds unwind tables through dl_iterate_phdr. The link gives it ours instead (see
 * __wrap_dl_iterate_phdr): it walks our own list of modules, so that unwinding takes no lock of the
 * loader and cannot deadlock with a thread that is inside dlopen or dlclose. The list must be up to
 * date, so callers sync first where they have reason to.
 *
 * Nothing here allocates. Callers are inside the guard.
 */
#ifndef DLPIN_OWNERSHIP_UNWIND_H
#define DLPIN_OWNERSHIP_UNWIND_H

#include <stddef.h>
#include <stdint.h>

enum { UNWIND_MAX = 64 };

/* Return addresses of the callers, innermost first, without frames of the shim. Returns how many.
 */
size_t unwind_stack(uintptr_t *pcs, size_t max);

enum { HOP_UNKNOWN = 0, HOP_UNWIND = 1 };

/*
 * How far it is from the stack pointer in the frame that `pc` returns into to that frame's CFA, if
 * it is the same each time that code returns to `pc`; else HOP_UNWIND. `pc` must be on the calling
 * thread's stack. Then the next return address lies just below the CFA (x86-64), and no unwinding
 * is needed to get from one to the other. Learned by stepping out of the frame twice, the second
 * time with all callee-saved registers changed: where that moves the CFA, it depends on them.
 */
uint32_t unwind_hop(uintptr_t pc);

#endif
