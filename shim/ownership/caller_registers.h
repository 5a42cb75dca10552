// SPDX-License-Identifier: MIT
#ifndef DLPIN_OWNERSHIP_CALLER_REGISTERS_H
#define DLPIN_OWNERSHIP_CALLER_REGISTERS_H

#include "ownership/cfi.h"

/* The registers of a function that a step up its stack may need. */
struct caller_registers {
    uintptr_t saved[CFI_SAVED]; /* as of cfi_saved_registers */
    uintptr_t sp, pc;           /* when the call is over, and where it returns to */
};

/* Reads those of the caller. In assembly: a compiler may use the registers for itself. */
void caller_registers_read(struct caller_registers *to);

#endif
