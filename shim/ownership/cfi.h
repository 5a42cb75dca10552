// SPDX-License-Identifier: MIT
/*
 * Makes one step up a stack, by the unwind tables of the objects that are mapped (.eh_frame, found
 * by PT_GNU_EH_FRAME).
 *
 * Of another thread only its stack pointer and program counter are known, and it may run on
 * meanwhile. So each register is known or not, a step that needs one that is not says so, and all
 * memory, the tables included, is read through the kernel, which cannot fault: a step's result is
 * certain as far as the stack stood still. Of the calling thread's own stack the tables are read
 * where they are (ownership/caller_words.h).
 *
 * Inside the guard; takes no lock and allocates nothing. cfi_step and cfi_function: under the check
 * lock (one at a time).
 */
#ifndef DLPIN_OWNERSHIP_CFI_H
#define DLPIN_OWNERSHIP_CFI_H

#include "base/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/* By their DWARF numbers. */
#if defined(__x86_64__)
enum { CFI_REGISTERS = 17, CFI_FP = 6, CFI_SP = 7, CFI_PC = 16, CFI_SAVED = 6 };
#else
enum { CFI_REGISTERS = 32, CFI_FP = 29, CFI_SP = 31, CFI_PC = 30, CFI_SAVED = 12 };
#endif

/* Registers that a function leaves as they were, unless its table says where they are. */
extern HIDDEN const unsigned cfi_saved_registers[CFI_SAVED];

struct cfi_frame {
    uintptr_t pc;
    bool exact;     /* pc is where it goes on; else a return address, whose call is before it */
    uintptr_t slot; /* where that return address lies; 0: in a register */
    uintptr_t registers[CFI_REGISTERS];
    uint64_t known; /* a bit for each register */
};

static inline bool cfi_knows(const struct cfi_frame *frame, unsigned number)
{
    return frame->known >> number & 1;
}

static inline void cfi_set(struct cfi_frame *frame, unsigned number, uintptr_t value)
{
    frame->registers[number] = value;
    frame->known |= (uint64_t)1 << number;
}

enum cfi_outcome {
    CFI_STEPPED,     /* `frame` is the caller's */
    CFI_OUTERMOST,   /* there is none above it */
    CFI_NO_TABLE,    /* code without a table, or with one that we cannot read */
    CFI_NO_REGISTER, /* a register is needed that is not known */
    CFI_NO_MEMORY,   /* what should be read is not there */
};

/* With any other outcome than STEPPED, `frame` is as it was. */
enum cfi_outcome cfi_step(struct cfi_frame *frame);

/* The same of the calling thread's own stack. In any thread, without the check lock. */
struct caller_words;
enum cfi_outcome cfi_step_caller(struct cfi_frame *frame, struct caller_words *stack);

/*
 * How most frames lead to their caller's: by the stack pointer and the frame pointer alone, with
 * what was saved in memory. Offsets are in bytes, `cfa` from the register, the others from the CFA.
 */
struct cfi_layout {
    bool outermost; /* there is no caller; then nothing else counts */
    bool from_frame_pointer, saves_frame_pointer;
    int64_t cfa, frame_pointer, return_address;
};

/* Of the frame that `pc` returns into, which is on the calling thread's own stack. False: it is
 * none of these, or has no table. In any thread, without the check lock. */
bool cfi_layout(uintptr_t pc, struct cfi_layout *layout);

/* The function that a pc lies in, by the tables. */
bool cfi_function(const struct cfi_frame *frame, uintptr_t *start, uintptr_t *end);

#endif
