// SPDX-License-Identifier: MIT
/*
 * Reads a frame's layout from the code around an address, where the unwind tables need a register
 * that is not known. x86-64 only: elsewhere frames are found without.
 *
 * Reads code through the kernel; no locks, no allocation.
 */
#ifndef DLPIN_OWNERSHIP_PROLOGUE_H
#define DLPIN_OWNERSHIP_PROLOGUE_H

#include "ownership/cfi.h"

/* A call ends just before this address. */
bool prologue_is_after_call(uintptr_t address);

/*
 * Code that keeps a frame pointer and moves its stack pointer only at its begin has the one at a
 * fixed distance from the other: "push %rbp; mov %rsp,%rbp; sub $n,%rsp", what compilers make
 * without optimization. Sets the frame pointer if it was not known, the frame is of such code, and
 * the return address that would be found by it lies after a call that leads to this very code.
 */
bool prologue_find_frame_pointer(struct cfi_frame *frame);

#endif
